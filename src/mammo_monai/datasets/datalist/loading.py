"""What a bundle's config asks of a datalist: the items of a section, the classes and their counts, the digest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.datalist.content import PREPARED, TEXTS, Item, counted, lacking
from mammo_monai.datasets.datalist.file import AGAIN, read
from mammo_monai.datasets.levels import FINDING
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.datasets.selection import file_size
from mammo_monai.errors import MammoError

PATCH: Final = (FINDING, "box", "policy", "turn")
"""Entries that only items of findings and patches have."""


def load(path: str | Path, root: str | Path, section: str) -> list[dict[str, Any]]:
    """The items of one section, for a MONAI ``Dataset``.

    Args:
        path: the datalist.
        root: the data set's folder on this machine, or that of a prepared store.
        section: "training", "validation" or "test".

    Returns:
        flat items: ``image`` (absolute path, of the prepared file where there is one), ``label`` (int, index into
        :func:`class_names`), ``path`` (the image's, relative to its data set), ``dataset``, ``patient``, ``exam``,
        ``laterality``, ``view`` (text, "" when unknown), ``finding`` (int) at finding level, and ``box``,
        ``policy`` and perhaps ``turn`` of a patch.

    Raises:
        MammoError: see :func:`~.file.read`; no such section; a class is absent from it (a test section may do without
            some, as long as two are left); an image is not under ``root``.
    """
    content = read(path)
    if section not in SECTIONS:
        raise MammoError(f"{path}: no section {section!r}; choose one of {', '.join(SECTIONS)}", "unknown-section")
    items = content[section]
    if absent := lacking(section, counted(items, content["classes"])):
        raise MammoError(
            f"{path}: section {section!r} has no image of class {', '.join(absent)}, so its AUC is undefined; give the "
            f"section more patients (--ratios) and {AGAIN}",
            "absent-class",
        )
    remedy = f"point dataset_dir at the data set's folder or {AGAIN}"
    files = located(items, root, f"in section {section!r}", remedy)
    return [
        {"image": str(file), "path": item["image"], "label": item["label"]}
        | {key: item[key] for key in ("dataset", *TEXTS, *PATCH) if key in item}
        for file, item in zip(files, items, strict=True)
    ]


def located(items: Sequence[Item], root: str | Path, where: str, remedy: str) -> list[Path]:
    """The file of each item (the prepared one where there is one), absolute.

    Raises:
        MammoError: reason "missing-file", naming the first, how many they are ``where``, and the ``remedy``.
    """
    base = Path(root).absolute()
    files = [base / str(item.get(PREPARED) or item["image"]) for item in items]
    missing = [file for file in files if file_size(file) is None]
    if missing:
        raise MammoError(
            f"{missing[0]}: no such file ({len(missing)} of {len(items)} {where} are missing); {remedy}",
            reason="missing-file",
        )
    return files


def class_names(path: str | Path) -> list[str]:
    """Class names in the order of the labels."""
    return list(read(path)["classes"])


def class_counts(path: str | Path, section: str) -> list[int]:
    """Images of each class in one section, in the order of the labels."""
    content = read(path)
    return list(counted(content[section], content["classes"]).values())


def digest(path: str | Path) -> str:
    """The digest of a datalist's contents (SHA-256, hexadecimal)."""
    return str(read(path)["digest"])
