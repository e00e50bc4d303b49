"""Search for the best settings of a bundle within declared ranges."""

from __future__ import annotations

from pathlib import Path


def tune(
    bundle: Path,
    *,
    ranges: Path,
    trials: int,
    out: Path,
    dataset_dir: Path,
    datalist: Path,
    storage: str = "",
    name: str = "",
    workers: int = 1,
    scheduler: str = "",
    warmup: int = 5,
    seed: int = 0,
    tracking_uri: str = "",
    **options: str,
) -> int:
    """Train BUNDLE with settings that Optuna chooses, and keep those with the best validation macAUC.

    The test part of the datalist is not touched: evaluate the best settings once, as a row of a study. Trials that are
    behind the median of the others are stopped early. Each trial is a run under one parent run in MLflow. Writes
    best.json (a preset) and trials.csv into OUT. The same command goes on after a stop or a kill; machines with one
    STORAGE and NAME share a search. Exits with 1 when no trial was completed.

    Args:
        bundle: folder of the bundle.
        ranges: JSON such as {"learning_rate": {"low": 1e-5, "high": 1e-2, "log": true}, "batch_size": {"choices":
            [8, 16]}}.
        trials: how many in all, those of earlier calls and of other machines included.
        out: folder of this machine's trials.
        dataset_dir: the data set's folder, or a prepared store.
        datalist: trained and validated on.
        storage: SQLAlchemy address of Optuna's storage; without it a SQLite file in OUT.
        name: of the search; without it the name of RANGES.
        workers: trials at a time on this machine, each on a device of its own where there are several.
        scheduler: address of a Dask scheduler (extra "dask") instead.
        warmup: epochs of a trial before it may be stopped early.
        seed: of the sampler.
        tracking_uri: MLflow store; without it MLFLOW_TRACKING_URI, else mlflow.db in the bundle.
        options: ids of the bundle's config that are set for all trials, such as --max_epochs 5; JSON where it is JSON.
    """
    import json

    from mammo_monai.bundle_config import as_values
    from mammo_monai.studies import engines
    from mammo_monai.studies import ranges as declared
    from mammo_monai.studies.study import Data
    from mammo_monai.studies.tuning import Tuning
    from mammo_monai.training.tracker import default_tracking_uri

    with engines.cluster(scheduler) if scheduler else engines.local(workers) as submit:
        best = Tuning(
            bundle,
            declared.read(ranges),
            out,
            Data(dataset_dir, [datalist]),
            as_values(options),
            name or ranges.stem,
            storage or f"sqlite:///{out.absolute() / 'optuna.db'}",
            tracking_uri or default_tracking_uri(str(bundle)),
            submit,
            say=lambda line: print(line, flush=True),
        ).run(trials, ranges, workers, seed, warmup)
    if best is None:
        print("no trial was completed; see trials.csv")
        return 1
    print(f"best settings, also in {out / 'best.json'}:\n{json.dumps(best, indent=4)}")
    return 0
