"""Every network leaves Python: TorchScript (scripted and traced) and ONNX, with a free batch size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mammo_monai.networks.build import build_network

SIDE = 64


@pytest.fixture(scope="module", params=["baseline_cnn", "vgg_blocks", "alexnet", "resnet18"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return build_network(request.param, 3, SIDE).eval()


def test_scripted_and_traced(network: nn.Module) -> None:
    image = torch.randn(2, 3, SIDE, SIDE)
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.script(network)(image), network(image))
        torch.testing.assert_close(torch.jit.trace(network, image, check_trace=False)(image), network(image))


def test_scripted_network_still_trains() -> None:
    scripted = torch.jit.script(build_network("alexnet", 3, SIDE))
    image = torch.randn(2, 3, SIDE, SIDE)
    assert not torch.equal(scripted.train()(image), scripted(image))
    assert torch.equal(scripted.eval()(image), scripted(image))


def test_onnx(network: nn.Module, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file, image = tmp_path / "model.onnx", torch.randn(2, 3, SIDE, SIDE)
    batch = torch.export.Dim("batch", min=1)
    torch.onnx.export(network, (image,), str(file), dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for images in (image, torch.randn(3, 3, SIDE, SIDE)):
        (got,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
        np.testing.assert_allclose(got, network(images).detach().numpy(), atol=1e-4)
