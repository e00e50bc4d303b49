"""Saliency maps of the worst errors, where bundle, weights and films are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.files import replacing
from mammo_monai.reporting.blocks import Block, Picture, Text
from mammo_monai.reporting.context import Context

SHOWN = 6
WIDTH = 560
"""Pixels."""


def drawn(context: Context, out: Path, rows: Sequence[int]) -> list[Block]:
    """What the network was given and what spoke for the class called, of the first few rows.

    Args:
        context: whose ``bundle``, ``root`` and ``weights`` are used.
        out: folder of the pictures.
        rows: indices, the worst first.
    """
    if not (context.bundle and context.root and context.weights):
        return [Text("Pictures of them: left out, they need --bundle, --root and the weights in the run's folder.")]
    from mammo_monai.evaluation.explain.explanation import explain_saliency, write
    from mammo_monai.inference.classifier import read_classifier

    try:
        classifier = read_classifier(context.bundle, {"weights": str(context.weights)})
    except MammoError as error:
        return [Text(f"Pictures of them: {error}.", warning=True)]
    blocks: list[Block] = []
    for rank, row in list(_first_of_each_image(context, rows).items())[:SHOWN]:
        path, called = context.column("path")[row], context.scored.class_names[context.scored.called[row]]
        edges = [context.column(edge)[row] for edge in EDGES]
        box = [float(edge) for edge in edges] if all(edges) else None
        try:
            image = _inside(context.root, path)
            found = explain_saliency(classifier, image, called, box=box)
            folder, file = out / "overlays" / str(rank), f"worst-{rank}.png"
            write(found, classifier, image, folder)
            _write_small(folder / "source.png", out / file)
            truth = context.scored.class_names[context.scored.labels[row]]
            caption = f"{rank}. {path}: called {called}, is {truth}. What spoke for {called} ({found.method})."
            blocks.append(Picture(file, caption, 3))
        except MammoError as error:
            blocks.append(Text(f"Picture of {rank}: {error}.", warning=True))
    return blocks


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
