from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain.overlay import write_overlay
from mammo_monai.evaluation.explain.placement import drawn_onto, top_region


def test_pixels_of_the_picture_are_those_of_the_image(tmp_path):
    image = np.tile(np.linspace(0, 65535, 300), (200, 1)).astype(np.uint16)
    heat = np.zeros((200, 300), np.float32)
    heat[50:80, 100:140] = 1
    write_overlay(tmp_path / "a.png", image, heat, [(20, 30, 60, 90)], ["method: class, probability 0.500"])
    made = cv2.imread(str(tmp_path / "a.png")).astype(int)
    assert made.shape[1] == 300 and made.shape[0] > 200 + 2 * 15
    shown, text = made[:200], made[200:]
    coloured = np.ptp(shown, axis=2) > 0
    expected = heat > 0
    outline = np.zeros_like(expected)
    outline[20:60, 30:90] = True
    outline[21:59, 31:89] = False
    np.testing.assert_array_equal(coloured, expected | outline)
    assert (np.diff(shown[150, :, 0]) >= 0).all() and shown[150, 0, 0] == 0 and shown[150, -1, 0] == 255
    assert text.max() == 255


@pytest.mark.parametrize("image", [np.zeros((40, 30), np.uint8), np.full((1, 1), 3.5, np.float32)])
def test_even_and_tiny_images(tmp_path, image):
    write_overlay(tmp_path / "a.png", image, np.full(image.shape, 2, np.float32))
    assert cv2.imread(str(tmp_path / "a.png")).shape[1] == image.shape[1]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError) as caught:
        write_overlay(tmp_path / "file" / "a.png", np.zeros((9, 9)), np.zeros((9, 9), np.float32))
    assert caught.value.reason == "not-writable"


def test_maps_are_drawn_by_their_affines():
    """Cells of 10x10 source pixels, mirrored, onto an image that begins at (30, 20) and skips every other row."""
    heat = MetaTensor(torch.zeros(1, 10, 12), affine=np.diag([10.0, -10, 1, 1]) + 0.0)
    heat.affine[:2, 3] = torch.tensor([4.5, 119 - 4.5])
    heat[0, 5, 2] = 1  # centre at row 54.5, column 94.5
    heat[0, 5, 8] = torch.nan
    image = MetaTensor(torch.zeros(1, 40, 90), affine=np.diag([2.0, 1, 1, 1]))
    image.affine[:2, 3] = torch.tensor([30.0, 20.0])
    drawn = drawn_onto(heat, image)
    assert drawn.shape == (40, 90)
    r, c = np.mgrid[:40, :90]
    tent = np.clip(1 - abs(30 + 2 * r - 54.5) / 10, 0, 1) * np.clip(1 - abs(20 + c - 94.5) / 10, 0, 1)
    np.testing.assert_allclose(drawn, tent, atol=0.05)  # OpenCV interpolates in steps of 1/32 pixel
    assert top_region(MetaTensor(torch.zeros(1, 4, 4), affine=np.eye(4))) is None
