from __future__ import annotations

import resource
import sys

import numpy as np
import pytest

from mammo_monai.training.memory import peak_memory


def test_the_peak_rises_with_what_is_held_and_stays():
    before = peak_memory()["peak_memory"]
    held = np.ones(before // 8 + 40_000_000)  # more than everything so far, so that it makes a new peak
    during = peak_memory()["peak_memory"]
    assert during >= held.nbytes and during > before
    del held
    assert peak_memory()["peak_memory"] >= during


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's count in KiB")
def test_it_is_no_more_than_the_systems_own_count():
    assert peak_memory()["peak_memory"] <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 1.01
