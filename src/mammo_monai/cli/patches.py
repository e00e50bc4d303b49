"""Write the patch list of a datalist: windows on findings and on normal tissue, in the sections of their images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mammo_monai.cli._progress import bar
from mammo_monai.cli._words import names
from mammo_monai.errors import MammoError


def patches(
    datalist: Path,
    *,
    root: Path,
    out: Path,
    policy: str,
    labels: str,
    kinds: str = "",
    normal_share: str = "0.85",
    per_image: int = 0,
    copies: int = 1,
    split: str = "patients",
    seed: int = 0,
    labels_only: bool = False,
    **options: str,
) -> None:
    """Write a datalist of patches of the images of DATALIST, which keep their section.

    The items are boxes in pixels of the source images: pixels are cut while training, nothing is written twice. What
    becomes of a finding at the edge, off the breast or without coordinates is counted and printed. The same input gives
    the same bytes.

    Args:
        datalist: of whole images, made by 'mammo-monai datalist' (or 'prepare').
        root: the data set's folder, where the source images are.
        out: the JSON file to write.
        policy: one or more, separated by commas: "context" (a square around each finding: --scale 2 times its longer
            side, or --pad pixels on every side; at least --smallest 64; --around 0 more, shifted), "tile" (--size 256
            at its centre and --around 4 more, shifted; a larger finding is covered with tiles every --stride 128
            pixels), "background" (windows of --size 256 that touch no finding, --inside 0.9 of them on the breast).
        labels: label map of the findings (see 'mammo-monai labels'), or a .json file of your own.
        kinds: only findings of these kinds, separated by commas: mass, calcification, "mass and calcification", other.
        normal_share: share of background among the patches of each section.
        per_image: at most so many patches of each image and policy; 0 for all.
        copies: every patch so many times, 1 to 8: as it is, turned by one to three quarters, and the same mirrored.
            Training augments by itself; copies are for --split patches, to show what that does to the figures.
        split: "patients" (as DATALIST is split), or "patches": the WRONG split that shuffles patches regardless of
            patients, to show what it does to the figures.
        seed: of every draw.
        labels_only: do not look at images at all; no background then.
        options: the policies' own: --scale, --pad, --smallest, --size, --stride, --around, --inside.
    """
    from mammo_monai.datasets import labels as maps
    from mammo_monai.datasets.datalist import read, write
    from mammo_monai.datasets.leakage import WARNING
    from mammo_monai.datasets.patches import build

    made = build(
        read(datalist),
        root,
        maps.load(labels),
        policies=names(policy),
        options=options,
        kinds=names(kinds),
        normal_share=_share(normal_share),
        per_image=per_image,
        copies=copies,
        split=split,
        seed=seed,
        files=not labels_only,
        progress=bar("looking at images"),
    )
    write(made, out)
    print(_table(made["report"]))
    print(*_remarks(made), sep="\n")
    if split == "patches":
        print(f"warning: {WARNING}")
    count = sum(part["all"]["patches"] for part in made["report"].values())
    print(f"{made['name']}: {count} patches, digest {made['digest'][:12]}, in {out}")


def _table(report: Mapping[str, Any]) -> str:
    from mammo_monai.cli._table import table

    rows = [
        (f"{section} {name}", *held.values())
        for section, part in report.items()
        for name, held in [*part["classes"].items(), ("all", part["all"])]
    ]
    return table([("", "patches", "findings", "images", "patients"), *rows])


def _remarks(made: Mapping[str, Any]) -> Iterator[str]:
    for section, part in made["report"].items():
        for unit in ("per_image", "per_patient"):
            spread = ", ".join(f"{name} {value:g}" for name, value in part[unit].items())
            yield f"{section}: patches {unit.replace('_', ' ')}: {spread or 'none'}"
    for name, fates in made["outcomes"].items():
        for fate, codes in fates.items():
            yield f"{name}, {fate.replace('_', ' ')}: " + ", ".join(f"{count} {code}" for code, count in codes.items())
    yield f"labels {made['label_map']}: {made['label_note']}"


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise MammoError(f"option --normal_share: expected a share such as 0.85, found {text!r}", "usage") from None
