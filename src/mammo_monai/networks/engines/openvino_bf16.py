"""OpenVINO in bfloat16, on CPUs that have it: 8 bits of mantissa, so other probabilities."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.engines import _openvino

EXACT = False
CPU_ONLY = True
SUFFIXES = _openvino.SUFFIXES
export = _openvino.export


def load(network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
    """The export, compiled.

    Raises:
        MammoError: the processor has no bfloat16 (``engine-unsupported``).
    """
    if "BF16" not in _openvino.capabilities():
        raise MammoError("engine 'openvino_bf16': this processor has no bfloat16; use openvino", "engine-unsupported")
    return _openvino.Compiled(files, "bf16")
