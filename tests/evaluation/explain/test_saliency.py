from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain import methods
from mammo_monai.evaluation.explain.feature_map import last_feature_map
from mammo_monai.evaluation.explain.saliency import saliency
from mammo_monai.networks.augmented import augmented
from mammo_monai.networks.birads_net import BiradsNet
from mammo_monai.networks.build import build_network
from mammo_monai.networks.ensemble import MeanNetwork


def small() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip


def scenes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise with nothing, a bright or a dark square of 6 pixels in 32x32, and which of them."""
    pixels, labels = 0.3 * torch.randn(count, 1, 32, 32), torch.randint(3, (count,))
    for image, label, place in zip(pixels, labels, torch.randint(26, (count, 2)), strict=True):
        row, col = place.tolist()
        image[:, row : row + 6, col : col + 6] += (0, 2, -2)[int(label)]
    return pixels, labels


@pytest.fixture(scope="module")
def trained() -> nn.Sequential:
    """Tells the scenes apart."""
    torch.manual_seed(0)
    network = small()
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(60):
        pixels, labels = scenes(32)
        optimizer.zero_grad()
        functional.cross_entropy(network(pixels), labels).backward()
        optimizer.step()
    pixels, labels = scenes(200)
    assert float((network(pixels).argmax(1) == labels).float().mean()) > 0.95
    optimizer.zero_grad()
    return network


@pytest.fixture
def scene() -> torch.Tensor:
    """A bright square at rows 18 to 24, columns 5 to 11."""
    image = 0.3 * torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(1))
    image[:, 18:24, 5:11] += 2
    return image


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(5))


def test_the_methods():
    assert methods.names() == ["gradcam", "gradient", "occlusion", "smoothgrad"]


@pytest.mark.parametrize("method", methods.names())
def test_random_weights_change_the_map(trained, scene, method):
    """Adebayo 2018, arXiv:1810.03292: a map that does not depend on the weights explains the image alone."""
    made = saliency(trained, scene, 1, method)
    assert torch.equal(made.as_tensor(), saliency(trained, scene, 1, method).as_tensor())
    others = []
    for seed in range(5):
        torch.manual_seed(seed)
        others.append(saliency(small(), scene, 1, method))
    ranks = [one.as_tensor().flatten().argsort().argsort().double() for one in (made, *others)]
    assert float(torch.corrcoef(torch.stack(ranks))[0, 1:].mean()) < 0.5


@pytest.mark.parametrize("method", ["gradient", "smoothgrad"])
def test_networks_of_other_weights_disagree(method):
    """A deep network, whose gradients an architecture alone can shape: the root mean square of them agrees to 0.93."""
    rows = torch.linspace(-2, 2, 64)
    blob = torch.exp(-(rows[:, None] ** 2 + rows**2)) + 0.05 * torch.randn(
        64, 64, generator=torch.Generator().manual_seed(1)
    )
    ranks = []
    for seed in range(3):
        torch.manual_seed(seed)
        made = saliency(build_network("resnet18", 2, 64).eval(), blob.repeat(3, 1, 1), 1, method)
        ranks.append(made.as_tensor().flatten().argsort().argsort().double())
    assert float(torch.corrcoef(torch.stack(ranks)).fill_diagonal_(0).max()) < 0.75


@pytest.mark.parametrize("method", methods.names())
def test_the_network_is_left_as_it_was(trained, scene, method):
    explained = copy.deepcopy(trained).train()
    explained[0].requires_grad_(False)
    before = {key: value.clone() for key, value in explained.state_dict().items()}
    saliency(explained, scene, 0, method)
    assert explained.training
    assert not explained[0].weight.requires_grad
    assert [name for name, _ in explained.named_modules()] == [name for name, _ in trained.named_modules()]
    assert not any(m._forward_hooks or m._backward_hooks for m in explained.modules())
    assert all(parameter.grad is None for parameter in explained.parameters())
    assert all(torch.equal(value, before[key]) for key, value in explained.state_dict().items())


@pytest.mark.parametrize("method", methods.names())
def test_maps_differ_between_classes(trained, scene, method):
    one, other = (saliency(trained, scene, index, method) for index in (0, 1))
    assert one.shape == (1, 32, 32) and float(one.min()) >= 0 and float(other.max()) > 0
    assert not torch.allclose(one, other)


def test_gradient_of_a_linear_network_is_its_weights():
    torch.manual_seed(0)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(2 * 6 * 5, 3))
    weights = linear[1].weight[2].reshape(2, 6, 5).abs().amax(0)
    torch.testing.assert_close(saliency(linear, torch.rand(2, 6, 5), 2, "gradient")[0].as_tensor(), weights.detach())


def test_occlusion_is_the_loss_of_probability():
    """One hot pixel of 16x16, where the 2x2 places are centred on pixels: faded out, its logit is 0."""

    class Total(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            top = image.amax((1, 2, 3))
            return torch.stack([-top, top], 1)

    image = torch.zeros(1, 16, 16)
    image[0, 5, 9] = 2.0
    made = saliency(Total(), image, 1, "occlusion")[0].numpy()
    row, col = np.unravel_index(made.argmax(), made.shape)
    assert abs(row - 5) <= 1 and abs(col - 9) <= 1
    assert 0 < made.max() <= 1 / (1 + np.exp(-4)) - 0.5 + 1e-6
    far = np.ones_like(made, bool)
    far[3:8, 7:12] = False
    assert made[far].max() == 0


def test_gradcam_by_its_formula(image):
    """With a dense layer after global average pooling the weight of a map is that of the dense layer / pixels."""
    torch.manual_seed(2)
    pooled = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=4, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    features = pooled[0](image[None])[0]
    weighted = torch.relu(torch.einsum("k,krc->rc", pooled[3].weight[2] / features[0].numel(), features))
    expected = functional.interpolate(weighted[None, None], size=(64, 64), mode="bilinear")[0]
    made = saliency(pooled, image, 2, "gradcam")
    torch.testing.assert_close(made.as_tensor(), expected.detach())
    torch.testing.assert_close(saliency(pooled, image, 2, "gradcam", layer="0").as_tensor(), made.as_tensor())


@pytest.mark.parametrize(
    ("name", "layer"), [("resnet18", "layer4"), ("densenet121", "features"), ("alexnet", "features.10")]
)
def test_gradcam_finds_torchvisions_last_map(image, name, layer):
    """AlexNet's last pooling leaves a single pixel of an image as small as this one."""
    made = torchvision.models.get_model(name, num_classes=2).eval()
    assert last_feature_map(made, image[None]) == layer
    assert saliency(made, image, 1).shape == (1, 64, 64)


