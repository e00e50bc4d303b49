from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.networks.spatial_size import map_shape, pair


def test_one_number_stands_for_both_sides() -> None:
    assert pair(64) == (64, 64)
    assert pair([128, 64]) == (128, 64)


@pytest.mark.parametrize("size", [0, -64, [64], (64, 64, 64), "64", 64.0, (64, 64.0), None])
def test_malformed(size: object) -> None:
    with pytest.raises(MammoError, match="512") as caught:
        pair(size)  # type: ignore[arg-type]
    assert caught.value.reason == "spatial-size"


def test_the_least_size_is_named() -> None:
    assert map_shape(lambda r, c: (7, r // 10, c // 10), (10, 35)) == (7, 1, 3)
    with pytest.raises(MammoError, match=r"64x9 is too small.*must be 10 or more"):
        map_shape(lambda r, c: (7, r // 10, c // 10), (64, 9))
