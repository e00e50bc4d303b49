from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from mammo_monai.errors import MammoError
from mammo_monai.networks.birads_net import BiradsNet

# Last bottleneck of ResNet-50 less its first convolution, and the head: one reading of the "4,000,000".
FOUR_MILLION = [*(f"backbone.layer4.2.{layer}" for layer in ("conv2", "bn2", "conv3", "bn3")), "head"]


def parameters(network: BiradsNet, trained_only: bool = False) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad or not trained_only)


def test_parameters_of_the_default_counted_by_hand() -> None:
    network = BiradsNet()
    resnet50_without_fc = 25_557_032 - (2048 * 1000 + 1000)
    conv = 2048 * 32 * 3 * 3 + 32
    flat = 8 * 8 * 32
    head = conv + 2 * flat + (flat * 32 + 32) + 2 * 32 + (32 * 3 + 3)
    assert resnet50_without_fc == 23_508_032
    assert parameters(network) == resnet50_without_fc + head == 24_167_715
    assert parameters(network, trained_only=True) == parameters(network)


def test_four_million_trainable_parameters() -> None:
    bottleneck = 512 * 512 * 3 * 3 + 2 * 512 + 512 * 2048 + 2 * 2048
    head = 2048 * 32 * 9 + 32 + 2 * 2048 + 2048 * 32 + 32 + 64 + 99
    assert parameters(BiradsNet(trainable=FOUR_MILLION), trained_only=True) == bottleneck + head == 4_072_675


@pytest.mark.parametrize(
    ("size", "flat"),
    [
        (64, 1 * 1 * 32),
        ((96, 64), 1 * 1 * 32),  # 3x2 features, pooled to 1x1
        ([128, 200], 2 * 3 * 32),  # 4x7 features: 200/32 rounded up
        ((33, 33), 1 * 1 * 32),
    ],
)
def test_flattened_size_follows_the_image(size: int | list[int], flat: int) -> None:
    network = BiradsNet("resnet18", spatial_size=size)
    assert network.head.dense1.in_features == flat
    rows, cols = (size, size) if isinstance(size, int) else size
    assert network(torch.randn(2, 3, rows, cols)).shape == (2, 3)


def test_head_is_the_paper_s_by_plain_functions() -> None:
    network = BiradsNet("resnet18", num_classes=5, spatial_size=128, maps=4, hidden=6).eval()
    for value in network.head.buffers():
        if value.is_floating_point():
            value.uniform_(0.5, 2)
    state = {name: value.detach() for name, value in network.head.state_dict().items()}

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return (x - mean) / torch.sqrt(var + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]

    image = torch.randn(3, 3, 128, 128)
    with torch.no_grad():
        x = functional.conv2d(network.backbone(image), state["conv.weight"], state["conv.bias"], padding=1)
        x = functional.max_pool2d(x, 2).reshape(3, 2 * 2 * 4)
        x = (norm(x, "norm1") @ state["dense1.weight"].T + state["dense1.bias"]).clamp(min=0)
        expected = norm(x, "norm2") @ state["dense2.weight"].T + state["dense2.bias"]
        torch.testing.assert_close(network(image), expected)


def test_dropout_is_on_in_training_only() -> None:
    network, image = BiradsNet("resnet18", spatial_size=64, dropout=0.5), torch.randn(4, 3, 64, 64)
    assert (network.head.dropout1.p, network.head.dropout2.p) == (0.5, 0.5)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))


@pytest.mark.parametrize("trainable", ["head", ["backbone.layer4", "head"], ["backbone.layer4.1.bn2"]])
def test_frozen_parts_do_not_move(trainable: str | list[str]) -> None:
    torch.manual_seed(0)
    network = BiradsNet("resnet18", spatial_size=64, trainable=trainable)
    prefixes = (trainable,) if isinstance(trainable, str) else tuple(trainable)
    before = copy.deepcopy(network.state_dict())
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    network.train()
    functional.cross_entropy(network(torch.randn(4, 3, 64, 64)), torch.tensor([0, 1, 2, 0])).backward()
    optimiser.step()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved
    assert all(name.startswith(prefixes) for name in moved)
    statistics = {name for name in before if name.startswith(prefixes) and name.endswith("running_mean")}
    assert statistics <= moved


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    network = BiradsNet("resnet18", spatial_size=64, trainable="head")
    assert not network.backbone.bn1.training
    assert network.eval().train().head.norm1.training
    assert not network.backbone.layer4[0].bn1.training
    assert BiradsNet("resnet18", spatial_size=64).backbone.bn1.training


@pytest.mark.parametrize("trainable", ["backbone.layer9", [], ["head", "backbone.lay"], "All"])
def test_unknown_trainable_part(trainable: str | list[str]) -> None:
    with pytest.raises(MammoError, match=r"backbone\.layer4.*head") as caught:
        BiradsNet("resnet18", spatial_size=64, trainable=trainable)
    assert caught.value.reason == "trainable"


@pytest.mark.parametrize(
    ("name", "size", "least"),
    # A map of 2x2 is needed: ceil(33 / 32) = 2; the others by undoing each convolution and pooling in turn.
    [("resnet18", 32, 33), ("resnet18", (512, 16), 33), ("alexnet", 64, 95), ("squeezenet1_1", 8, 33)],
)
def test_too_small_an_image_says_the_least_size(name: str, size: int, least: int) -> None:
    with pytest.raises(MammoError, match=f"must be {least} or more") as caught:
        BiradsNet(name, spatial_size=size)
    assert caught.value.reason == "spatial-size"
    network = BiradsNet(name, spatial_size=least)
    assert network(torch.randn(2, 3, least, least)).shape == (2, 3)


@pytest.mark.parametrize("size", [0, -64, [64], (64, 64, 64), "64", 64.0, (64, 64.0), None])
def test_malformed_spatial_size(size: object) -> None:
    with pytest.raises(MammoError, match="512") as caught:
        BiradsNet("resnet18", spatial_size=size)  # type: ignore[arg-type]
    assert caught.value.reason == "spatial-size"


def test_grey_images() -> None:
    assert BiradsNet("resnet18", spatial_size=64, in_channels=1)(torch.randn(2, 1, 64, 64)).shape == (2, 3)


@pytest.fixture(scope="module")
def default() -> BiradsNet:
    return BiradsNet(spatial_size=64).eval()


def test_default_scripted_and_traced(default: BiradsNet) -> None:
    image = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.script(default)(image), default(image))
        torch.testing.assert_close(torch.jit.trace(default, image, check_trace=False)(image), default(image))


def test_default_in_onnx(default: BiradsNet, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file, image = tmp_path / "model.onnx", torch.randn(2, 3, 64, 64)
    batch = torch.export.Dim("batch", min=1)
    torch.onnx.export(default, (image,), str(file), dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for images in (image, torch.randn(3, 3, 64, 64)):
        (got,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
        np.testing.assert_allclose(got, default(images).detach().numpy(), atol=1e-4)


def test_distributed_training_step(tmp_path: Path) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        network = BiradsNet("resnet18", spatial_size=64, trainable=["backbone.layer4", "head"])
        wrapped = DistributedDataParallel(network)
        wrapped.train()
        wrapped(torch.randn(2, 3, 64, 64)).sum().backward()
        assert network.head.conv.weight.grad is not None
        assert network.backbone.conv1.weight.grad is None
        assert not network.backbone.bn1.training
    finally:
        distributed.destroy_process_group()
