from __future__ import annotations

from itertools import combinations, islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_monai.datasets.patches import policies
from mammo_monai.datasets.patches.policies import background
from mammo_monai.datasets.patches.scenes import Breast, Scene
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

IMAGE = (1000, 800)


def cuts(policy: str, region: tuple[int, int, int, int], **options: str) -> list[tuple[tuple[int, ...], list[str]]]:
    (loaded,) = policies.load([policy], options, 0)
    return loaded.of_finding(region, IMAGE, np.random.default_rng(0))


def test_the_folder_is_the_list() -> None:
    folder = Path(policies.__file__).parent
    assert (
        policies.names() == sorted(file.stem for file in folder.glob("[a-z]*.py")) == ["background", "context", "tile"]
    )


@pytest.mark.parametrize(
    ("options", "side"),
    [({}, 200), ({"scale": "3"}, 300), ({"pad": "20"}, 140), ({"pad": "0"}, 200), ({"scale": "1.5", "pad": "5"}, 160)],
)
def test_context_is_a_square_around_the_longer_side(options: dict[str, str], side: int) -> None:
    ((box, codes),) = cuts("context", (400, 300, 500, 360), **options)
    assert box == (450 - side // 2, 330 - side // 2, 450 + side // 2, 330 + side // 2) and codes == []


def test_context_of_a_finding_of_radius_three_and_of_one_as_large_as_the_image() -> None:
    assert cuts("context", (497, 397, 503, 403)) == [((468, 368, 532, 432), ["grown"])]
    assert cuts("context", (100, 0, 900, 800)) == [((0, -100, 1000, 900), ["larger-than-image"])]


regions = st.tuples(st.integers(0, 990), st.integers(0, 790), st.integers(1, 700), st.integers(1, 700)).map(
    lambda drawn: (drawn[0], drawn[1], min(1000, drawn[0] + drawn[2]), min(800, drawn[1] + drawn[3]))
)


@given(regions, st.integers(0, 5))
def test_context_holds_the_centre_always(region: tuple[int, int, int, int], around: int) -> None:
    row, col = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    made = cuts("context", region, around=str(around))
    assert len(made) == 1 + around
    for (top, left, bottom, right), _ in made:
        assert bottom - top == right - left >= 64 and top <= row <= bottom and left <= col <= right


@given(regions)
def test_tiles_hold_the_centre_or_cover_the_finding(region: tuple[int, int, int, int]) -> None:
    made = [box for box, _ in cuts("tile", region)]
    assert all(bottom - top == right - left == 256 for top, left, bottom, right in made)
    row, col = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    inside = [top <= row <= bottom and left <= col <= right for top, left, bottom, right in made]
    if max(region[2] - region[0], region[3] - region[1]) <= 256:
        assert len(made) == 5 and all(inside)
    else:
        seen = np.zeros((1600, 1600), bool)
        for top, left, bottom, right in made:
            seen[top + 300 : bottom + 300, left + 300 : right + 300] = True
        assert any(inside) and seen[region[0] + 300 : region[2] + 300, region[1] + 300 : region[3] + 300].all()


def test_tiles_of_a_large_finding_by_stride() -> None:
    rows = sorted({box[0] for box, _ in cuts("tile", (100, 100, 700, 300))})
    assert rows == [100, 228, 356, 444]  # every 128, the last one flush with 700
    assert {box[1] for box, _ in cuts("tile", (100, 100, 700, 300))} == {72}  # 200 - 128: one is enough


def test_tiles_of_a_large_finding_that_passes_the_image_all_show_some_of_it() -> None:
    made = [box for box, _ in cuts("tile", (-400, -250, 500, 300))]
    assert made and all(bottom > 0 and right > 0 for _, _, bottom, right in made)


def scene(mask: np.ndarray, stride: int, *regions: tuple[int, int, int, int]) -> Scene:
    breast = Breast(np.packbits(mask).tobytes(), mask.shape, stride)
    size = (mask.shape[0] * stride - 1, mask.shape[1] * stride - 2)  # a thumbnail's last pixel may pass the image
    return Scene({"dataset": "d"}, "test", Record("i", "p", "e"), size, tuple((box, None) for box in regions), breast)


boxes = st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 120)] * 2).map(
    lambda drawn: (drawn[0], drawn[1], drawn[0] + drawn[2], drawn[1] + drawn[3])
)


@settings(deadline=None, max_examples=50)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(8, 90), st.floats(0.3, 1.0), st.lists(boxes, max_size=3)
)
def test_background_is_breast_and_touches_nothing(
    seed: int, stride: int, size: int, inside: float, regions: list[tuple[int, int, int, int]]
) -> None:
    rows, cols = np.mgrid[:80, :60]
    mask = (rows - 40) ** 2 / 35**2 + cols**2 / 50**2 < 1
    place = scene(mask, stride, *regions)
    assert place.size
    made = list(islice(background.of_image(place, np.random.default_rng(seed), size=size, inside=inside), 30))
    full = np.kron(mask, np.ones((stride, stride), bool))
    for top, left, bottom, right in made:
        assert bottom - top == right - left == size and top >= 0 and left >= 0
        assert bottom <= place.size[0] and right <= place.size[1]
        outer = full[top : -(-bottom // stride) * stride, left : -(-right // stride) * stride]  # whole thumbnail pixels
        assert outer.mean() >= inside - 1e-9
        assert not any(top < r[2] and r[0] < bottom and left < r[3] and r[1] < right for r in regions)
    for one, other in combinations(made, 2):
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) >= size / 4


def test_background_finds_the_last_place() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:20, 25:35] = True
    made = list(background.of_image(scene(mask, 3), np.random.default_rng(0), size=30, inside=1.0))
    assert made == [(30, 75, 60, 105)]
    assert not list(
        background.of_image(scene(mask, 3, (59, 104, 70, 110)), np.random.default_rng(0), size=30, inside=1.0)
    )


@pytest.mark.parametrize(
    ("chosen", "options", "message"),
    [
        ([], {}, "expected some of background, context, tile"),
        (["context", "context"], {}, "each once"),
        (["content"], {}, "--policy content"),
        (["context"], {"stride": "5"}, "--stride: --policy context takes around, pad, scale, smallest"),
        (["tile"], {"size": "4"}, "a whole number from 8"),
        (["tile"], {"size": "64.5"}, "a whole number from 8"),
        (["context"], {"scale": "nan"}, "a number from 1.0"),
        (["background"], {"inside": "1.1"}, "a number from 0.0 to 1.0"),
    ],
)
def test_options_that_are_refused(chosen: list[str], options: dict[str, str], message: str) -> None:
    with pytest.raises(MammoError, match="--") as caught:
        policies.load(chosen, options, 0)
    assert message in str(caught.value) and caught.value.reason == "usage"
