"""The report of an evaluation: one page, its numbers, comparisons, and what a bundle says of its own results."""

from __future__ import annotations

import logging
from pathlib import Path

logger = logging.getLogger(__name__)


def after_evaluation(folder: Path, tracking_uri: str = "", datalist: Path | None = None) -> list[Path]:
    """Write the report of the evaluation just written to ``folder``; one that fails is a warning with its reason.

    Args:
        folder: with ``predictions.csv`` and ``metrics.json``.
        tracking_uri: store that knows the run of ``model.json``; "" leaves its parameters out.
        datalist: that was evaluated; None takes the one that the run was trained on, where it is known.

    Returns:
        the files written, [] where it failed.
    """
    from mammo_monai.reporting import gathering, report, sources

    try:
        source = sources.of_folder(folder)
        return report.write(folder, gathering.gather(source, datalist, tracking_uri), source, drawn=True)
    except Exception as error:  # an evaluation is worth more than its report
        line = (str(error).splitlines() or [""])[0]
        logger.warning("%s: no report was written (%s: %s)", folder, type(error).__name__, line)
        return []
