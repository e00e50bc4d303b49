from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast

SLACK = 0.045  # of the longest side: margin (1.5 %) and the reach into what touches the breast (3 %)


def assert_fits(box: tuple[int, ...], truth: tuple[int, ...], shape: tuple[int, int], slack: float = SLACK) -> None:
    """The box holds the breast and hardly more."""
    reach = slack * max(shape)
    assert box[0] <= truth[0] and box[1] <= truth[1] and box[2] >= truth[2] and box[3] >= truth[3], (box, truth)
    assert truth[0] - box[0] <= reach and truth[1] - box[1] <= reach, (box, truth)
    assert box[2] - truth[2] <= reach and box[3] - truth[3] <= reach, (box, truth)


@pytest.mark.parametrize("side", ["left", "right"])
def test_plain_film(film, side):
    pixels, truth = film(chest_wall=side)
    region = find_breast(pixels)
    assert_fits(region.box, truth, pixels.shape, slack=0.025)
    assert region.chest_wall == side
    assert region.confidence > 0.5
    assert region.mask.shape == tuple(-(-(n - region.stride // 2) // region.stride) for n in pixels.shape)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.astype(np.uint16) * 257,
        lambda p: p.astype(np.int16) * 16 - 1024,
        lambda p: p.astype(np.int32),
        lambda p: p / np.float32(255),
        lambda p: p.astype(np.float64),
        lambda p: np.repeat(p, 2, axis=1)[:, ::2],
        lambda p: np.asfortranarray(p),
    ],
    ids=["uint16", "int16", "int32", "float32", "float64", "strided", "fortran"],
)
def test_any_type_gives_the_same_box(film, change):
    pixels, truth = film()
    assert_fits(find_breast(change(pixels)).box, truth, pixels.shape, slack=0.025)


def white_frame(p):
    p[:, 720:] = 250
    p[950:, :] = 250


def ragged_frame(p):
    p[:, 700:] = 250
    p[300:400, 720:760] = 0
    cv2.fillPoly(p, [np.array([[799, 0], [640, 0], [700, 999], [799, 999]])], 244)


def labels(p):
    cv2.rectangle(p, (600, 30), (680, 130), 245, -1)
    cv2.putText(p, "R MLO", (520, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, 200, 3)


def label_on_a_thread(p):
    cv2.rectangle(p, (560, 300), (700, 420), 245, -1)
    p[355:365, 300:560] = 90


def tape_at_the_top(p):
    p[:25, :] = 230
    p[:130, 20:40] = 120


def strip_below(p):
    p[800:, :35] = 130


def scratch(p):
    p[:, 200:203] = 255


def collimator_bars(p):
    p[:, -90:] = 70
    p[:60] = 70
    p[-60:] = 70


def corner_boxes(p):
    p[:150, -200:] = 0
    p[-150:, -200:] = 0


@pytest.mark.parametrize("air", [6, 60])
@pytest.mark.parametrize(
    "spoil",
    [white_frame, ragged_frame, labels, label_on_a_thread, tape_at_the_top, strip_below, scratch, corner_boxes],
)
def test_what_films_bring_along_is_left_out(film, spoil, air):
    pixels, truth = film(air=air)
    spoil(pixels)
    region = find_breast(pixels)
    assert_fits(region.box, truth, pixels.shape)
    assert region.chest_wall == "left"


@pytest.mark.parametrize("side", ["left", "right"])
def test_collimator_bars_after_inversion(film, side):
    pixels, truth = film(chest_wall="left")
    collimator_bars(pixels)
    if side == "right":
        pixels, truth = pixels[:, ::-1], (truth[0], 800 - truth[3], truth[2], 800)
    inverted_twice = 255 - (255 - pixels)  # as MONOCHROME1 would store it
    region = find_breast(inverted_twice)
    assert_fits(region.box, truth, pixels.shape)
    assert region.chest_wall == side


def test_padding_beside_the_chest_wall(film):
    pixels, truth = film()
    padded = np.pad(pixels, ((0, 0), (200, 100)))
    region = find_breast(padded)
    assert_fits(region.box, (truth[0], 200, truth[2], truth[3] + 200), padded.shape, slack=0.025)
    assert region.chest_wall == "left"


def test_breast_that_touches_three_edges(film):
    pixels, truth = film(rows=(-200, 1200), depth=700)
    region = find_breast(pixels)
    assert_fits(region.box, truth, pixels.shape, slack=0.025)
    assert region.chest_wall == "left"


def test_breast_that_fills_the_film_is_kept_whole():
    random = np.random.default_rng(5)
    texture = cv2.GaussianBlur(random.normal(size=(700, 600)).astype(np.float32), (0, 0), 10)
    pixels = np.clip(120 + 40 * texture / texture.std(), 0, 255).astype(np.uint8)
    region = find_breast(pixels)
    assert region.box == (0, 0, 700, 600)
    assert region.confidence < 0.2


def test_small_bright_breast_beside_a_broad_slanted_frame(film):
    pixels, truth = film(rows=(350, 650), depth=180)
    cv2.fillPoly(pixels, [np.array([[799, 0], [500, 0], [560, 999], [799, 999]])], 244)
    assert_fits(find_breast(pixels).box, truth, pixels.shape)


def test_large_even_wedge_is_not_the_breast(film):
    pixels, truth = film(rows=(100, 400), depth=180)
    cv2.fillPoly(pixels, [np.array([[799, 100], [799, 999], [100, 999]])], 244)
    assert_fits(find_breast(pixels).box, truth, pixels.shape)


def test_grey_bar_at_the_chest_wall(film):
    pixels, truth = film()
    barred = np.hstack([np.full((1000, 120), 70, np.uint8), pixels])
    region = find_breast(barred)
    assert_fits(region.box, (truth[0], 120, truth[2], truth[3] + 120), barred.shape, slack=0.025)
    assert region.chest_wall == "left"


def test_bright_markers_do_not_hide_a_dark_breast(film):
    pixels, truth = film()
    stored = pixels.astype(np.uint16) * 8
    stored[40:90, 600:680] = 65535
    assert_fits(find_breast(stored).box, truth, stored.shape, slack=0.025)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((300, 200), np.uint8),
        np.full((300, 200), 40000, np.uint16),
        np.full((300, 200), np.nan, np.float32),
        np.zeros((0, 0), np.uint8),
        np.zeros((1, 1), np.float32),
        np.pad(np.full((4, 4), 200, np.uint8), 200),
    ],
    ids=["zeros", "even", "nan", "nothing", "one pixel", "a speck"],
)
def test_no_breast_names_the_file(image):
    with pytest.raises(MammoError, match="study/view\\.dcm") as error:
        find_breast(image, "study/view.dcm")
    assert error.value.reason == "no-breast"
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.float32]),
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
    )
)
def test_hostile_arrays_give_a_box_inside_or_a_clear_error(image):
    try:
        row_min, col_min, row_max, col_max = find_breast(image).box
    except MammoError as error:
        assert error.reason == "no-breast"
    else:
        assert 0 <= row_min < row_max <= image.shape[0] and 0 <= col_min < col_max <= image.shape[1]


