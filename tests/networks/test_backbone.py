from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from mammo_monai.errors import MammoError
from mammo_monai.networks.backbone import backbone
from mammo_monai.networks.output_shape import output_shape


def before_pooling(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    seen: list[torch.Tensor] = []
    network.get_submodule("avgpool").register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network(image)
    return seen[0]


def features_only(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    return network.get_submodule("features")(image)


# The map that each of torchvision's own ``forward`` functions averages or flattens, read off its source.
MAPS: dict[str, Callable[[nn.Module, torch.Tensor], torch.Tensor]] = {
    "resnet18": before_pooling,
    "alexnet": features_only,  # its pooling to 6x6 is not part of the features
    "densenet121": lambda network, image: functional.relu(features_only(network, image)),
    "mobilenet_v2": features_only,
    "mnasnet1_0": lambda network, image: network.get_submodule("layers")(image),
    "googlenet": before_pooling,
    "swin_t": before_pooling,
}
CLASSIFIERS = ("fc.", "classifier.", "head.", "aux1.", "aux2.")


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.urlopen", lambda *_: pytest.fail("a network was asked for"))


@pytest.mark.parametrize("name", MAPS)
def test_features_are_the_map_that_torchvision_pools_scripted_too(name: str) -> None:
    features = backbone(name).eval()
    whole = torchvision.models.get_model(name, weights=None).eval()
    if hasattr(whole, "transform_input"):
        whole.transform_input = True  # as torchvision's builder does with ImageNet weights
    keys = whole.load_state_dict(features.state_dict(), strict=False)
    assert keys.unexpected_keys == []
    assert all(key.startswith(CLASSIFIERS) for key in keys.missing_keys)
    image = torch.randn(2, 3, 96, 64)
    with torch.no_grad():
        expected = MAPS[name](whole, image)
        size = expected.abs().max()  # some networks start with very small numbers
        torch.testing.assert_close(features(image) / size, expected / size)
        torch.testing.assert_close(torch.jit.script(features)(image) / size, expected / size)
    assert output_shape(features, 3, (96, 64)) == tuple(expected.shape[1:])


def test_sizes_of_the_paper() -> None:
    features = backbone("resnet50")
    assert output_shape(features, 3, (512, 512)) == (2048, 16, 16)
    assert output_shape(backbone("squeezenet1_1"), 3, (2, 2)) == (0, 0, 0)  # smaller than its first kernel


def test_layers_keep_their_training_behaviour() -> None:
    features = backbone("resnet18")
    assert features.training
    before = features.bn1.running_mean.clone()
    features(torch.randn(2, 3, 64, 64) + 3)
    assert not torch.equal(features.bn1.running_mean, before)


def test_a_copy_is_whole_and_independent() -> None:
    features = backbone("resnet18").eval()
    twin, image = copy.deepcopy(features), torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(twin(image), features(image))
    nn.init.zeros_(twin.conv1.weight)
    assert features.conv1.weight.abs().sum() > 0


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_other_channel_counts(name: str) -> None:
    features = backbone(name, in_channels=2).eval()
    channels, rows, cols = output_shape(features, 2, (64, 64))
    assert features(torch.randn(1, 2, 64, 64)).shape == (1, channels, rows, cols)


def test_unknown_name_lists_near_ones() -> None:
    with pytest.raises(MammoError, match=r"'resnet5'.*resnet50") as caught:
        backbone("resnet5")
    assert caught.value.reason == "backbone-unknown"
    with pytest.raises(MammoError, match=f"one of the {len(torchvision.models.list_models(torchvision.models))} that"):
        backbone("?")


@pytest.mark.parametrize("name", ["vit_b_32", "maxvit_t"])
def test_networks_of_one_image_size_are_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MammoError, match=f"'{name}'.*densenet121") as caught:
        backbone(name)
    assert caught.value.reason == "backbone-no-map"
    assert capsys.readouterr() == ("", "")
