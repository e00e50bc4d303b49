from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from mammo_monai.errors import MammoError
from mammo_monai.networks.vgg_blocks import VggBlocks


def by_hand(blocks: int, norm: bool, side: int = 256, channels: int = 3, classes: int = 5) -> int:
    total, width = 0, channels
    for filters in (32, 64, 128, 256)[:blocks]:
        total += (9 * width + 1) * filters + (9 * filters + 1) * filters + (2 * filters if norm else 0)
        width, side = filters, side // 2
    return total + (width * side * side + 1) * 128 + (128 + 1) * classes


# The seven steps of the study's Figure 7; the sixth differs from the fifth in the optimiser alone.
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"blocks": 1, "dropout": 0, "batch_norm": False}, by_hand(1, False)),
        ({"blocks": 2, "dropout": 0, "batch_norm": False}, by_hand(2, False)),
        ({"blocks": 3, "dropout": 0, "batch_norm": False}, by_hand(3, False)),
        ({"blocks": 3, "batch_norm": False}, by_hand(3, False)),
        ({"blocks": 3}, by_hand(3, True)),
        ({}, 9_562_597),
    ],
)
def test_parameters_of_the_steps_counted_by_hand(options: dict, expected: int) -> None:
    assert by_hand(4, True) == 9_562_597
    assert sum(p.numel() for p in VggBlocks(**options).parameters()) == expected


def test_filters_double_from_the_number_of_the_first_block() -> None:
    backbone = VggBlocks(blocks=3, filters=5, spatial_size=16).backbone
    assert [block.conv2.out_channels for block in backbone] == [5, 10, 20]


def test_order_of_the_layers() -> None:
    kinds = [type(module).__name__ for module in VggBlocks(blocks=2).modules() if not list(module.children())]
    block = ["Conv2d", "ReLU", "Conv2d", "ReLU", "BatchNorm2d", "MaxPool2d", "Dropout"]
    assert kinds == [*block * 2, "Flatten", "Linear", "ReLU", "Linear"]
    plain = VggBlocks(blocks=1, batch_norm=False).backbone
    assert "BatchNorm2d" not in [type(module).__name__ for module in plain.modules()]


def test_by_plain_functions() -> None:
    network = VggBlocks(3, spatial_size=(9, 12), in_channels=1, blocks=2, hidden=6).eval()
    state = network.state_dict()
    image = x = torch.randn(2, 1, 9, 12)
    with torch.no_grad():
        for block in ("backbone.block1", "backbone.block2"):
            for conv in ("conv1", "conv2"):
                x = functional.conv2d(x, state[f"{block}.{conv}.weight"], padding=1).clamp(min=0)  # biases start at 0
            x = functional.max_pool2d(x / (1 + 1e-5) ** 0.5, 2)
        assert x.shape == (2, 64, 2, 3)
        x = (x.reshape(2, -1) @ state["head.dense1.weight"].T).clamp(min=0)
        torch.testing.assert_close(network(image), x @ state["head.dense2.weight"].T)


def test_kernels_start_he_uniform() -> None:
    torch.manual_seed(0)
    network = VggBlocks(blocks=2)
    for weight in (network.backbone.block2.conv2.weight.detach(), network.head.dense1.weight.detach()):
        fan_in = weight[0].numel()
        limit = math.sqrt(
            6 / fan_in
        )  # He et al. 2015 as Keras has it; a uniform variate has limit / sqrt(3) for its sd
        assert 0.99 * limit < float(weight.max()) <= limit
        assert float(weight.std()) == pytest.approx(limit / math.sqrt(3), rel=0.02)
    assert float(network.head.dense2.weight.abs().max()) <= math.sqrt(6 / (128 + 5))
    assert not any(p.any() for name, p in network.named_parameters() if name.endswith("bias"))
    assert (network.backbone.block1.norm.weight == 1).all()


def test_dropout_per_block() -> None:
    rates = [block.dropout.p for block in VggBlocks(blocks=3, dropout=[0.2, 0.3, 0.4]).backbone]
    assert rates == [0.2, 0.3, 0.4]
    network, image = VggBlocks(blocks=1, spatial_size=16, dropout=0.5), torch.randn(4, 3, 16, 16)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))


@pytest.mark.parametrize(
    "options",
    [
        {"blocks": 0},
        {"blocks": -1},
        {"blocks": 2.0},
        {"blocks": "two"},
        {"blocks": 2, "dropout": [0.1]},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"dropout": math.nan},
        {"dropout": "0.2"},
        {"dropout": None},
    ],
)
def test_impossible_options(options: dict) -> None:
    with pytest.raises(MammoError, match=r"blocks=.*dropout=") as caught:
        VggBlocks(spatial_size=32, **options)
    assert caught.value.reason == "bad-option"


@pytest.mark.parametrize("filters", [0, 1.5, "32"])
def test_impossible_filters(filters: object) -> None:
    with pytest.raises(MammoError, match="filters=") as caught:
        VggBlocks(spatial_size=32, filters=filters)
    assert caught.value.reason == "bad-option"


def test_more_blocks_than_the_image_can_be_halved() -> None:
    with pytest.raises(MammoError, match="must be 64 or more"):
        VggBlocks(spatial_size=63, blocks=6)
    assert VggBlocks(spatial_size=16)(torch.randn(2, 3, 16, 16)).shape == (2, 5)
