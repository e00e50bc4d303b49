"""Where trainings run: in this machine's slots, one device each, or on a Dask cluster."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mammo_monai.executors import dask
from mammo_monai.studies.folder import Outcome
from mammo_monai.studies.process import launch

Submit = Callable[[Path], "Future[Outcome]"]


@contextmanager
def local(workers: int, launch: Callable[[Path, Mapping[str, str]], Outcome] = launch) -> Iterator[Submit]:
    """Up to ``workers`` trainings at a time; each keeps to the device and the share of the cores of its slot.

    The workers are processes, so that threads are enough to wait for them.
    """
    slots = queue.SimpleQueue[dict[str, str]]()
    for slot in _slots(workers):
        slots.put(slot)

    def in_slot(spec: Path) -> Outcome:
        slot = slots.get()
        try:
            return launch(spec, slot)
        finally:
            slots.put(slot)

    with ThreadPoolExecutor(workers) as executor:
        yield lambda spec: executor.submit(in_slot, spec)


@contextmanager
def cluster(scheduler: str) -> Iterator[Submit]:
    """The workers of a Dask cluster, which see all folders under the same paths; start one per device.

    Raises:
        MammoError: see :func:`mammo_monai.executors.dask`.
    """
    with dask(scheduler) as make_executor:
        executor: Executor = make_executor(1)
        yield lambda spec: executor.submit(launch, spec, {})


def _slots(workers: int) -> list[dict[str, str]]:
    if workers == 1:
        return [{}]
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // workers))}
    devices = _devices()
    if not devices:
        return [threads] * workers
    return [{**threads, "CUDA_VISIBLE_DEVICES": devices[slot % len(devices)]} for slot in range(workers)]


def _devices() -> list[str]:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name]
    import torch

    return [str(index) for index in range(torch.cuda.device_count())]