def test_last_map_is_before_pooling_and_never_a_module_used_twice(image):
    assert last_feature_map(BiradsNet("resnet18", 3, 64).eval(), image[None]) == "head.conv"

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.again = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return self.again(self.again(self.first(image))).mean((2, 3))

    assert last_feature_map(Twice(), image[None]) == "first"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "lime"}, "unknown-method"),
        ({"method": "gradient", "layer": "0"}, "usage"),
        ({"layer": "nowhere"}, "unknown-layer"),
        ({"layer": "1"}, "no-map"),
        ({}, "no-map"),
    ],
)
def test_errors_are_named(options, reason):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    with pytest.raises(MammoError) as caught:
        saliency(flat, torch.rand(3, 4, 4), 0, **options)
    assert caught.value.reason == reason


def test_weights_that_are_not_finite(trained, scene):
    broken = copy.deepcopy(trained)
    with torch.no_grad():
        broken[0].weight.fill_(torch.nan)
    with pytest.raises(MammoError, match="not finite"):
        saliency(broken, scene, 0, "gradient")


def test_gradcam_of_an_ensemble_is_that_of_its_members(trained, scene):
    torch.manual_seed(1)
    other = small()
    each = [saliency(network, scene, 1).as_tensor() for network in (trained, other)]
    expected = sum(one / one.max().clamp(min=1e-30) for one in each) / 2
    for members in ([trained, other], [other, trained]):
        found = saliency(MeanNetwork(members), scene, 1).as_tensor()
        assert torch.allclose(found, expected, atol=1e-6)


def test_gradcam_under_augmentation_is_that_of_the_image_as_it_is(trained, scene):
    found = saliency(augmented(trained, "flip"), scene, 1)
    assert torch.equal(found.as_tensor(), saliency(trained, scene, 1).as_tensor())
