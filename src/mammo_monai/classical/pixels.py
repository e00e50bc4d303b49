"""The patches (or images) of a datalist as a bundle's network sees them, up to the resize."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from monai.transforms.compose import Compose

from mammo_monai.bundle_config import read_config
from mammo_monai.classical.features import Plane
from mammo_monai.datasets import datalist as lists
from mammo_monai.errors import cause
from mammo_monai.training.cached_dataset import CachedDataset
from mammo_monai.training.deterministic_part import deterministic_part

LAST: Final = "ResizeAread"
DATASET: Final = "validate#dataset"


@dataclass(frozen=True)
class Sample:
    """One item: what the datalist says of it, what was read with it, and its pixels in stored values."""

    item: Mapping[str, Any]
    meta: Mapping[str, Any]
    plane: Plane


@contextmanager
def _plain() -> Iterator[None]:
    """The package's own error in place of MONAI's that wraps it."""
    try:
        yield
    except Exception as error:
        known = cause(error)
        if known is None:
            raise
        raise known from None


class Samples(Sequence[Sample]):
    """The samples of one section, read when they are asked for.

    Normalisation is left to the features, so that some of them see brightness as it is. A prepared store is read where
    the datalist is that of one, and the bundle's cache is used as training uses it.

    Args:
        bundle: the bundle's folder.
        datalist: as the bundle takes it.
        root: folder of the data set or the store.
        section: of the datalist.
        options: ids of the bundle's ``train.json`` set anew, such as ``spatial_size``.

    Raises:
        MammoError: a datalist the bundle refuses, see its ``validate#dataset#data``; no such option; no resize.
    """

    def __init__(self, bundle: Path, datalist: Path, root: Path, section: str, options: Mapping[str, Any]) -> None:
        where = {"dataset_dir": str(root), "datalist": str(datalist)}
        with _plain():
            own = read_config(bundle, "train", {**options, **where}).get_parsed_content(DATASET)
        steps = deterministic_part(own.transform.transforms, LAST)
        through = type(steps[: len(own.cached)][-1]).__name__
        items = lists.load(datalist, root, section)
        self._held = CachedDataset(items, Compose(steps), own.cache_dir, through)

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, index: Any) -> Any:
        with _plain():
            image = self._held[index]["image"]
        return Sample(self._held.data[index], image.meta, np.asarray(image[0], np.float32))
