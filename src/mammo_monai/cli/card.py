"""Write a bundle's results - metadata and README - from a report."""

from __future__ import annotations

from pathlib import Path


def card(bundle: Path, *, report: str = "") -> None:
    """Write eval_metrics of BUNDLE's metadata.json and the results of its README, and keep them in docs/results.json.

    Without a report they are written from docs/results.json anew; without that the README says "Not evaluated".

    Args:
        bundle: folder of the bundle.
        report: report.json of 'mammo-monai report', or the folder of a run whose evaluation has left one.
    """
    from mammo_monai.reporting.bundle_results import write

    for path in write(bundle, Path(report) if report else None):
        print(f"written: {path}")
