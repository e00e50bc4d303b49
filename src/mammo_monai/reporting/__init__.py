"""The report of an evaluation: one page, its numbers, comparisons, and what a bundle says of its own results."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mammo_monai.networks.checkpoints import Weights

logger = logging.getLogger(__name__)


def after_evaluation(
    folder: Path, tracking_uri: str, *, datalist: Path, bundle: Path, root: Path, weights: Weights
) -> list[Path]:
    """Write the report of the evaluation just written to ``folder``; one that fails is a warning with its reason.

    Args:
        folder: with ``predictions.csv`` and ``metrics.json``.
        tracking_uri: store that knows the run of the weights' card; "" leaves its parameters out.
        datalist: that was evaluated.
        bundle: folder of the bundle.
        root: folder of the data set, or of a prepared store, which leaves the overlays out.
        weights: what predicted.

    Returns:
        the files written, [] where it failed.
    """
    from mammo_monai.networks.checkpoints import digest
    from mammo_monai.reporting import gathering, report, sources

    try:
        source = sources.of_folder(folder, weights=weights)
        trained = weights if digest(weights) else ""  # "imagenet" is no file
        context = gathering.gather(source, datalist, tracking_uri, bundle, root, trained)
        return report.write(folder, context, source, drawn=True)
    except Exception as error:  # an evaluation is worth more than its report
        line = (str(error).splitlines() or [""])[0]
        logger.warning("%s: no report was written (%s: %s)", folder, type(error).__name__, line)
        return []
