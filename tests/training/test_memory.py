from __future__ import annotations

import multiprocessing
import resource
import sys

import numpy as np
import pytest

from mammo_monai.training.memory import peak_memory

MIB = 2**20
LAG = 4 * MIB  # the kernel adds up its count from those of each processor, some pages late


def _peaks() -> tuple[int, int, int, int]:
    """Before, while and after 400 MiB more than everything so far are held; and what was held."""
    before = peak_memory()["peak_memory"]
    held = np.ones((before + 400 * MIB) // 8)
    size, during = held.nbytes, peak_memory()["peak_memory"]
    del held
    return before, size, during, peak_memory()["peak_memory"]


def test_the_peak_rises_with_what_is_held_and_stays():
    # In a process of its own: here other tests have had gigabytes, of which the new peak would have to be more.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, held, during, after = pool.apply(_peaks)
    assert before < 2**30
    assert during >= held - LAG and during >= before + 400 * MIB - LAG
    assert abs(after - during) <= LAG


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's count in KiB")
def test_it_is_no_more_than_the_systems_own_count():
    assert peak_memory()["peak_memory"] <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 1.01
