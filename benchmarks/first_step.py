"""From the command to its first training step, against what no command can do without."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._table import Line, at_most, timed
from benchmarks._timing import interleaved
from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.phantom import write_phantoms

BUNDLE = Path(__file__).resolve().parents[1] / "bundles" / "cancer_classifier"
BACKBONE = "mobilenet_v2"
BARE = (
    "import monai.engines, monai.transforms; from mammo_monai.networks.staged import Staged; "
    f"Staged({BACKBONE!r}, 2, 224)"
)
STOP = {
    "+imports": ["$import os", "$from ignite.engine import Events"],
    "training": [
        "$@train#trainer.add_event_handler(Events.ITERATION_STARTED, lambda: os._exit(0))",
        "$@train#trainer.run()",
    ],
}


def lines(folder: Path) -> Iterator[Line]:
    """The command of the bundle's README on prepared films, ended when the first step would begin."""
    root = write_phantoms(folder / "first-step", 20, 3, rows=160, cols=128)
    made = datalist.build(
        adapters.read("phantom", root), labels.load("birads3"), root, name="phantom", method="official"
    )
    datalist.write(made, root / "datalist.json")
    (folder / "stop.json").write_text(json.dumps(STOP), encoding="utf-8")
    options = {
        "bundle_root": BUNDLE,
        "meta_file": BUNDLE / "configs" / "metadata.json",
        "logging_file": BUNDLE / "configs" / "logging.conf",
        "config_file": [str(BUNDLE / "configs" / "train.json"), str(folder / "stop.json")],
        "dataset_dir": root,
        "output_dir": folder / "first-step-out",
        "cache_dir": folder / "first-step-cache",
        "tracking_uri": f"sqlite:///{folder / 'first-step.db'}",
        "backbone": BACKBONE,
        "weights": "none",
        "spatial_size": 224,
    }
    command = ["-m", "monai.bundle", "run", "training"]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    pairs = interleaved(lambda: python(*command), lambda: python("-c", BARE), budget=60, least=3, most=5)
    yield timed(
        f"command to first training step, cancer_classifier, {BACKBONE}", pairs, "import MONAI, build it", at_most(1.3)
    )


def python(*arguments: str) -> None:
    """One Python process."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
