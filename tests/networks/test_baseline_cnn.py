from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from mammo_monai.errors import MammoError
from mammo_monai.networks.baseline_cnn import BaselineCnn
from mammo_monai.networks.weights import load_weights


def test_parameters_of_the_default_counted_by_hand() -> None:
    convolutions = (3 * 9 + 1) * 32 + 2 * (32 * 9 + 1) * 32
    norms = 3 * 2 * 32
    flat = 32 * (224 // 2 // 2 // 2) ** 2
    dense = (flat + 1) * 512 + (512 + 1) * 128 + (128 + 1) * 2
    network = BaselineCnn()
    assert flat == 25_088
    assert sum(p.numel() for p in network.parameters()) == convolutions + norms + dense == 12_931_074


def test_layers_are_those_of_the_list_in_its_order() -> None:
    kinds = [type(module).__name__ for module in BaselineCnn().modules() if not list(module.children())]
    block = ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]
    assert kinds == [*block * 3, "Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_by_plain_functions() -> None:
    network = BaselineCnn(spatial_size=(19, 32)).eval()
    state = network.state_dict()
    image = x = torch.randn(3, 3, 19, 32)
    with torch.no_grad():
        for i in (1, 2, 3):
            name = f"backbone.block{i}"
            x = functional.conv2d(x, state[f"{name}.conv.weight"], state[f"{name}.conv.bias"], padding=1)
            x = functional.max_pool2d((x / (1 + 1e-5) ** 0.5).clamp(min=0), 2)  # a norm that has seen nothing
        assert x.shape[1:] == (32, 2, 4)
        x = x.reshape(3, -1)
        for i in (1, 2, 3):
            x = x @ state[f"head.dense{i}.weight"].T + state[f"head.dense{i}.bias"]
            x = x.clamp(min=0) if i < 3 else x
        torch.testing.assert_close(network(image), x)


@pytest.mark.parametrize(("size", "least"), [(7, 8), ((64, 4), 8)])
def test_too_small_an_image_says_the_least_size(size: int, least: int) -> None:
    with pytest.raises(MammoError, match=f"must be {least} or more"):
        BaselineCnn(spatial_size=size)
    assert BaselineCnn(5, spatial_size=least, in_channels=1)(torch.randn(2, 1, least, least)).shape == (2, 5)


def test_weights_by_part(tmp_path) -> None:
    file, trained, network = tmp_path / "model.pt", BaselineCnn(spatial_size=16), BaselineCnn(spatial_size=32)
    nn.init.constant_(trained.backbone.block2.conv.weight, 0.5)
    torch.save(trained.state_dict(), file)
    load_weights(network, file, "backbone")
    assert (network.backbone.block2.conv.weight == 0.5).all()
    with pytest.raises(MammoError, match=r"head\.dense1\.weight"):
        load_weights(network, file)
