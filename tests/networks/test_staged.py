from __future__ import annotations

import pytest
import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.staged import Staged

# Published totals (torchvision's table) less the classifiers: VGG's three dense layers, Inception's auxiliary one.
FEATURES = {
    "vgg19": (143_667_240 - 25_089 * 4096 - 4097 * 4096 - 4097 * 1000, 512),
    "resnet50": (25_557_032 - 2049 * 1000, 2048),
    "inception_v3": (27_161_264 - 3_326_696 - 2049 * 1000, 2048),
    "densenet121": (7_978_856 - 1025 * 1000, 1024),
    "mobilenet_v2": (3_504_872 - 1281 * 1000, 1280),
}


def dense(channels: int, classes: int) -> int:
    return (channels + 1) * 512 + 513 * 32 + 33 * classes


@pytest.mark.parametrize("name", FEATURES)
def test_every_backbone_of_the_study_counted_by_hand_and_scripted(name: str) -> None:
    torch.manual_seed(0)
    network = Staged(name, num_classes=2, spatial_size=96).eval()
    parameters, channels = FEATURES[name]
    assert sum(p.numel() for p in network.parameters()) == parameters + dense(channels, 2)
    image = torch.randn(2, 3, 96, 112)
    with torch.no_grad():
        expected = network(image)
        assert expected.shape == (2, 2)
        torch.testing.assert_close(torch.jit.script(network)(image), expected)


def test_convolutions_after_the_backbone() -> None:
    network = Staged("resnet18", num_classes=3, spatial_size=64, convolutions_after=2)
    head = (512 * 9 + 1) * 256 + (256 * 9 + 1) * 256 + dense(256, 3)
    assert sum(p.numel() for p in network.head.parameters()) == head
    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 3)


@pytest.mark.parametrize("stages", [0, 1, 2])
def test_stages_begin_as_max_pooling_and_learn(stages: int) -> None:
    torch.manual_seed(0)
    network = Staged("resnet18", spatial_size=128, stages_before=stages).eval()
    image = torch.randn(2, 3, 128, 96)
    torch.testing.assert_close(network.stem(image), nn.functional.max_pool2d(image, 2**stages))
    convolutions = [m for m in network.stem.modules() if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels, m.kernel_size) for m in convolutions] == stages * [
        (3, 16, (3, 3)),
        (16, 3, (3, 3)),
    ]
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    before = [m.weight.clone() for m in convolutions]
    for _ in range(2):  # the first step gives the idle maps a way out, the second one teaches them
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(image), torch.tensor([0, 1])).backward()
        optimizer.step()
    for convolution, old in zip(convolutions, before, strict=True):
        assert ((convolution.weight != old).flatten(1).any(1)).all(), "a map that never learns"


def test_scripted_with_stages() -> None:
    network = Staged("mobilenet_v2", spatial_size=[128, 96], stages_before=1, dropout=0.3).eval()
    image = torch.randn(2, 3, 128, 96)
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.script(network)(image), network(image))


@pytest.mark.parametrize(("stages", "least"), [(0, 75), (1, 150), (2, 300)])
def test_an_image_too_small_says_the_least_size(stages: int, least: int) -> None:
    with pytest.raises(MammoError, match=f"must be {least} or more") as raised:
        Staged("inception_v3", spatial_size=(least - 1, 400), stages_before=stages)
    assert raised.value.reason == "spatial-size"
    Staged("inception_v3", spatial_size=least, stages_before=stages)


@pytest.mark.parametrize("name", ["vgg19", "resnet18", "mobilenet_v2"])
def test_an_image_smaller_than_the_stages_is_no_crash(name: str) -> None:
    with pytest.raises(MammoError, match="too small"):
        Staged(name, spatial_size=3, stages_before=2)


def test_dropout_is_an_option() -> None:
    image = torch.randn(2, 3, 64, 64)
    plain, dropping = (Staged("vgg11", spatial_size=64, dropout=p).train() for p in (0.0, 0.5))
    assert [m.p for m in dropping.head.modules() if isinstance(m, nn.Dropout)] == [0.5, 0.5]
    plain.backbone.eval(), dropping.backbone.eval()
    assert torch.equal(plain(image), plain(image))
    assert not torch.equal(dropping(image), dropping(image))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"backbone": "mobilnet_v2"}, "mobilenet_v2"),
        ({"backbone": "vit_b_16"}, "no feature map"),
        ({"stages_before": -1}, "stages_before -1"),
        ({"convolutions_after": -1}, "convolutions_after -1"),
        ({"dropout": 1.0}, "dropout 1.0"),
        ({"spatial_size": [512]}, "rows and columns"),
    ],
)
def test_bad_options_are_named(options: dict, words: str) -> None:
    with pytest.raises(MammoError, match=words):
        Staged(**{"backbone": "resnet18", **options})
