"""What the engines of OpenVINO share: from a network to the bytes of its IR, and from those to a module.

``openvino.convert_model`` is not used: it reports to its maker over the network.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mammo_monai.errors import MammoError, missing_extra

SUFFIXES = (".xml", ".bin")
"""The graph and its constants."""


class Compiled(nn.Module):
    """An IR of batches of one, compiled for the CPU with as many threads as torch has.

    One image is run after another: a result does not depend on its neighbours in the batch, and the shape that the
    compiler sees is fixed.

    Args:
        files: content by suffix.
        precision: "f32" or "bf16", of convolutions and products.
    """

    def __init__(self, files: Mapping[str, bytes], precision: str) -> None:
        super().__init__()
        core = _core()
        model = core.read_model(*(files[suffix] for suffix in SUFFIXES))
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        self.compiled = core.compile_model(model, "CPU", {**settings, "PERFORMANCE_HINT": "LATENCY"})

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes), float32, of images (N, C, H, W) on the CPU."""
        request = self.compiled.create_infer_request()  # one of its own, so that threads may share the module
        rows = [request.infer([one])[0].copy() for one in image.float().numpy()[:, None]]
        return torch.from_numpy(np.concatenate(rows))


def export(network: nn.Module, image: torch.Tensor) -> dict[str, bytes]:
    """The IR in float32 of a network in evaluation mode, for an image (1, C, H, W).

    Raises:
        MammoError: OpenVINO is not installed, or knows an operation of the network not (``engine-unsupported``).
    """
    openvino = _openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.fx_decoder import TorchFXPythonDecoder

    program = torch.export.export(network, (image,)).run_decompositions()
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchFXPythonDecoder(program.module(), dynamic_shapes=False)  # has to outlive the conversion
    try:
        model = frontend.convert(frontend.load(decoder))
    except Exception as error:
        raise MammoError(
            f"OpenVINO cannot convert this network ({' '.join(str(error).split())[-200:]}); use engine torch",
            "engine-unsupported",
        ) from error
    model.reshape({0: list(image.shape)})
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"model{suffix}") for suffix in SUFFIXES]
        openvino.serialize(model, *map(str, paths))
        return {path.suffix: path.read_bytes() for path in paths}


def capabilities() -> Sequence[str]:
    """Number formats that OpenVINO runs natively on this processor, such as "BF16"."""
    found: Sequence[str] = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return found


def _core() -> Any:
    return _core_of(_openvino())


@cache
def _core_of(openvino: Any) -> Any:
    """The one ``Core`` of this process, kept to its end.

    OpenVINO's CPU plugin gives the thread that first needs it an alternate signal stack and frees that with the last
    Core, from whatever thread drops it. The next signal that Python handles (the end of a child process, Ctrl-C) would
    then kill the process with a segmentation fault.
    """
    return openvino.Core()


def _openvino() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise missing_extra(f"engine: OpenVINO is not installed ({error})", "openvino") from None
    return openvino
