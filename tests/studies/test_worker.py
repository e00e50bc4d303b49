from __future__ import annotations

import pytest
import torch

from mammo_monai.errors import MammoError
from mammo_monai.studies.worker import diagnosis


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "out-of-memory"),
        (MemoryError(), "out-of-memory"),
        (RuntimeError("[enforce fail] not enough memory: you tried to allocate 9 bytes"), "out-of-memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out-of-memory"),
        (RuntimeError("DataLoader worker (pid 3) is killed by signal: Killed. "), "out-of-memory"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied\nmore"), "crashed"),
        (MammoError("a.png: no such file", "missing-file"), "missing-file"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)  # fmt: skip
def test_every_end_has_a_reason_and_one_line(error, reason):
    found, message = diagnosis(error)
    assert found == reason
    assert "\n" not in message


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (MammoError("x: gone", "gone"), ("gone", "x: gone")),
        (torch.OutOfMemoryError("CUDA out of memory"), ("out-of-memory", "OutOfMemoryError: CUDA out of memory")),
        (ZeroDivisionError("by zero\nmore"), ("crashed", "ZeroDivisionError: by zero")),
    ],
)
def test_what_monai_wraps_is_found(error, found):
    try:
        try:
            raise error
        except Exception as inner:
            raise RuntimeError("Failed to evaluate ConfigExpression: ") from inner
    except RuntimeError as outer:
        assert diagnosis(outer) == found


def test_the_allocator_s_own_error_is_known():
    """A real one: more bytes than there are addresses."""
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.uint8)
    assert diagnosis(raised.value)[0] == "out-of-memory"
