from __future__ import annotations

import cv2
import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.transforms.contact_sheet import write_contact_sheet


def test_sheet_shows_every_image_and_its_box(tmp_path, film):
    pixels, box = film(shape=(800, 400), rows=(100, 700), depth=300)
    images = [("a", pixels, box), ("b", pixels.astype(np.uint16) * 16, None), ("c", pixels / 255, box)]
    path = tmp_path / "sheets" / "boxes.png"
    write_contact_sheet(iter(images), path, columns=2, tile=201)
    sheet = cv2.imread(str(path))
    assert sheet.shape == (402, 402, 3)
    green = (sheet == (0, 255, 0)).all(axis=2)
    # A quarter of the size: rows 100..700 become 25..175, columns 0..300 become 0..75.
    assert green[25, 10:70].all() and green[174, 10:70].all() and green[30:170, 74].all()
    assert not green[:, 201:].any()  # no box was given for b
    assert green[201 + 25, 10:70].all()
    assert not sheet[201:, 201:].any()  # the empty tile
    assert (sheet[:15, :15] != 0).any()  # the name


def test_no_images_give_an_empty_sheet(tmp_path):
    write_contact_sheet([], tmp_path / "none.png", columns=2, tile=50)
    assert cv2.imread(str(tmp_path / "none.png")).shape == (50, 100, 3)


def test_constant_image_is_shown_black(tmp_path):
    write_contact_sheet([("", np.full((30, 20), 5, np.int16), None)], tmp_path / "even.png", columns=1, tile=60)
    assert not cv2.imread(str(tmp_path / "even.png")).any()


def test_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError, match="file"):
        write_contact_sheet([], tmp_path / "file" / "sheet.png")
