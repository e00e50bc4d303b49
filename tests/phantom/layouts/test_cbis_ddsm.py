from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.layouts import cbis_ddsm
from mammo_monai.phantom.plan import plan_exams

SIZE: dict[str, Any] = {"rows": 112, "cols": 90, "prevalence": {1: 1, 2: 1, 3: 1, 4: 2, 5: 3}}
FULL, CROP, MASK = "image file path", "cropped image file path", "ROI mask file path"
EXAMS = 20


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantoms(tmp_path_factory.mktemp("phantom") / "cbis", EXAMS, 2, layout="cbis-ddsm", **SIZE)


def rows(root: Path, kind: str, part: str) -> list[dict[str, str]]:
    with (root / f"{kind}_case_description_{part}_set.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def number(row: dict[str, str]) -> int:
    return int(row["patient_id"].removeprefix("P_"))


def every(root: Path) -> list[dict[str, str]]:
    return [row for kind in ("mass", "calc") for part in ("train", "test") for row in rows(root, kind, part)]


def folder(root: Path, series: str) -> Path:
    return next(path for path in (root / series, root / "CBIS-DDSM" / series) if path.is_dir())


def images(root: Path, row: dict[str, str]) -> list[pydicom.Dataset]:
    """Everything in the folder of the row's abnormality."""
    files = sorted(folder(root, row[MASK].split("/")[0]).rglob("*.dcm"))
    return [pydicom.dcmread(file) for file in files]


def test_tables_have_the_originals_columns_and_line_breaks(root: Path) -> None:
    for kind, density, broken in (("mass", "breast_density", MASK), ("calc", "breast density", CROP)):
        for part in ("train", "test"):
            listed = rows(root, kind, part)
            assert listed and list(listed[0])[:2] == ["patient_id", density]
            assert list(listed[0])[-3:] == [FULL, CROP, MASK] and len(listed[0]) == 14
            assert {column for column in (FULL, CROP, MASK) if all(r[column].endswith("\n") for r in listed)} == {
                broken
            }
            assert {row["assessment"] for row in listed} <= set("02345")
    assert {row["pathology"] for row in every(root)} == {"MALIGNANT", "BENIGN", "BENIGN_WITHOUT_CALLBACK"}


def test_every_file_is_announced_and_only_abnormal_views_are_there(root: Path) -> None:
    plan = plan_exams(EXAMS, 2, SIZE["prevalence"])
    announced = {root / file for exam in plan for file in cbis_ddsm.files(exam)}
    assert announced == set(root.rglob("*.dcm"))
    shown = {(row["patient_id"], row["left or right breast"][0]) for row in every(root)}
    assert shown == {(f"P_{exam.number:05d}", side) for exam in plan for side in "LR" if exam.birads[side] > 1}


def test_even_exams_lie_where_the_tables_say_and_odd_ones_as_the_retriever_names_them(root: Path) -> None:
    for row in every(root):
        places = [(root / row[column].strip()) for column in (FULL, CROP, MASK)]
        assert all(place.is_file() for place in places) == (number(row) % 2 == 0)
        if number(row) % 2:
            names = {file.name for file in (root / "CBIS-DDSM" / row[FULL].split("/")[0]).rglob("*.dcm")}
            assert names == {"1-1.dcm"}


def test_mask_and_crop_are_exchanged_in_one_exam_of_three(root: Path) -> None:
    exchanged = Counter()
    for row in every(root):
        if number(row) % 2 == 0:
            binary = set(np.unique(pydicom.dcmread(root / row[MASK].strip()).pixel_array)) <= {0, 255}
            assert binary == (number(row) % 3 != 1)
            exchanged[binary] += 1
    assert min(exchanged.values()) > 0 and len(exchanged) == 2


def test_some_masses_have_mask_and_crop_in_folders_of_their_own(root: Path) -> None:
    for row in every(root):
        mask, crop = (Path(row[column].strip()) for column in (MASK, CROP))
        apart = row["abnormality type"] == "mass" and number(row) % 5 == 4
        assert (mask.parent != crop.parent) == apart
        assert {mask.name, crop.name} == ({"000000.dcm"} if apart else {"000000.dcm", "000001.dcm"})
        assert len(images(root, row)) == 2
    assert {4, 9} <= {number(row) for row in rows(root, "mass", "train")}  # named as in both kinds of download


def test_masks_have_the_shape_of_their_quirk(root: Path) -> None:
    shapes = Counter()
    for row in every(root):
        mask = next(ds for ds in images(root, row) if set(np.unique(ds.pixel_array)) <= {0, 255})
        expected = {1: (140, 112), 3: (112, 101)}.get(number(row) % 5, (112, 90))
        assert mask.pixel_array.shape == expected and mask.BitsAllocated == 8
        shapes[expected] += 1
    assert len(shapes) == 3


def test_films_masks_and_crops_show_what_was_drawn(root: Path) -> None:
    plan = plan_exams(EXAMS, 2, SIZE["prevalence"])
    for row in rows(root, "mass", "train"):
        side, exam = row["left or right breast"][0], plan[number(row)]
        if number(row) % 5 in (1, 3):
            continue
        film = expose(exam, side, row["image view"], 112, 90, separate=True)
        full = pydicom.dcmread(next(folder(root, row[FULL].split("/")[0]).rglob("*.dcm")))
        assert np.array_equal(full.pixel_array, np.rint(film.brightness * 65535))
        mask, crop = sorted(images(root, row), key=lambda ds: ds.BitsAllocated)
        drawn = film.findings[int(row["abnormality id"]) - 1].mask if exam.birads[side] == 5 else film.findings[0].mask
        assert np.array_equal(mask.pixel_array == 255, drawn)
        r, c = np.nonzero(drawn)
        assert np.array_equal(crop.pixel_array, full.pixel_array[r.min() : r.max() + 1, c.min() : c.max() + 1])


def test_masses_and_calcifications_are_different_lesions_of_either_pathology(root: Path) -> None:
    drawn: dict[tuple[str, ...], dict[str, list[np.ndarray]]] = {}
    for row in every(root):
        if number(row) % 5 in (1, 3):  # a mask of another size than its image
            continue
        mask = next(ds.pixel_array for ds in images(root, row) if ds.BitsAllocated == 8)
        view = row["patient_id"], row["left or right breast"], row["image view"]
        drawn.setdefault(view, {}).setdefault(row["abnormality type"], []).append(mask > 0)
    shared = [masks for masks in drawn.values() if len(masks) == 2]
    assert len(shared) > 8
    for masks in shared:
        for mass in masks["mass"]:
            for cluster in masks["calcification"]:
                assert (mass & cluster).sum() < 0.2 * min(mass.sum(), cluster.sum())
    classes = {(row["abnormality type"], row["pathology"].partition("_")[0]) for row in every(root)}
    assert classes == {(kind, judged) for kind in ("mass", "calcification") for judged in ("BENIGN", "MALIGNANT")}


def test_headers_say_as_little_as_the_originals(root: Path) -> None:
    row = rows(root, "mass", "train")[0]
    file = next(folder(root, row[FULL].split("/")[0]).rglob("*.dcm"))
    full = pydicom.dcmread(file)
    assert full.PatientID == row[FULL].split("/")[0] and "ViewPosition" not in full
    assert full.SOPClassUID == pydicom.uid.SecondaryCaptureImageStorage and full.BitsStored == 16
    assert full.PatientOrientation == row["image view"]
    assert read_tags(file)["laterality"] == row["left or right breast"][0]
    assert read_image(file).pixels.shape == (112, 90)
    uids = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in root.rglob("*.dcm")]
    assert len(set(uids)) == len(uids) and all(pydicom.uid.UID(uid).is_valid for uid in uids)


def test_some_images_are_listed_in_train_and_test_and_some_views_have_several_masses(root: Path) -> None:
    def views(part: str) -> set[tuple[str, ...]]:
        listed = (row for kind in ("mass", "calc") for row in rows(root, kind, part))
        return {(row["patient_id"], row["left or right breast"], row["image view"]) for row in listed}

    shared = views("train") & views("test")
    assert shared and {int(patient.removeprefix("P_")) % 4 for patient, _, _ in shared} == {3}
    assert "2" in {row["abnormality id"] for row in rows(root, "mass", "train")}


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    made = [digests(write_phantoms(tmp_path / name, 3, 5, layout="cbis_ddsm", **SIZE)) for name in "ab"]
    assert made[0] == made[1] and len(made[0]) > 10
