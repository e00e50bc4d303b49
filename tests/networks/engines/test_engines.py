from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from mammo_monai import listing
from mammo_monai.errors import MammoError
from mammo_monai.networks import engines, exports
from mammo_monai.networks.augmented import VARIANTS, OverVariants, augmented
from mammo_monai.networks.build import build_network
from mammo_monai.networks.engines import _openvino
from mammo_monai.networks.ensemble import MeanNetwork

SHAPE = (3, 64, 64)
EXACT = ("openvino", "torch")
COARSE = ("openvino_bf16", "torch_bf16")


def made(seed: int, name: str = "birads_net") -> nn.Module:
    """A network whose batch norms would give other values in training mode."""
    torch.manual_seed(seed)
    network = build_network(name, 3, 64, **({"backbone": "resnet18"} if name == "birads_net" else {}))
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, *SHAPE))
    return network.eval()


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    small, other = (made(seed, "baseline_cnn") for seed in (1, 2))
    return {
        "one": made(0),
        "flips": augmented(small, "flip"),
        "ensemble over variants": OverVariants(MeanNetwork([small, other]), VARIANTS["flip_affine"][1:8:3]),
    }


def probabilities(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(images).softmax(1)


@pytest.fixture(scope="module")
def exported(networks: dict[str, nn.Module]) -> dict[str, bytes]:
    """The export of the first network."""
    pytest.importorskip("openvino")
    return engines.engine("openvino").export(networks["one"], torch.randn(1, *SHAPE))


def test_every_module_of_the_folder_is_an_engine():
    assert set(listing.names(engines.__name__)) == {*EXACT, *COARSE}
    assert {name: engines.engine(name).EXACT for name in (*EXACT, *COARSE)} == {
        **dict.fromkeys(EXACT, True),
        **dict.fromkeys(COARSE, False),
    }


def assert_same(run: nn.Module, network: nn.Module) -> None:
    for count in (1, 3):
        images = torch.randn(count, *SHAPE)
        expected = probabilities(network, images)
        assert expected.std(1).min() > 1e-3  # else anything would agree
        torch.testing.assert_close(probabilities(run, images), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["flips", "ensemble over variants"])
def test_openvino_gives_the_probabilities_of_torch_for_any_number_of_images(networks, kind):
    pytest.importorskip("openvino")
    files = engines.engine("openvino").export(networks[kind], torch.randn(1, *SHAPE))
    assert files.keys() == set(engines.engine("openvino").SUFFIXES)
    assert_same(engines.behind("openvino", networks[kind], files), networks[kind])


def test_a_chosen_engine_reads_its_export(networks, exported, tmp_path):
    weights = tmp_path / "model.pt"
    torch.save(networks["one"].state_dict(), weights)
    exports.write(exported, "openvino", weights, "none", SHAPE, 0.0)
    assert_same(engines.run_by("openvino", networks["one"], weights, "none", SHAPE), networks["one"])


@pytest.mark.parametrize("name", COARSE)
def test_bf16_is_near_and_no_more(networks, exported, name):
    if name == "openvino_bf16" and "BF16" not in _openvino.capabilities():
        pytest.skip("this processor has no bfloat16")
    before = {key: value.clone() for key, value in networks["one"].state_dict().items()}
    images = torch.randn(3, *SHAPE)
    expected = probabilities(networks["one"], images)
    got = probabilities(engines.behind(name, networks["one"], exported), images)
    assert got.dtype == torch.float32
    assert 1e-6 < float((got - expected).abs().max()) < 0.05
    assert all(torch.equal(value, before[key]) for key, value in networks["one"].state_dict().items())


def test_torch_is_the_network_itself(networks):
    assert engines.run_by("torch", networks["one"], "none", "none", SHAPE) is networks["one"]


def test_a_network_is_run_in_evaluation_mode():
    network, images = made(0), torch.randn(2, *SHAPE)
    expected = probabilities(network, images)
    for name in ("torch", "torch_bf16"):
        run = engines.behind(name, network.train(), {})
        torch.testing.assert_close(probabilities(run, images), expected, atol=0.05, rtol=0)
        assert torch.equal(probabilities(run, images), probabilities(run, images))


def refusal(name: str, network: nn.Module) -> MammoError:
    with pytest.raises(MammoError) as caught:
        engines.behind(name, network, {})
    assert "\n" not in str(caught.value)
    return caught.value


def test_refusals(networks, monkeypatch):
    assert refusal("tensorrt", networks["one"]).reason == "engine-unknown"
    elsewhere = nn.Linear(2, 2, device="meta")  # stands for a GPU
    for name in ("openvino", *COARSE):
        error = refusal(name, elsewhere)
        assert error.reason == "engine-device" and "meta" in str(error)
    monkeypatch.setitem(sys.modules, "openvino", None)
    error = refusal("openvino", networks["one"])
    assert error.reason == "missing-extra" and "'.[openvino]'" in str(error)
    with pytest.raises(MammoError) as caught:
        engines.engine("openvino").export(networks["one"], torch.randn(1, *SHAPE))
    assert caught.value.reason == "missing-extra"


def test_a_processor_without_bfloat16_is_told_so(networks, monkeypatch):
    monkeypatch.setattr(_openvino, "capabilities", lambda: ["FP32", "INT8"])
    assert refusal("openvino_bf16", networks["one"]).reason == "engine-unsupported"


def test_an_operation_that_openvino_does_not_know():
    pytest.importorskip("openvino")

    class Strange(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return torch.linalg.svdvals(image)[:, 0]

    with pytest.raises(MammoError) as caught:
        engines.engine("openvino").export(Strange(), torch.randn(1, 3, 8, 8))
    assert caught.value.reason == "engine-unsupported" and "\n" not in str(caught.value)


SIGNAL = """
import gc, os, signal, threading, time
from mammo_monai.networks.engines import _openvino
signal.signal(signal.SIGUSR1, lambda *_: print("handled"))
held = [_openvino._core()]
held[0].get_property("CPU", "OPTIMIZATION_CAPABILITIES")
thread = threading.Thread(target=lambda: (held.clear(), gc.collect()))
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGUSR1)
time.sleep(0.2)
"""


def test_a_signal_after_openvino_is_survived():
    """A Core that went away took the signal stack of the process with it: the next signal was a segmentation fault."""
    pytest.importorskip("openvino")
    done = subprocess.run([sys.executable, "-c", SIGNAL], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "handled\n")
