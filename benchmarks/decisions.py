"""What the engines of inference change of a trained model's answers: those of ``make demo``, on all of its phantoms."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks._chain import BUNDLE
from benchmarks._table import Line, Target, at_most
from mammo_monai.evaluation.decisions.storage import find
from mammo_monai.inference.export import export
from mammo_monai.networks.exports import EXACT

DEMO = Path(os.environ.get("MAMMO_DEMO", Path(__file__).resolve().parents[1] / "build" / "demo"))
ENGINES = {"openvino": at_most(EXACT), "openvino_bf16": Target(), "torch_bf16": Target()}
AGAINST = "PyTorch float32"


def lines(folder: Path) -> Iterator[Line]:
    """Per engine the largest difference of a probability, images called otherwise, and verdicts that are others."""
    trained, phantoms = DEMO / "run" / "model.pt", DEMO / "phantoms" / "images"
    if not (trained.is_file() and phantoms.is_dir()):
        yield Line(f"decisions of the demo's model: no model in {DEMO}, run 'make demo'", "-", AGAINST, math.nan)
        return
    weights = shutil.copytree(trained.parent, folder / "decisions") / trained.name  # exports lie beside the weights
    decision = find(weights)
    points = len(decision.operating_points) if decision else 0
    for name, target in ENGINES.items():
        change = export(BUNDLE, name, phantoms, {"weights": str(weights), "device": "cpu"}).change
        assert change is not None
        what, verdicts = f"{name}, the demo's model, {change.images} phantoms", points * change.images
        yield Line(
            f"{what}: largest difference of a probability", f"{change.largest:.2g}", AGAINST, change.largest, target
        )
        called = f"{change.called} of {change.images}"
        yield Line(f"{what}: images called otherwise", called, AGAINST, change.called / change.images)
        changed = f"{change.points} of {verdicts}"
        yield Line(f"{what}: verdicts of operating points", changed, AGAINST, change.points / max(1, verdicts))
