"""A cached epoch against the same epoch uncached: data time of the bundle's training, one process, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._chain import parser
from benchmarks._films import DETECTOR
from benchmarks._table import Line, at_most, timed
from benchmarks._timing import interleaved
from mammo_monai.phantom import write_phantoms

EXAMS = 2  # eight films, one in each of eight transfer syntaxes
BATCH = 4


def lines(folder: Path) -> Iterator[Line]:
    """What the cache replaces, and the whole data time with the augmentation that no cache can hold.

    The entries were just written, so both sides read from the page cache. The second line has z-scoring, RandAffined,
    repeating and collating on both sides.
    """
    root = write_phantoms(folder / "cache-films", EXAMS, 1, rows=DETECTOR[0], cols=DETECTOR[1])
    items = [{"image": str(path), "label": 0} for path in sorted(root.glob("images/*/*.dicom"))]
    cached, uncached = (loader(items, directory) for directory in (str(folder / "cache"), None))
    pairs = interleaved(items_of(cached), items_of(uncached))
    yield timed("cached epoch, deterministic part alone", pairs, "uncached", at_most(0.03))
    pairs = interleaved(epoch_of(cached), epoch_of(uncached))
    yield timed("cached epoch, with augmentation and collation", pairs, "uncached", at_most(0.03))


def loader(items: list[dict[str, Any]], cache_dir: str | None) -> Any:
    """The training's ``DataLoader`` as ``train.json`` has it, over other items."""
    overrides = {"train__dataset__data": items, "cache_dir": cache_dir, "batch_size": BATCH, "num_workers": 0}
    return parser("train.json", **overrides).get_parsed_content("train#dataloader")


def items_of(data_loader: Any) -> Callable[[], Any]:
    """An epoch that ends at the cache's boundary: the same data set with nothing but its cached transforms."""
    whole = data_loader.dataset
    kept = type(whole)(whole.data, whole.transform.transforms[: whole.cached], whole.cache_dir, "OrientBreastd")
    return lambda: [kept[index] for index in range(len(kept))]


def epoch_of(data_loader: Any) -> Callable[[], Any]:
    """One pass over the loader."""
    return lambda: sum(len(batch["label"]) for batch in data_loader)
