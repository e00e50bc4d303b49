"""A baseline's evaluation as an MLflow run of its own, under the names that bundles log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_monai.training.evaluation_run import flat
from mammo_monai.training.tracker import Tracker
from mammo_monai.training.tracking import environment


def log(
    folder: Path,
    metrics: Mapping[str, Any],
    tracking_uri: str,
    experiment_name: str,
    name: str,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log ``<section>_<figure>`` and the files of a folder that :func:`~.baseline.run` wrote.

    Args:
        folder: of the evaluation.
        metrics: the content of its ``metrics.json``.
        tracking_uri: as for :class:`mammo_monai.training.tracker.Tracker`.
        experiment_name: likewise.
        name: of the run.
        tags: further ones of the run.

    Raises:
        MammoError: the store cannot be opened.
    """
    context = metrics["context"]
    tracker = Tracker(tracking_uri, experiment_name)
    tracker.open(name)
    tracker.tag(tags or {})
    tracker.log_params({**context, "datalist_digest": context["datalist"], **environment()})
    tracker.log_metrics(flat(context["section"], metrics), 0)
    tracker.log_files(sorted(path for path in folder.iterdir() if path.is_file()), context["section"])
    tracker.close("FINISHED")
