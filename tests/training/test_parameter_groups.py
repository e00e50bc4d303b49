from __future__ import annotations

import pytest
import torch
from torch import nn

from mammo_monai.networks.vgg_blocks import VggBlocks
from mammo_monai.training.parameter_groups import convolution_decay


def test_kernels_of_convolutions_alone_decay():
    network = VggBlocks(blocks=2, spatial_size=16)
    kernels, rest = convolution_decay(network, 0.01)
    names = {id(p): name for name, p in network.named_parameters()}
    assert sorted(names[id(p)] for p in kernels["params"]) == [
        f"backbone.block{i}.conv{j}.weight" for i in (1, 2) for j in (1, 2)
    ]
    assert (kernels["weight_decay"], rest["weight_decay"]) == (0.01, 0.0)
    together = [id(p) for group in (kernels, rest) for p in group["params"]]
    assert len(together) == len(set(together)) == len(names)


def test_what_is_not_trained_is_left_out():
    network = VggBlocks(blocks=1, spatial_size=16)
    network.backbone.requires_grad_(False)
    kernels, rest = convolution_decay(network, 0.01)
    assert kernels["params"] == []
    assert len(rest["params"]) == 4
    torch.optim.SGD([kernels, rest], lr=0.1).step()


@pytest.mark.parametrize("optimiser", [torch.optim.Adam, torch.optim.SGD])
def test_it_is_twice_the_factor_of_the_kernels_sum_of_squares(optimiser):
    """Keras' ``l2(x)`` in the loss, by autograd, against our groups: the same steps."""
    factor, image = 0.02, torch.randn(3, 1, 5, 5)
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 2))
    keras = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 2))
    keras.load_state_dict(ours.state_dict())
    by_groups = optimiser(convolution_decay(ours, 2 * factor), lr=0.05)
    by_loss = optimiser(keras.parameters(), lr=0.05)
    for _ in range(3):
        for network, steps in ((ours, by_groups), (keras, by_loss)):
            steps.zero_grad()
            loss = network(image).square().mean()
            (loss if network is ours else loss + factor * keras[0].weight.square().sum()).backward()
            steps.step()
    for one, other in zip(ours.parameters(), keras.parameters(), strict=True):
        torch.testing.assert_close(one, other)
