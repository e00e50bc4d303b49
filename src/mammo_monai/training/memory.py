"""The most memory that this process has had."""

from __future__ import annotations

from pathlib import Path


def peak_memory() -> dict[str, int]:
    """``peak_memory`` and, where there is a GPU, ``peak_gpu_memory`` so far, in bytes; data-loading processes not
    counted.
    """
    import torch

    made = {"peak_memory": _resident()}
    if torch.cuda.is_available():
        made["peak_gpu_memory"] = int(torch.cuda.max_memory_allocated())
    return made


def _resident() -> int:
    """The kernel's own count; that of ``getrusage`` would be the parent's where the process was forked from it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
