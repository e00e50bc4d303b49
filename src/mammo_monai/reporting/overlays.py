"""Saliency maps of the worst errors, where bundle, weights and films are there."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from mammo_monai.datasets.patches.table import EDGES, TURN
from mammo_monai.errors import MammoError, line
from mammo_monai.files import replacing
from mammo_monai.networks.checkpoints import Weights, members
from mammo_monai.reporting.blocks import Block, Picture, Text
from mammo_monai.reporting.context import Context

if TYPE_CHECKING:  # importing MONAI costs seconds, and most reports of tables draw nothing
    from mammo_monai.inference.classifier import Classifier

SHOWN = 6
WIDTH = 560
"""Pixels."""
PICTURES, FOLDERS = "worst-*.png", "overlays/[0-9]*"
"""What lies in a report's folder: as the page shows them, and in the size of the image with all that is known of it."""
NEEDED = "Pictures of them: left out, they need the bundle (--bundle), its data (--root) and the weights (--weights)."


def drawn(context: Context, out: Path, rows: Sequence[int]) -> list[Block]:
    """What the network was given and what spoke for the class called, of the first few rows; a failure is a remark.

    Args:
        context: whose ``bundle``, ``root`` and ``weights`` are used.
        out: folder of the pictures; those of an earlier report are removed.
        rows: indices, the worst first.
    """
    _remove(out)
    if not rows:
        return []
    if not (context.bundle and context.root and context.weights):
        return [Text(NEEDED)]
    from mammo_monai.inference.classifier import read_classifier

    worst = dict(list(_first_of_each_image(context, rows).items())[:SHOWN])
    try:
        images = {rank: _inside(context.root, context.column("path")[row]) for rank, row in worst.items()}
        if not any(image.is_file() for image in images.values()):
            raise MammoError(f"{context.root} has none of the images; name the films with --root", "not-found")
        classifier = read_classifier(context.bundle, {"weights": _as_option(context.weights)})
    except Exception as error:  # a page is worth more than its pictures
        return [Text(f"Pictures of them: {line(error)}.", warning=True)]
    return [_picture(classifier, context, out, rank, row, images[rank]) for rank, row in worst.items()]


def _picture(classifier: Classifier, context: Context, out: Path, rank: int, row: int, image: Path) -> Block:
    from mammo_monai.evaluation.explain.explanation import explain_saliency, write

    scored = context.scored
    called, truth = scored.class_names[scored.called[row]], scored.class_names[scored.labels[row]]
    edges = [context.column(edge)[row] for edge in EDGES]
    folder, file = out / "overlays" / str(rank), f"worst-{rank}.png"
    try:
        box = [float(edge) for edge in edges] if all(edges) else None
        found = explain_saliency(classifier, image, called, box=box, turn=int(context.column(TURN)[row] or 0))
        write(found, classifier, image, folder)
        _write_small(folder / "source.png", out / file)
    except Exception as error:
        return Text(f"Picture of {rank}: {line(error)}.", warning=True)
    said = f"called {called}, is {truth}. What spoke for {called} ({found.method})."
    return Picture(file, f"{rank}. {context.column('path')[row]}: {said}", 3)


def _remove(out: Path) -> None:
    for picture in out.glob(PICTURES):
        picture.unlink()
    for folder in out.glob(FOLDERS):
        shutil.rmtree(folder, ignore_errors=True)


def _as_option(weights: Weights) -> str | list[str]:
    files = [str(file) for file in members(weights)]
    return files[0] if len(files) == 1 else files


def _first_of_each_image(context: Context, rows: Sequence[int]) -> dict[int, int]:
    """Row by rank from 1, without further patches of an image that is shown already."""
    first: dict[str, int] = {}
    for rank, row in enumerate(rows, 1):
        first.setdefault(context.column("path")[row], rank)
    return {rank: rows[rank - 1] for rank in first.values()}


def _write_small(source: Path, path: Path) -> None:
    """The picture, no wider than a page shows it."""
    picture = cv2.imread(str(source))
    scale = min(1.0, WIDTH / picture.shape[1])
    with replacing(path) as temporary:
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        temporary.write_bytes(cv2.imencode(".png", small)[1])


def _inside(root: Path, path: str) -> Path:
    """The file of a row; a table may name anything."""
    file = (root / path).resolve()
    if not file.is_relative_to(root.resolve()):
        raise MammoError(f"{path}: lies outside of {root}; name the data set's folder with --root", "outside")
    return file
