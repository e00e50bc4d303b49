"""Which breast and view an image shows, when its tags, the data list and its pixels each say something."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mammo_monai.transforms.breast_region import BREAST_AT


def identify(item: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, str]:
    """The identity columns of a prediction, its SOP Instance UID, and in ``conflict`` everything that contradicts them.

    Laterality and view are those of the file's tags, else of the data list, else (laterality) of the pixels: where
    the chest wall lies. Patient and exam are those of the data list, whose splits are made by them, else of the tags,
    else the folder.

    Args:
        item: of a data list or of a folder: "path" and perhaps patient, exam, laterality, view.
        meta: what ``MammoReader`` and ``OrientBreast`` recorded; empty for an image that could not be read.
    """
    pixels = BREAST_AT.get(str(meta.get("chest_wall", "")), "")
    laterality = {"tags": _text(meta, "laterality"), "list": _text(item, "laterality"), "pixels": pixels}
    if not meta.get("orient_conflict"):  # unclear pixels contradict nobody
        laterality["pixels"] = "" if laterality["tags"] or laterality["list"] else pixels
    view = {"tags": _text(meta, "view"), "list": _text(item, "view")}
    contradictions = [_text(meta, "conflict"), _contradiction("laterality", laterality), _contradiction("view", view)]
    return {
        "path": str(item["path"]),
        "patient": _text(item, "patient") or _text(meta, "patient"),
        "exam": _text(item, "exam") or _text(meta, "study") or _folder(item),
        "laterality": next(filter(None, laterality.values()), ""),
        "view": next(filter(None, view.values()), ""),
        "conflict": "; ".join(filter(None, contradictions)),
        "sop": _text(meta, "sop"),
    }


def _folder(item: Mapping[str, Any]) -> str:
    """Where the image lies; at the top, what that folder is called, if anybody said."""
    parent = PurePosixPath(item["path"]).parent
    return str(parent) if parent.name else _text(item, "folder") or str(parent)


def _text(source: Mapping[str, Any], key: str) -> str:
    return str(source.get(key) or "")


def _contradiction(name: str, stated: Mapping[str, str]) -> str:
    said = {source: value for source, value in stated.items() if value}
    return f"{name} " + ", ".join(f"{v} by {s}" for s, v in said.items()) if len(set(said.values())) > 1 else ""
