"""What a verb prints of the datalist it wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mammo_monai.cli._table import table
from mammo_monai.datasets.datalist.content import lacking
from mammo_monai.datasets.levels import FINDING

_SHOWN = 3
_SECTIONS = ("training", "validation", "test")


def counts(made: Mapping[str, Any]) -> str:
    """Items of each class, all items and patients of each section, and what training would refuse."""
    rows = [
        (section, *made["counts"][section].values(), len(items), len({(i["dataset"], i["patient"]) for i in items}))
        for section in _SECTIONS
        for items in [made[section]]
    ]
    unit = "items" if made["level"] == FINDING else "images"
    lines = [table([("", *(f"class {name}" for name in made["classes"]), unit, "patients"), *rows])]
    for section, held in made["counts"].items():
        if absent := lacking(section, held):
            what = f"no image of class {', '.join(absent)}" if made[section] else "no image"
            lines.append(
                f"warning: {section} has {what}; merge a list that has them, or give the section more patients "
                "(--ratios), before this is trained on"
            )
    return "\n".join(lines)


def size(made: Mapping[str, Any]) -> str:
    """How many images are used, in how many items."""
    items = [item for section in _SECTIONS for item in made[section]]
    images = f"{len({item['image'] for item in items})} images"
    return f"{images} (as {len(items)} findings and images without one)" if made["level"] == FINDING else images


def balance(made: Mapping[str, Any]) -> str:
    """Asked and got of every value that was spread evenly; of a fold, which one."""
    rows = [
        (f"{name} {value}", *(f"{held[section]['asked']:.1f} / {held[section]['got']}" for section in _SECTIONS))
        for name, values in made["balance"].items()
        for value, held in values.items()
    ]
    fold = "" if made.get("fold") is None else f"fold {made['fold']}: "
    return table([(f"{fold}asked / got", *_SECTIONS), *rows])


def furthest(made: Mapping[str, Any]) -> str:
    """The value that came out furthest from what was asked, where it did."""
    _, what, section, held = max(
        (abs(held["got"] - held["asked"]), f"{name} {value}", section, held)
        for name, values in made["balance"].items()
        for value, sections in values.items()
        for section, held in sections.items()
    )
    return f"furthest from asked: {what} in {section}, {held['asked']:.1f} / {held['got']}"


def remarks(made: Mapping[str, Any]) -> Iterator[str]:
    """Lines on what was left out, what adapters corrected, what was checked against leaks."""
    for reason, count in made["left_out"].items():
        yield f"left out: {count} {reason}"
        yield from _first(made.get("left_out_first", {}).get(reason, ()), count)
    if made.get("unlisted"):
        yield f"unlisted: {made['unlisted']} images no table names"
        yield from _first(made["unlisted_first"], made["unlisted"])
    for note, count in made["notes"].items():
        yield f"corrected: {count} images {note}"
    guard = made["guard"]
    for kind, count in guard.get("bonds_of_patients", {}).items():
        yield f"patients that share an image or exam stay together: {count} times by {kind}"
        yield from _first(guard["bonds_of_patients_first"][kind], count)
    unchecked = [kind for kind in ("content", "near") if kind not in guard["checked"]]
    if unchecked:
        yield f"not checked against leaks: {' and '.join(unchecked)} (no fingerprints were made)"
    elif guard["without_phash"]:
        yield f"not checked against near-duplicates: {guard['without_phash']} images without a breast"
    if not guard["files"]:
        yield "no file was looked at: labels only, not to be trained on as it is"
    yield f"labels {made['label_map']}: {made['label_note']}"


def _first(names: Sequence[str], count: int) -> Iterator[str]:
    """The first of ``count`` names, where there are any."""
    yield from (f"  {name}" for name in names[:_SHOWN])
    if names and count > len(names[:_SHOWN]):
        yield f"  ... and {count - len(names[:_SHOWN])} more"
