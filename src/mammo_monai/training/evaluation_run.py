"""The evaluation of a checkpoint, logged into the MLflow run that trained it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events

from mammo_monai import reporting
from mammo_monai.datasets import datalist as lists
from mammo_monai.evaluation.decisions.storage import NAME
from mammo_monai.reporting.sources import validation
from mammo_monai.training.evaluation_writer import EvaluationWriter
from mammo_monai.training.tracker import Tracker
from mammo_monai.training.tracking import environment

MAIN = ("macro_auc", "auc_", "accuracy")
"""Beginnings of the names of the figures that are logged with their intervals: MLflow's page draws a chart of every
metric, and those of all ends would hide the figures. ``metrics.json`` and ``figures.csv`` beside them have every end.
"""


class MLflowEvaluation:
    """Log ``<section>_*`` metrics and the evaluation's files when the evaluator has finished.

    The run of ``card["run_id"]`` is continued and keeps its status. Weights of another datalist, or of a run that
    this store does not know, get a run of their own, so that figures on other data never overwrite a training's.

    Args:
        tracking_uri, experiment_name: as for :class:`mammo_monai.training.tracking.MLflowRun`.
        writer: the handler that made the evaluation; stands before this one.
        section: prefix of the metrics, the part of the datalist evaluated.
        card: ``model.json`` of the weights.
        datalist: that was evaluated.
        dataset_dir: its data set.
        bundle_root: folder of the bundle, whose chain draws the report's overlays.
    """

    def __init__(
        self,
        tracking_uri: str,
        experiment_name: str,
        writer: EvaluationWriter,
        section: str,
        card: Mapping[str, Any],
        datalist: str,
        dataset_dir: str,
        bundle_root: str,
    ) -> None:
        self.settings = (tracking_uri, experiment_name)
        self.writer = writer
        self.section = section
        self.card = card
        self.digest = lists.digest(datalist)
        self.paths = {"datalist": Path(datalist), "root": Path(dataset_dir), "bundle": Path(bundle_root)}

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.COMPLETED, self._log)

    def _log(self, engine: Engine) -> None:
        tracker = Tracker(*self.settings)
        run_id = str(self.card.get("run_id", ""))
        own = bool(run_id) and self.card.get("datalist_digest") == self.digest and tracker.knows(run_id)
        if own:
            tracker.run_id = run_id  # whatever its status: it may still be training
        else:
            tracker.open(f"evaluation-{self.section}")
            tracker.log_params({"datalist_digest": self.digest, **environment()})
            tracker.tag({"evaluates_run": run_id, "weights_sha256": str(self.card.get("sha256", ""))})
        tracker.log_metrics(flat(self.section, self.writer.metrics), int(self.card.get("epoch", 0)))
        folder = Path(self.writer.folder)
        texts = [folder / name for name in ("predictions.csv", "metrics.json", "report.md")]
        weights, _ = self.writer.network
        written = reporting.after_evaluation(folder, self.settings[0], weights=weights, **self.paths)
        tracker.log_files(list(dict.fromkeys([*texts, *written, *sorted(folder.glob("*.png"))])), self.section)
        self._log_decision(tracker, own)
        if not own:
            tracker.close("FINISHED")

    def _log_decision(self, tracker: Tracker, own: bool) -> None:
        """What decided, beside the predictions it decided; and, of the training's own data, what it was fitted on."""
        if self.writer.decision:
            tracker.log_json(asdict(self.writer.decision), f"{self.section}/{NAME}")
        _, tta = self.writer.network
        folder = Path(self.writer.folder)
        table = validation(folder if self.section == "test" else folder.parent, tta)
        if own and table:
            tracker.log_files([table], table.parent.name)


def flat(section: str, metrics: Mapping[str, Any]) -> dict[str, float]:
    """``{"figures": {"auc_1": {"value": 0.7}}}`` -> ``{"test_auc_1": 0.7}``; undefined figures are left out.

    Those of :data:`MAIN` bring the ends of their intervals, ``test_auc_1_low`` and ``test_auc_1_high``.
    """
    flattened: dict[str, float | None] = {}
    for name, figure in metrics["figures"].items():
        flattened[f"{section}_{name}"] = figure["value"]
        if name.startswith(MAIN):
            flattened |= {f"{section}_{name}_{end}": figure[end] for end in ("low", "high")}
    return {name: value for name, value in flattened.items() if value is not None}
