"""Train and compare a table of models: each row a bundle with some of its settings changed."""

from __future__ import annotations

from pathlib import Path


def study(
    file: Path,
    *,
    bundle: Path,
    out: Path,
    dataset_dir: Path,
    datalist: str,
    workers: int = 1,
    scheduler: str = "",
    tracking_uri: str = "",
    **options: str,
) -> int:
    """Train and evaluate every row of FILE on one datalist or on several folds, then compare them with the baseline.

    Writes study.md, study.csv and study.png into OUT, and a parent run with one child per training into MLflow. May be
    stopped or killed at any moment: the same command goes on where it was, and skips what is finished. A row that
    fails does not stop the others; exits with 1 when any did.

    Args:
        file: JSON or CSV; bundles ship theirs in their folder studies.
        bundle: folder of the bundle.
        out: folder of the study; OUT/ROW/LIST is that of one training, with its log.txt.
        dataset_dir: the data set's folder, or a prepared store.
        datalist: made by 'mammo-monai datalist' or 'mammo-monai patches'; several, separated by commas, are folds
            whose test predictions are pooled.
        workers: trainings at a time on this machine, each on a device of its own where there are several.
        scheduler: address of a Dask scheduler (extra "dask") instead, whose workers see all folders under the same
            paths; WORKERS trainings at a time.
        tracking_uri: MLflow store; without it MLFLOW_TRACKING_URI, else mlflow.db in the bundle.
        options: a {KEY} of the file as --KEY VALUE, or an id of the bundle's config that is set for all rows, such as
            --max_epochs 5; JSON where it is JSON.
    """
    from mammo_monai.bundle_config import as_values
    from mammo_monai.studies import engines
    from mammo_monai.studies.study import Data, run_study
    from mammo_monai.training.tracker import default_tracking_uri

    with engines.cluster(scheduler) if scheduler else engines.local(workers) as submit:
        failures = run_study(
            file,
            bundle,
            out,
            Data(dataset_dir, [Path(path) for path in datalist.split(",")]),
            as_values(options),
            tracking_uri or default_tracking_uri(str(bundle)),
            submit,
            workers,
            say=lambda line: print(line, flush=True),
        )
    print((out / "study.md").read_text(encoding="utf-8"))
    for outcome in failures:
        print(f"failed: {outcome.folder.parent.name}/{outcome.folder.name}: {outcome.message}")
    return 1 if failures else 0
