"""Films with a bright square at a known place, and a network that sees nothing but bright pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from monai.transforms import Activationsd, EnsureChannelFirstd, LoadImaged, NormalizeIntensityd, RepeatChanneld
from torch import nn

from mammo_monai.dicom.reader import MammoReader
from mammo_monai.inference.classifier import Classifier
from mammo_monai.transforms.crop_box import CropBoxd
from mammo_monai.transforms.crop_breast import CropBreastd
from mammo_monai.transforms.orient_breast import OrientBreastd
from mammo_monai.transforms.resize_area import ResizeAread

SHAPE, SPOT, SIZE = (1000, 800), (560, 150, 680, 250), (96, 80)


class Bright(nn.Module):
    """Logits (-s, s), where s is the mean of what is brighter than ``level`` in the first channel."""

    def __init__(self, level: float, channels: int = 3) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.ReLU(inplace=True))
        with torch.no_grad():
            self.look[0].weight.zero_()
            self.look[0].weight[0, 0] = 1
            self.look[0].bias.fill_(-level)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        score = self.look(image).mean((2, 3))
        return torch.cat([-score, score], 1)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., tuple[Path, tuple[int, int, int, int]]]:
    """Factory of (PNG, box of the bright square): a grey half-ellipse on dark air, chest wall left or right."""

    def make(side: str = "left", dtype: type = np.uint8) -> tuple[Path, tuple[int, int, int, int]]:
        random = np.random.default_rng(0)
        r, c = np.mgrid[: SHAPE[0], : SHAPE[1]]
        inside = ((r - 500) / 380) ** 2 + (c / 420) ** 2 < 1
        pixels = np.where(inside, 110, 6) + random.normal(0, 2, SHAPE)
        top, left, bottom, right = SPOT
        pixels[top:bottom, left:right] = 245
        if side == "right":
            pixels, (left, right) = pixels[:, ::-1], (SHAPE[1] - right, SHAPE[1] - left)
        scale = np.iinfo(dtype).max // 255
        path = tmp_path / f"{side}.png"
        cv2.imwrite(str(path), (np.clip(pixels, 0, 255).astype(np.uint8).astype(dtype) * scale))
        return path, (top, left, bottom, right)

    return make


def load() -> list:
    return [
        LoadImaged("image", reader=MammoReader(output="stored"), dtype=None, image_only=True),
        EnsureChannelFirstd("image"),
        CropBreastd("image"),
    ]


def classifier_of(network: nn.Module, transforms: list, size: tuple[int, int]) -> Classifier:
    return Classifier(
        network=network.eval(),
        class_names=["dark", "bright"],
        transforms=transforms,
        spatial_size=size,
        batch_size=8,
        device=torch.device("cpu"),
        weights="none",
        weights_sha256="",
        postprocessing=Activationsd("pred", softmax=True),
        card={},
        tta="none",
        engine="torch",
    )


@pytest.fixture
def whole_image() -> Callable[..., Classifier]:
    """Factory of a classifier of whole images."""

    def make(network: nn.Module | None = None, policy: str = "stretch") -> Classifier:
        resize = [ResizeAread("image", SIZE, policy=policy), OrientBreastd("image")]
        last = [NormalizeIntensityd("image"), RepeatChanneld("image", 3)]
        return classifier_of(network or Bright(2.5), load() + resize + last, SIZE)

    return make


@pytest.fixture
def patches() -> Callable[..., Classifier]:
    """Factory of a classifier of patches of 64 pixels, whose input is the stored value / 65535 or / 255."""

    def make(divisor: float = 255.0, level: float = 0.8) -> Classifier:
        cut = [OrientBreastd("image"), CropBoxd("image"), NormalizeIntensityd("image", 0.0, divisor)]
        return classifier_of(Bright(level, 1), load() + cut, (64, 64))

    return make
