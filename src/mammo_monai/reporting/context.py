"""All that is known of an evaluation, gathered once; sections take it and read no file of their own but pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammo_monai.evaluation.scored import Scored
from mammo_monai.networks.checkpoints import Weights
from mammo_monai.reporting.chosen import Chosen

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """What a report is a report of.

    Attributes:
        name: of the run or table.
        scored: N rows judged.
        metrics: what :func:`mammo_monai.evaluation.metrics.summarize` gives of them.
        total: rows of the table, those left out included.
        unread: path and error of the images that could not be read.
        described: what the evaluation said of itself (section, label map, weights, datalist).
        chosen: temperature, margin and operating points, and where they are from; None where there is nothing.
        history: one mapping of columns and numbers per epoch.
        card: ``model.json``.
        params: of the MLflow run.
        measured: time, memory and size of the training, of a study.
        datalist: as read.
        items: N items of the datalist, None for a row that it does not have; () without a datalist.
        remarks: what was looked for and is missing, in one line each.
        weights: what predicted, where it is there: a file, or those of an ensemble.
        bundle: folder of the bundle, for overlays.
        root: of the data set, for overlays.
    """

    name: str
    scored: Scored
    metrics: Mapping[str, Any]
    total: int
    unread: Sequence[tuple[str, str]] = ()
    described: Mapping[str, str] = field(default_factory=dict)
    chosen: Chosen | None = None
    history: Sequence[Mapping[str, float]] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    datalist: Mapping[str, Any] | None = None
    items: Sequence[Item | None] = ()
    remarks: Sequence[str] = ()
    weights: Weights | None = None
    bundle: Path | None = None
    root: Path | None = None

    @property
    def section(self) -> str:
        """Part of the datalist that was evaluated, "" where it is not known."""
        return self.described.get("section", "")

    def column(self, name: str) -> Sequence[str]:
        """N cells of a column of the table, blank where it has none of this name."""
        return self.scored.columns.get(name) or ("",) * len(self.scored)
