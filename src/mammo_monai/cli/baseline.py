"""Measure what texture and gradient features reach on the patches or images of a datalist, without a network."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.cli._progress import bar


def baseline(
    datalist: Path,
    *,
    root: Path,
    out: Path,
    bundle: Path,
    model: str = "logistic",
    section: str = "test",
    seed: int = 0,
    tracking_uri: str = "",
    experiment_name: str = "baseline",
    **options: str,
) -> None:
    """Fit a classical model on DATALIST and write its evaluation: predictions.csv, metrics.json, report.md, pictures.

    What a network has to beat. The model is fitted on training and validation, its parameters chosen among them by
    cross-validation of whole patients; the test is only predicted. The size of a patch is no feature. The model is not
    stored.

    Args:
        datalist: as BUNDLE takes it: patches for patch bundles, else images.
        root: the data set's folder, or that of a prepared store.
        out: folder of the evaluation.
        bundle: folder of the bundle whose transforms, up to the resize, make the pixels.
        model: "logistic" (regression on standardised features) or "forest" (300 random trees).
        section: "test"; or "validation", then fitted on training alone.
        seed: of the folds and the model.
        tracking_uri: MLflow store that gets the figures and files as a run named baseline-MODEL; none without one.
        experiment_name: in that store.
        options: ids of the bundle's config to set anew, as JSON, such as --spatial_size [224,224].
    """
    from mammo_monai.bundle_config import as_values
    from mammo_monai.classical.baseline import run
    from mammo_monai.classical.tracked import log
    from mammo_monai.evaluation.estimate import Estimate

    metrics = run(
        datalist, root, out, bundle, model=model, section=section, seed=seed, options=as_values(options),
        progress=bar("features", "patch"),
    )  # fmt: skip
    if tracking_uri:
        log(out, metrics, tracking_uri, experiment_name, f"baseline-{model}")
    print(f"baseline-{model} on {section}: macAUC {Estimate.read(metrics['figures']['macro_auc'])}")
    print(f"predictions, figures and report.md in {out}")
