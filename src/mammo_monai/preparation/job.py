"""Prepare a whole datalist: estimate, run, resume, list what failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mammo_monai.datasets.datalist import read
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.executors import MakeExecutor
from mammo_monai.preparation.chain import chain_of
from mammo_monai.preparation.entry import Outcome, Task
from mammo_monai.preparation.pool import run
from mammo_monai.preparation.store import check_space, close_store, open_store

TRIED_FIRST = 8
"""Images whose sizes estimate the store's."""


@dataclass(frozen=True)
class Summary:
    """Images made now, found made, and failed (by path); bytes of all; the store's datalist."""

    made: int
    found: int
    failures: Mapping[str, Outcome]
    bytes: int
    datalist: Mapping[str, Any]


def prepare_datalist(
    datalist: Path,
    root: Path,
    store: Path,
    bundle: Path,
    options: Mapping[str, Any],
    make_executor: MakeExecutor,
    workers: int,
    *,
    progress: Callable[[Iterable[Outcome], int], Iterable[Outcome]] = lambda outcomes, _: outcomes,
    estimated: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Fill ``store`` with every image of ``datalist`` and write the store's own datalist under the same name.

    Args:
        datalist: of the data set at ``root``.
        root: folder of the data set.
        store: new folder, or one that an earlier call began.
        bundle: folder of the bundle whose transforms are run.
        options: ids of its config set anew.
        make_executor: see :mod:`mammo_monai.preparation.pool`.
        workers: how many at a time.
        progress: wraps the outcomes; given how many there will be.
        estimated: told the bytes the store will take, before most of it is made.

    Raises:
        MammoError: see :func:`mammo_monai.datasets.datalist.read`, :mod:`.chain`, :mod:`.pool` and :mod:`.store`.
    """
    content = read(datalist)
    texts = (str(root.absolute()), str(store.absolute()), str(bundle.absolute()), json.dumps(dict(options)))
    open_store(store, chain_of(*texts[2:]), options, datalist.name)
    images = {item["image"]: item for section in SECTIONS for item in content[section]}
    tasks = [Task(path, item["laterality"], item.get("sha256", ""), *texts) for path, item in images.items()]
    first = _spread(tasks)
    outcomes = run(first + [task for task in tasks if task not in set(first)], make_executor, workers)
    done = list(progress(_checked(outcomes, store, len(tasks), len(first), estimated), len(tasks)))
    failures = {outcome.image: outcome for outcome in done if outcome.reason}
    made = sum(outcome.made for outcome in done)
    return Summary(
        made=made,
        found=len(done) - made - len(failures),
        failures=failures,
        bytes=sum(outcome.bytes for outcome in done),
        datalist=close_store(store, content, failures, datalist.name),
    )


def _spread(tasks: list[Task]) -> list[Task]:
    """Some tasks from all over the list: neighbours are alike."""
    return tasks[:: max(1, len(tasks) // TRIED_FIRST)][:TRIED_FIRST]


def _checked(
    outcomes: Iterator[Outcome], store: Path, images: int, first: int, estimated: Callable[[int], None]
) -> Iterator[Outcome]:
    tried = list(islice(outcomes, first))
    estimated(check_space(store, tried, images))
    yield from tried
    yield from outcomes
