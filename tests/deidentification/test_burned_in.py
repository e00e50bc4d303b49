from __future__ import annotations

import cv2
import numpy as np
import pytest

from mammo_monai.deidentification.burned_in import find_writing
from mammo_monai.errors import MammoError
from mammo_monai.phantom.breast import draw_outline, lay_out
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams
from mammo_monai.transforms.breast_region import BreastRegion, find_breast


def film(turn, rows, cols):
    """(stored values, its view label, breast) of a phantom."""
    exam, side, view = plan_exams(turn + 1, 9)[turn], "LR"[turn % 2], ("CC", "MLO")[turn // 2 % 2]
    values = np.rint(expose(exam, side, view, rows, cols).brightness * 4095).astype(np.uint16)
    outline = draw_outline(view, cols / rows, exam.rng(0, "LR".index(side), ("CC", "MLO").index(view)))
    inside = lay_out(outline, rows, cols).thickness > 0
    return values, values == 4095, inside if side == "L" else inside[:, ::-1]


def write(values, text, place, scale, level=4095):
    stamp = np.zeros(values.shape, np.uint8)
    cv2.putText(stamp, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, max(1, round(scale * 1.5)))
    values[stamp > 127] = level
    return stamp > 127


def places(inside, text, scale, low, high, count, seed):
    """Places at which the text's nearest pixel is ``low`` to ``high`` of the image's height from the breast."""
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5) / len(inside)
    random, found = np.random.default_rng(seed), 0
    for _ in range(4000):
        place = int(random.integers(0, inside.shape[1])), int(random.integers(12, inside.shape[0]))
        mask = write(np.zeros(inside.shape, np.uint16), text, place, scale)
        if mask.sum() > 30 and low <= away[mask].min() < high:
            yield place
            found += 1
            if found == count:
                return


@pytest.mark.parametrize("rows", [160, 320, 832])
@pytest.mark.parametrize("turn", range(4))
def test_every_pixel_of_text_goes_and_none_of_the_breast(turn, rows):
    values, label, inside = film(turn, rows, rows * 4 // 5)
    for scale in (rows / 1600, rows / 800):
        for place in places(inside, "SMITH^J 1951", scale, 0.02, 1, 2, turn):
            label |= write(values, "SMITH^J 1951", place, scale)
    found = find_writing(values, find_breast(values))
    assert label.any() and not (label & ~found.mask).any()
    assert not (inside & found.mask).any()
    assert not inside[found.air] and not label[found.air]
    boxed = np.zeros(values.shape, bool)
    for top, left, bottom, right in found.boxes:
        boxed[top:bottom, left:right] = True
    assert boxed[found.mask].all()


@pytest.mark.parametrize(("low", "high"), [(0.001, 0.003), (0.003, 0.006), (0.006, 0.02)])
@pytest.mark.parametrize("turn", range(4))
def test_near_the_breast_text_goes_or_the_image_is_refused(turn, low, high):
    clean, label, inside = film(turn, 832, 664)
    for place in places(inside, "SMITH 7", 0.6, low, high, 3, turn):
        values = clean.copy()
        text = label | write(values, "SMITH 7", place, 0.6)
        try:
            found = find_writing(values, find_breast(values))
        except MammoError as error:
            assert error.reason == "text-at-breast" and high <= 0.02
        else:
            assert not (text & ~found.mask).any() and not (inside & found.mask).any()


def test_text_that_a_window_would_hide_is_found():
    values, _, inside = film(0, 320, 256)
    values = values + 200  # air at 200
    faint = write(values, "SMITH", (150, 300), 0.6, level=280)
    assert not (faint & inside).any()
    assert find_writing(values, find_breast(values)).mask[faint].all()


def test_dark_text_on_a_bright_label_goes_with_the_label():
    values, _, inside = film(0, 640, 512)
    values[20:60, 300:460] = 3000
    write(values, "SMITH", (310, 50), 0.8, level=0)
    assert not inside[20:60, 300:460].any()
    assert find_writing(values, find_breast(values)).mask[20:60, 300:460].all()


def test_clean_air_is_left_alone():
    values, label, _ = film(0, 640, 512)
    values[label] = 0
    found = find_writing(values, find_breast(values))
    assert not found.mask.any() and found.boxes == []


def test_corners_are_set_but_never_the_breast():
    values, label, inside = film(2, 640, 512)  # MLO: the breast fills the upper corner at the chest wall
    values[label] = 0
    found = find_writing(values, find_breast(values), corners=(0.1, 0.3))
    assert found.mask[:64, -153:].all() and found.mask[-64:, -153:].all()
    assert not (found.mask & inside).any() and inside[0, 0]
    assert not found.mask[100:500].any()


def test_letters_cannot_be_read_from_the_shape_of_the_patch():
    values, label, _ = film(0, 640, 512)
    values[label] = 0
    text = write(values, "LIJ L", (330, 55), 1.6)
    mask = find_writing(values, find_breast(values)).mask
    rows, cols = np.flatnonzero(text.any(axis=1)), np.flatnonzero(text.any(axis=0))
    assert mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].all()


def test_a_breast_without_air_around_it_has_no_writing():
    values = np.full((320, 256), 2000, np.uint16)
    everywhere = BreastRegion((0, 0, 320, 256), "left", 1.0, np.ones((320, 256), bool), 1)
    assert not find_writing(values, everywhere).mask.any()


def test_text_across_the_skin_line_refuses_the_image():
    refused = 0
    for turn in range(4):
        clean, _, inside = film(turn, 832, 664)
        for place in places(inside, "SMITH 7", 0.6, 0, 1e-9, 12, turn):
            values = clean.copy()
            text = write(values, "SMITH 7", place, 0.6)
            if 0.1 < (text & inside).sum() / text.sum() < 0.9:
                refused += 1
                with pytest.raises(MammoError):
                    find_writing(values, find_breast(values))
    assert refused > 3
