"""Report an evaluation: one page with figures, intervals, subgroups, errors, and the numbers as JSON and CSV."""

from __future__ import annotations

from pathlib import Path


def report(
    run: str,
    *,
    out: Path,
    section: str = "test",
    datalist: str = "",
    tracking_uri: str = "",
    bundle: str = "",
    root: str = "",
    weights: str = "",
) -> None:
    """Write the report of RUN into the folder OUT: report.html, which needs no other file, report.json, figures.csv.

    What is not known - the run's parameters, the datalist, predictions of the validation part - is named on the page
    and what it decides is left out.

    Args:
        run: folder of a training that was evaluated, a table of predictions (columns label and p_<class>; patient for
            intervals over patients), or the id of an MLflow run.
        out: folder to write.
        section: which of the evaluations of a training: test, validation, test_flip.
        datalist: JSON that the predictions are predictions of; by default the run's own, where it is known.
        tracking_uri: MLflow store that knows the run; MLFLOW_TRACKING_URI without one.
        bundle: folder of the bundle, for saliency maps of the worst errors; its config is code: use one you trust.
        root: the data set's folder, for the same.
        weights: what predicted, for the same; by default those in the training's folder.
    """
    from mammo_monai.reporting.gathering import gather
    from mammo_monai.reporting.report import PAGE, write
    from mammo_monai.reporting.sources import default_store, opened

    store = tracking_uri or default_store()
    with opened(run, store, section) as source:
        context = gather(source, _path(datalist), store, _path(bundle), _path(root), weights)
        write(out, context, source)
    for remark in context.remarks:
        print(remark)
    print(f"report of {context.name} in {out / PAGE}")


def _path(text: str) -> Path | None:
    return Path(text) if text else None
