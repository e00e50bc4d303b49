from __future__ import annotations

import pytest

from mammo_monai.phantom.contour import octagon


@pytest.mark.parametrize("box", [(10, 20, 30, 60), (-5, 3, 4, 5)])
def test_an_octagon_touches_all_four_sides_and_is_convex(box: tuple[int, int, int, int]) -> None:
    points = octagon(box)
    xs, ys = zip(*points, strict=True)
    assert (min(xs), min(ys), max(xs), max(ys)) == pytest.approx(box)
    turns = [
        (x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)
        for (x0, y0), (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], points[2:] + points[:2], strict=True)
    ]
    assert len(points) == 8 and all(turn > 0 for turn in turns)  # clockwise where rows run down
