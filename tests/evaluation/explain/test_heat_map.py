from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, NormalizeIntensityd, RepeatChanneld
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain.batches import batched
from mammo_monai.evaluation.explain.heat_map import findings, heat_map
from mammo_monai.transforms.crop_box import CropBoxd
from mammo_monai.transforms.resize_area import ResizeAread

CPU = torch.device("cpu")


class Mean(nn.Module):
    """Logits (0, mean of the patch in tens); keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        self.seen.append(patches)
        score = patches.float().mean((1, 2, 3)) / 10
        return torch.stack([torch.zeros_like(score), score], 1)


def breast(rows: int = 300, cols: int = 220, dtype: type = np.uint16, mirrored: bool = False) -> MetaTensor:
    random = np.random.default_rng(0)
    r, c = np.mgrid[:rows, :cols]
    inside = ((r - rows / 2) / (0.4 * rows)) ** 2 + (c / (0.6 * cols)) ** 2 < 1
    pixels = np.where(inside, 120, 5) + random.integers(0, 4, (rows, cols))
    image = MetaTensor(torch.from_numpy(pixels.astype(dtype))[None])
    image.affine = torch.eye(4, dtype=torch.float64)
    image.affine[:2, 3] = torch.tensor([50.0, 30.0])
    if mirrored:
        image.affine[1] = torch.tensor([0, -1, 0, 700.0])
    return image


def as_float(patches: torch.Tensor) -> torch.Tensor:
    return patches.float()[:, None]


def slide(image, size=(64, 48), stride=(32, 16), batch=7, prepare=as_float, network=None):
    return heat_map(network or Mean(), image, size, stride, batch, CPU, prepare)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_cells_are_the_mean_of_the_windows_over_them(dtype):
    image = breast(dtype=dtype)
    made = slide(image)
    whole = np.zeros((400, 400))
    whole[:300, :220] = image[0].numpy()
    sums, counts = np.zeros((2, 40, 40))
    for top, left, _, _ in made.windows.tolist():
        patch = whole[top : top + 64, left : left + 48]
        probability = 1 / (1 + np.exp(-patch.mean() / 10))
        cell = np.s_[top // 32 : top // 32 + 2, left // 16 : left // 16 + 3]
        sums[cell] += probability
        counts[cell] += 1
    rows, cols = made.cells.shape[1:]
    assert (rows, cols) == (10, 14)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(made.cells[1].numpy(), (sums / counts)[:rows, :cols], atol=1e-5)
    np.testing.assert_allclose(np.nansum(made.cells.numpy(), 0), np.isfinite(made.cells[1].numpy()), atol=1e-5)


def test_only_windows_over_the_breast_are_seen():
    image, network = breast(), Mean()
    made = slide(image, (32, 32), (32, 32), network=network)
    shares = [(patch > 60).float().mean() for batch in network.seen for patch in batch]
    assert min(shares) > 0.15  # a quarter, less the thumbnail's coarseness
    assert len(shares) == len(made.windows) == len(made.probabilities) < 10 * 7
    assert not made.cells[1, :, 6].isfinite().any()  # columns 192 and up are air


def test_the_batch_size_changes_nothing():
    one, other = slide(breast(), batch=1), slide(breast(), batch=1000)
    torch.testing.assert_close(one.probabilities, other.probabilities)
    assert torch.equal(one.windows, other.windows)


@pytest.mark.parametrize("channel_wise", [True, False])
def test_the_network_sees_what_it_would_see_of_cut_patches(channel_wise):
    """Windows, those past the edge too, are those of ``CropBoxd`` and the patch transforms, one by one."""
    image, network = breast(dtype=np.uint16), Mean()
    image.affine = torch.eye(4, dtype=torch.float64)
    transforms = [
        ResizeAread("image", (24, 20)),
        NormalizeIntensityd("image", channel_wise=channel_wise),
        RepeatChanneld("image", 3),
    ]
    made = slide(image, prepare=batched(transforms, image, (64, 48)), network=network)
    chain = Compose([CropBoxd("image"), *transforms])
    seen = torch.cat(network.seen)
    assert seen.shape[1:] == (3, 24, 20)
    for patch, (top, left, _, _) in zip(seen, made.windows.tolist(), strict=True):
        expected = chain({"image": image, "box": (top, left, top + 64, left + 48)})["image"].as_tensor()
        torch.testing.assert_close(patch, expected, rtol=1e-4, atol=1e-4)


def test_only_transforms_that_mix_channels_go_patch_by_patch():
    calls = []

    class Counted(NormalizeIntensityd):
        def __call__(self, data):
            calls.append(len(data["image"]))
            return super().__call__(data)

    for channel_wise, expected in ((True, [6]), (False, [1] * 6)):
        prepare = batched([Counted("image", channel_wise=channel_wise)], breast(), (8, 8))
        calls.clear()
        prepare(torch.arange(384).reshape(6, 8, 8).to(torch.uint16))
        assert calls == expected


@pytest.mark.parametrize("mirrored", [False, True])
def test_findings_are_the_best_windows_one_per_place_in_source_pixels(mirrored):
    image = breast(mirrored=mirrored)
    image[0, 128:192, 32:80] = 250
    image[0, 64:96, 16:64] = 200
    made = slide(image)
    found = findings(made, 1, 3)
    expected = (178, 62, 242, 110) if not mirrored else (128 + 50, 700 - 79, 192 + 50, 700 - 31)
    assert found[0][0] == expected
    assert found[0][1] == pytest.approx(1 / (1 + np.exp(-25)))
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    boxes = np.array([box for box, _ in found], float)
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
            common = np.prod(np.clip(high - low, 0, None))
            assert common / (2 * 64 * 48 - common) <= 0.1 + 1e-9


def test_cells_know_where_they_lie():
    made = slide(breast())
    affine = np.asarray(made.cells.affine)
    np.testing.assert_allclose(affine @ [0, 0, 0, 1], [50 + 15.5, 30 + 7.5, 0, 1])
    np.testing.assert_allclose(affine @ [2, 3, 0, 1], [50 + 64 + 15.5, 30 + 48 + 7.5, 0, 1])


def test_an_image_smaller_than_a_window_is_one_window():
    made = slide(breast(), (512, 512), (256, 256))
    assert made.windows.tolist() == [[0, 0, 300, 220]]
    assert made.cells.shape == (2, 2, 2)


@pytest.mark.parametrize(
    "sizes", [((64, 64), (48, 64)), ((64, 64), (0, 64)), ((0, 64), (32, 32)), ((32, 32), (64, 64))]
)
def test_sizes_that_do_not_fit(sizes):
    with pytest.raises(MammoError) as caught:
        slide(breast(), *sizes)
    assert caught.value.reason == "bad-option"


def test_no_breast():
    with pytest.raises(MammoError) as caught:
        slide(MetaTensor(torch.full((1, 300, 220), 7, dtype=torch.uint8)))
    assert caught.value.reason == "no-breast"


def test_a_failing_transform_is_heard():
    def broken(patches):
        raise MammoError("no", "broken")

    with pytest.raises(MammoError, match="no"):
        slide(breast(), prepare=broken)
