"""Everything that can be found out about an evaluation; what is missing is a remark."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_monai.datasets import datalist as lists
from mammo_monai.datasets.tables import read_table
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import prediction_table
from mammo_monai.evaluation.metrics import summarize
from mammo_monai.networks.checkpoints import Weights, digest
from mammo_monai.reporting.chosen import of_source
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.joining import joined
from mammo_monai.reporting.sources import Source

MEASURED = "row.json"
"""What a study writes of a training's cost."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
"""Else what predicted was called by a word, such as "imagenet"."""


def gather(
    source: Source,
    datalist: Path | None = None,
    tracking_uri: str = "",
    bundle: Path | None = None,
    root: Path | None = None,
    weights: Weights = "",
) -> Context:
    """The context of a report.

    Args:
        source: where the evaluation lies.
        datalist: that the predictions are predictions of; None looks where the run's parameters say, and among its
            files.
        tracking_uri: store that knows the run, "" without one.
        bundle: folder of the bundle, for overlays.
        root: the data set's folder, for overlays.
        weights: what predicted, for overlays; "" takes those that lie with the evaluation.

    Raises:
        MammoError: the predictions are refused (see :func:`prediction_table.read`), or ``datalist`` or ``weights`` are
            of another digest than that of the evaluation.
    """
    remarks: list[str] = []
    rows = read_table(source.predictions, ["label"])
    judged = prediction_table.from_rows(rows, list(rows[0].cells), str(source.predictions))
    card, described = source.json("model.json"), source.json("metrics.json").get("context", {})
    described = {str(key): str(text) for key, text in described.items()} if isinstance(described, dict) else {}
    params = _params(source, tracking_uri, remarks)
    listed = _datalist(source, datalist, params, described.get("datalist") or card.get("datalist_digest"), remarks)
    own, decided = of_source(source, described, judged, remarks)
    return Context(
        name=source.name,
        scored=judged,
        metrics=summarize(judged),
        total=len(rows),
        unread=[(row.cells.get("path", ""), row.cells["error"]) for row in rows if row.cells.get("error")],
        described=described,
        chosen=decided,
        history=_history(source),
        card=card,
        params=params,
        measured={key: value for key, value in _measured(source).items() if isinstance(value, int | float)},
        datalist=listed,
        items=joined(judged, listed, described.get("section", "")) if listed else (),
        remarks=remarks,
        weights=_checked(weights, described.get("weights", "")) if weights else own,
        bundle=bundle,
        root=root,
    )


def _params(source: Source, tracking_uri: str, remarks: list[str]) -> dict[str, str]:
    if not (source.run_id and tracking_uri):
        remarks.append("Parameters of the run: not known without its MLflow run (--tracking_uri).")
        return {}
    from mammo_monai.reporting import tracked

    try:
        return tracked.params(tracking_uri, source.run_id)
    except MammoError as error:
        remarks.append(f"Parameters of the run: {error}.")
        return {}


def _datalist(
    source: Source, given: Path | None, params: Mapping[str, str], expected: str | None, remarks: list[str]
) -> dict[str, Any] | None:
    """The datalist given, or else the first of this digest that the run names or that lies among its files."""
    if given:
        content = lists.read(given)
        if expected and content["digest"] != expected:
            raise MammoError(
                f"{given}: has the digest {content['digest'][:12]}, the predictions are of a datalist {expected[:12]}; "
                "name that one",
                "other-datalist",
            )
        return content
    beside = sorted(source.root.glob("*.json")) if source.root and source.run_id else []
    named = [Path(params["datalist"])] if params.get("datalist") else []
    for path in [*named, *beside]:
        try:
            content = lists.read(path)
        except MammoError:
            continue
        if content["digest"] == expected:
            return content
    remarks.append("Data and split: not known without the datalist (--datalist).")
    return None


def _checked(weights: Weights, used: str) -> Weights:
    """The weights given, which have to be those that predicted, as far as that is known."""
    found = digest(weights)
    if not found or (_DIGEST.fullmatch(used) and found != used):
        raise MammoError(
            f"{weights}: expected the weights that predicted ({used[:12] or 'of unknown digest'}), found "
            f"{found[:12] or 'no such file'}; name those",
            "other-weights",
        )
    return weights


def _history(source: Source) -> list[dict[str, float]]:
    """Numbers of ``history.csv`` by epoch; a cell that is none is left out."""
    path = source.file("history.csv")
    if path is None:
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return [{key: value for key, text in row.items() if (value := _number(text)) is not None}
                for row in csv.DictReader(file)]  # fmt: skip


def _number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _measured(source: Source) -> Mapping[str, Any]:
    found = source.json(MEASURED).get("measured", {})
    return found if isinstance(found, dict) else {}
