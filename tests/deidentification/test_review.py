from __future__ import annotations

import cv2
import numpy as np

from mammo_monai.deidentification.review import SIDE, write_sheets, write_tile

BOX = (10, 20, 30, 60)


def images():
    before = np.zeros((100, 80), np.uint16)
    before[10:30, 20:60] = 65535
    return before, np.zeros_like(before)


def test_a_tile_shows_before_after_and_what_was_taken_out(tmp_path):
    write_tile(tmp_path / "tile.png", *images(), [BOX], "")
    tile = cv2.imread(str(tmp_path / "tile.png"))
    assert tile.shape == (SIDE, 3 * SIDE, 3)
    before, after, crops = np.hsplit(tile, 3)
    middle = round(20 * SIDE / 100), round(40 * SIDE / 100)
    assert (before[middle] == 255).all() and not after.any()
    assert (before[round(10 * SIDE / 100), middle[1]] == (0, 0, 255)).all()  # the box, red in OpenCV's order
    assert crops[:20, :60].min() == 255 and not crops[100:].any()


def test_sheets_hold_all_tiles_and_replace_older_ones(tmp_path):
    tiles = [tmp_path / f"{i}.png" for i in range(14)]
    for tile in tiles:
        write_tile(tile, *images(), [], tile.stem)
    (tmp_path / "changed-009.png").write_bytes(b"old")
    sheets = write_sheets(tiles, tmp_path, "changed")
    assert [sheet.name for sheet in sheets] == ["changed-001.png", "changed-002.png"]
    assert sorted(path.name for path in tmp_path.glob("changed-*")) == ["changed-001.png", "changed-002.png"]
    assert cv2.imread(str(sheets[0])).shape == (6 * SIDE, 6 * SIDE, 3)
    assert cv2.imread(str(sheets[1])).shape == (SIDE, 6 * SIDE, 3)
    assert write_sheets([], tmp_path, "changed") == []
