from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torchvision
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.birads_net import BiradsNet
from mammo_monai.networks.torchvision_networks import TorchvisionClassifier
from mammo_monai.networks.weights import load_weights


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.urlopen", lambda *_: pytest.fail("a network was asked for"))


def torchvision_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters under torchvision's names: ``backbone.`` and ``head.`` taken away."""
    return {name.partition(".")[2]: value for name, value in network.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Published totals for 1000 classes (torchvision's table) less the last layer's rows for 998 of them.
        ("alexnet", 61_100_840 - 998 * (4096 + 1)),
        ("resnet18", 11_689_512 - 998 * (512 + 1)),
        ("squeezenet1_1", 1_235_496 - 998 * (512 + 1)),
        ("densenet121", 7_978_856 - 998 * (1024 + 1)),
        ("mobilenet_v3_small", 2_542_856 - 998 * (1024 + 1)),
    ],
)
def test_parameters_counted_by_hand(name: str, expected: int) -> None:
    assert sum(p.numel() for p in TorchvisionClassifier(name).parameters()) == expected


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_1", "densenet121", "googlenet", "mobilenet_v3_small"])
def test_it_is_torchvision_s_own_network_scripted_too(name: str) -> None:
    torch.manual_seed(0)
    network = TorchvisionClassifier(name, num_classes=3, spatial_size=96)
    whole = torchvision.models.get_model(name, weights=None, num_classes=3)
    if hasattr(whole, "transform_input"):
        whole.transform_input = True  # as torchvision's builder does with ImageNet weights
    state = torchvision_state(network)
    missing = [key for key in whole.state_dict() if key not in state and not key.startswith("aux")]
    assert missing == []
    whole.load_state_dict(state, strict=False)
    image = torch.randn(2, 3, 96, 70)
    with torch.no_grad():
        expected = whole.eval()(image)
        torch.testing.assert_close(network.eval()(image), expected)
        torch.testing.assert_close(torch.jit.script(network)(image), expected)


def test_alexnet_keeps_its_dropout() -> None:
    network = TorchvisionClassifier("alexnet", spatial_size=64)
    assert all(module.training for module in network.modules())
    whole = torchvision.models.alexnet(num_classes=2)
    whole.load_state_dict(torchvision_state(network))
    image, results = torch.randn(2, 3, 64, 64), []
    for net in (network, whole):
        torch.manual_seed(5)
        results.append(net.train()(image))
    torch.testing.assert_close(*results)
    assert not torch.equal(network(image), network(image))
    assert sorted(name for name, m in network.head.named_modules() if isinstance(m, nn.Dropout)) == [
        "classifier.0",
        "classifier.3",
    ]


def test_every_parameter_is_trained() -> None:
    network = TorchvisionClassifier("resnet18", spatial_size=64)
    nn.functional.cross_entropy(network(torch.randn(2, 3, 64, 64)), torch.tensor([0, 1])).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


# 63: undo AlexNet's poolings and first convolution from a map of 1: 1 <- 3 <- 7 <- 15 <- (15 - 1) * 4 + 11 - 2 * 2.
@pytest.mark.parametrize(("name", "size", "least"), [("alexnet", 62, 63), ("alexnet", (200, 10), 63)])
def test_too_small_an_image_says_the_least_size(name: str, size: int, least: int) -> None:
    with pytest.raises(MammoError, match=f"must be {least} or more"):
        TorchvisionClassifier(name, spatial_size=size)
    assert TorchvisionClassifier(name, spatial_size=least)(torch.randn(2, 3, least, least)).shape == (2, 2)


def test_grey_images() -> None:
    network = TorchvisionClassifier("resnet18", num_classes=5, spatial_size=64, in_channels=1)
    assert network(torch.randn(2, 1, 64, 64)).shape == (2, 5)


@pytest.mark.parametrize("name", ["vit_b_32", "resnet5"])
def test_networks_that_cannot_be_had(name: str) -> None:
    with pytest.raises(MammoError, match=f"'{name}'"):
        TorchvisionClassifier(name)


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_imagenet_weights_fill_the_backbone(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imagenet = torchvision.models.get_model(name, weights=None)
    torch.save(imagenet.state_dict(), tmp_path / "plain.pth")
    digest = hashlib.sha256((tmp_path / "plain.pth").read_bytes()).hexdigest()[:8]
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (tmp_path / "plain.pth").rename(cache / f"{name}-{digest}.pth")
    default = SimpleNamespace(DEFAULT=SimpleNamespace(url=f"https://x/{name}-{digest}.pth"))
    monkeypatch.setattr(torchvision.models, "get_model_weights", {name: default}.__getitem__)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    network = TorchvisionClassifier(name, spatial_size=64)
    last = network.state_dict()["head.fc.weight" if name == "resnet18" else "head.classifier.6.weight"].clone()
    load_weights(network, "imagenet")
    for key, value in network.backbone.state_dict().items():
        assert torch.equal(value, imagenet.state_dict()[key])
    assert any(torch.equal(value, last) for value in network.head.state_dict().values())


def test_checkpoints(tmp_path: Path) -> None:
    trained, file = TorchvisionClassifier("resnet18", spatial_size=64), tmp_path / "model.pt"
    torch.save(trained.state_dict(), file)
    network = load_weights(TorchvisionClassifier("resnet18", spatial_size=64), file)
    assert all(torch.equal(value, trained.state_dict()[key]) for key, value in network.state_dict().items())
    with pytest.raises(MammoError, match=r"head\.fc\.weight"):
        load_weights(TorchvisionClassifier("resnet18", num_classes=5, spatial_size=64), file)


def test_a_patch_backbone_starts_a_whole_image_network(tmp_path: Path) -> None:
    patches, file = TorchvisionClassifier("resnet18", spatial_size=64), tmp_path / "model.pt"
    torch.save(patches.state_dict(), file)
    films = BiradsNet("resnet18", spatial_size=64)
    load_weights(films, file, "backbone")
    assert torch.equal(films.backbone.layer4[1].conv2.weight, patches.backbone.layer4[1].conv2.weight)