def test_input_is_not_changed(film):
    pixels, _ = film()
    before = pixels.copy()
    find_breast(pixels)
    assert np.array_equal(pixels, before)


def test_needs_no_torch():
    code = "import sys, mammo_monai.transforms.breast_region; print('torch' in sys.modules, 'monai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False False\n"


def circles_of(mini_mias: Path) -> list[tuple[str, int, int, int]]:
    """(film, row, column, radius) of each lesion that has coordinates."""
    lines = [line.split() for line in (mini_mias / "Info.txt").read_text().splitlines()]
    marked = [p for p in lines if len(p) == 7 and p[0].startswith("mdb") and p[6].isdigit()]
    return [(p[0], 1024 - int(p[5]), int(p[4]), int(p[6])) for p in marked]


@pytest.mark.real
def test_all_mini_mias_films(mini_mias):
    regions = {path.stem: find_breast(cv2.imread(str(path), -1)) for path in sorted(mini_mias.glob("*.pgm"))}
    assert len(regions) == 196
    # Odd films show right breasts, whose chest wall lies at the right; no exception.
    assert all(r.chest_wall == ("right" if int(k[3:]) % 2 else "left") for k, r in regions.items())
    kept = {k: (r.box[2] - r.box[0]) * (r.box[3] - r.box[1]) / 1024**2 for k, r in regions.items()}
    assert {k for k, share in kept.items() if share > 0.95} == {"mdb151", "mdb152"}  # the breast fills those films
    assert min(kept.values()) > 0.15
    circles = circles_of(mini_mias)
    cut = set()
    rows, cols = np.mgrid[:1024, :1024]
    for name, row, col, radius in circles:
        top, left, bottom, right = regions[name].box
        if row - radius < top or col - radius < left or row + radius > bottom or col + radius > right:
            cut.add(name)
        # What of the circle lies on the film (not in the zeros beside it) is always inside.
        on_film = cv2.imread(str(mini_mias / f"{name}.pgm"), -1) > 0
        lesion = on_film & ((rows - row) ** 2 + (cols - col) ** 2 <= radius**2)
        lesion[top:bottom, left:right] = False
        assert not lesion.any(), name
    assert len(circles) == 76
    assert cut == {"mdb110", "mdb126"}  # these two circles reach 47 and 18 pixels past the film's edge


@pytest.mark.real
def test_white_frame_right_and_below(mini_mias):
    box = find_breast(cv2.imread(str(mini_mias / "mdb274.pgm"), -1)).box
    assert box[2] < 945 and box[3] < 760  # the frame starts at row 950 and column 765


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "chest_wall", "most"),
    [
        ("GH133.dcm", "right", (0, 1000, 2450, 2394)),
        ("MG1_J2KI", "left", (0, 0, 4664, 2300)),
        ("OutOfBoundsOverlay.dcm", "left", (150, 0, 788, 1318)),
    ],
)
def test_real_dicom(mg_dicom, name, chest_wall, most):
    from mammo_monai.dicom.image import read_image

    region = find_breast(read_image(mg_dicom / name, allow=["special-view"]).pixels, name)
    assert region.chest_wall == chest_wall
    assert region.box[0] >= most[0] and region.box[1] >= most[1]
    assert region.box[2] <= most[2] and region.box[3] <= most[3]


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 2), (5, 5)])
def test_a_strip_is_no_film(shape):
    with pytest.raises(MammoError, match="too narrow"):
        find_breast(np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8))
