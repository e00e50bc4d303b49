from __future__ import annotations

import numpy as np
import pytest
from reading_page.hanging import PLACES, Shown, hung, shown
from reading_page.pictures import Pictures

from mammo_monai.inference.exam import find_exams
from mammo_monai.phantom.dicom_writer import encoding, write_dicom
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams
from mammo_monai.transforms.breast_region import find_breast


@pytest.fixture(scope="module")
def exam(films):
    return find_exams(films / "images").exams[0]


def picture(path, laterality):
    return Pictures().get(path, laterality).result(60)


def test_four_views_in_the_order_of_radiologists(exam):
    images = [shown(exam, name) for name in exam.images]
    made = hung(images)
    assert list(made["places"]) == ["R-CC", "L-CC", "R-MLO", "L-MLO"]  # row by row, the right breast on the left
    assert {place: images[number].place for place, number in made["places"].items()} == {p: p for p in PLACES}
    assert made["others"] == []


def test_missing_repeated_and_other_views():
    images = [
        Shown("a", "R", "CC", "spot compression"), Shown("b", "R", "CC"), Shown("c", "R", "CC"),
        Shown("d", "L", "ML"), Shown("e"), Shown("f", "L", "MLO", "implant displaced"),
    ]  # fmt: skip
    made = hung(images)
    assert made["places"] == {"R-CC": 1, "L-CC": None, "R-MLO": None, "L-MLO": 5}
    assert made["others"] == [0, 2, 3, 4]


@pytest.mark.parametrize("stored", ["as it is", "mirrored"])
def test_chest_walls_meet_in_the_middle(tmp_path, stored):
    plan = plan_exams(1, 3)[0]
    for laterality, wanted in {"R": "right", "L": "left"}.items():
        for view in ("CC", "MLO"):
            path = tmp_path / f"{laterality}{view}.dcm"
            film = expose(plan, laterality, view, 256, 208).brightness
            film = film[:, ::-1] if stored == "mirrored" else film
            write_dicom(path, plan, laterality, view, film, encoding(plan, laterality, view))
            made = picture(path, laterality)
            # The right breast hangs on the left, its chest wall at its right edge.
            assert find_breast(made.pixels.as_tensor()[0].numpy()).chest_wall == wanted
            assert made.mirrored == (stored == "mirrored")
            assert made.remark == ("orient-conflict" if made.mirrored else "")


def test_pixels_keep_their_depth_and_place(exam):
    about = shown(exam, exam.images[0])
    made = picture(exam.root / exam.images[0], about.laterality)
    whole = made.pixels.as_tensor()[0].numpy()
    assert whole.dtype == np.uint16 and len(np.unique(whole)) > 1000 and made.window == (0.0, 65535.0)
    small = made.reduced(100)
    assert small.shape == (1, 128, 104)
    expected = whole.astype(np.float64).reshape(128, 4, 104, 4).mean((1, 3))
    assert np.abs(small.as_tensor()[0].numpy() - expected).max() <= 1
    corner = np.asarray(small.affine) @ [0, 0, 0, 1]
    assert corner[:2] == pytest.approx([1.5, 1.5] if not made.mirrored else [1.5, 416 - 2.5])
    assert made.reduced(10_000) is made.pixels and made.reduced(1).shape[1] >= 1


def test_what_has_no_breast_hangs_as_stored(tmp_path):
    plan = plan_exams(1, 3)[0]
    write_dicom(tmp_path / "empty.dcm", plan, "L", "CC", np.zeros((256, 208)), encoding(plan, "L", "CC"))
    made = picture(tmp_path / "empty.dcm", "L")
    assert (made.mirrored, made.remark) == (False, "no-breast")


def test_rasters_are_windowed_by_their_own_values(tmp_path):
    import cv2

    plane = np.zeros((200, 160), np.uint16)
    plane[40:160, :80] = np.linspace(500, 3000, 80, dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "film.png"), plane)
    made = picture(tmp_path / "film.png", "")
    assert 0 <= made.window[0] < 100 and 2500 < made.window[1] <= 3000
