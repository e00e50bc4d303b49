"""What a verb prints of the datalist it wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mammo_monai.cli._table import table

_SHOWN = 3
_SECTIONS = ("training", "validation", "test")


def counts(made: Mapping[str, Any]) -> str:
    """Images of each class, all images and patients of each section."""
    rows = [
        (section, *made["counts"][section].values(), len(items), len({(i["dataset"], i["patient"]) for i in items}))
        for section in _SECTIONS
        for items in [made[section]]
    ]
    return table([("", *(f"class {name}" for name in made["classes"]), "images", "patients"), *rows])


def balance(made: Mapping[str, Any]) -> str:
    """Asked and got of every value that was spread evenly."""
    rows = [
        (f"{name} {value}", *(f"{held[section]['asked']:.1f} / {held[section]['got']}" for section in _SECTIONS))
        for name, values in made["balance"].items()
        for value, held in values.items()
    ]
    return table([("asked / got", *_SECTIONS), *rows])


def remarks(made: Mapping[str, Any]) -> Iterator[str]:
    """Lines on what was left out, what adapters corrected, what was checked against leaks."""
    for reason, count in made["left_out"].items():
        yield f"left out: {count} {reason}"
        named = made.get("left_out_first", {}).get(reason, [])[:_SHOWN]
        yield from (f"  {name}" for name in named)
        if named and count > len(named):
            yield f"  ... and {count - len(named)} more"
    for note, count in made["notes"].items():
        yield f"corrected: {count} images {note}"
    guard = made["guard"]
    for kind, count in guard.get("bonds_of_patients", {}).items():
        yield f"patients that share an image or exam stay together: {count} times by {kind}"
    unchecked = [kind for kind in ("content", "near") if kind not in guard["checked"]]
    if unchecked:
        yield f"not checked against leaks: {' and '.join(unchecked)} (no fingerprints were made)"
    elif guard["without_phash"]:
        yield f"not checked against near-duplicates: {guard['without_phash']} images without a breast"
    if not guard["files"]:
        yield "no file was looked at: labels only, not to be trained on as it is"
    yield f"labels {made['label_map']}: {made['label_note']}"
