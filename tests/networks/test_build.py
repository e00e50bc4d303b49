from __future__ import annotations

import pytest
import torch
from monai.bundle import ConfigParser

from mammo_monai.errors import MammoError
from mammo_monai.networks.baseline_cnn import BaselineCnn
from mammo_monai.networks.birads_net import BiradsNet
from mammo_monai.networks.build import build_network
from mammo_monai.networks.torchvision_networks import TorchvisionClassifier
from mammo_monai.networks.vgg_blocks import VggBlocks


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("baseline_cnn", {}, BaselineCnn),
        ("vgg_blocks", {"blocks": 2, "dropout": 0}, VggBlocks),
        ("birads_net", {"backbone": "resnet18"}, BiradsNet),
        ("resnet18", {"in_channels": 3}, TorchvisionClassifier),
    ],
)
def test_by_name(name, options, kind):
    network = build_network(name, 4, [64, 96], **options)
    assert type(network) is kind
    assert network(torch.randn(2, 3, 64, 96)).shape == (2, 4)
    assert {name.partition(".")[0] for name in network.state_dict()} == {"backbone", "head"}


def test_in_a_configuration():
    parser = ConfigParser(
        {
            "backbone": "vgg_blocks",
            "network_def": {
                "_target_": "mammo_monai.networks.build.build_network",
                "name": "@backbone",
                "num_classes": 5,
                "spatial_size": [32, 32],
                "blocks": 3,
            },
        }
    )
    assert len(parser.get_parsed_content("network_def").backbone) == 3


@pytest.mark.parametrize("name", ["baseline_cn", "card", "weights", "resnet", "", "../build", "a.b", "vgg_Blocks"])
def test_unknown_names_show_ours_and_near_ones(name):
    with pytest.raises(MammoError, match=r"baseline_cnn.*vgg_blocks") as caught:
        build_network(name, 2, 64)
    assert caught.value.reason == "backbone-unknown"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["resnet18", "baseline_cnn"])
def test_options_of_another_network_are_refused(name):
    with pytest.raises(MammoError, match=rf"'{name}' has no option blocks.*in_channels") as caught:
        build_network(name, 2, 64, blocks=3)
    assert caught.value.reason == "network-option"
