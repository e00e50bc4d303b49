"""OpenVINO in float32: torch's probabilities, sooner on a CPU."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from mammo_monai.networks.engines import _openvino

EXACT = True
CPU_ONLY = True
SUFFIXES = _openvino.SUFFIXES
export = _openvino.export


def load(network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
    """The export, compiled; without the hint OpenVINO takes bfloat16 wherever the CPU has it."""
    return _openvino.Compiled(files, "f32")
