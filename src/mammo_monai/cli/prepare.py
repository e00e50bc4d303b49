"""Decode and preprocess every image of a datalist once, into a compact store that training reads directly."""

from __future__ import annotations

from pathlib import Path

_SHOWN = 10


def prepare(
    datalist: Path,
    *,
    root: Path,
    out: Path,
    bundle: Path,
    workers: int = 0,
    scheduler: str = "",
    **options: str,
) -> int:
    """Run the deterministic transforms of a bundle over DATALIST and keep the results in a folder.

    Train on it with '--dataset_dir OUT --datalist OUT/NAME', NAME being that of DATALIST: several lists, such as folds,
    share the images of one folder. May be killed at any moment: the same command
    goes on where it was. Exits with 1 when an image could not be prepared; these are listed and left out.

    Args:
        datalist: made by 'mammo-monai datalist'.
        root: the data set's folder.
        out: folder of the store.
        bundle: folder of the bundle whose configs/train.json names the transforms.
        workers: processes; 0 takes one per core.
        scheduler: address of a Dask scheduler (extra "dask"), whose workers see ROOT and OUT under the same paths.
        options: ids of the config to set anew, as JSON, such as --spatial_size [1024,832].
    """
    import contextlib
    import os

    from tqdm import tqdm

    from mammo_monai.bundle_config import as_values
    from mammo_monai.executors import dask
    from mammo_monai.preparation import pool
    from mammo_monai.preparation.job import prepare_datalist

    count = workers or os.cpu_count() or 1
    with dask(scheduler) if scheduler else contextlib.nullcontext(pool.local) as make_executor:
        summary = prepare_datalist(
            datalist,
            root,
            out,
            bundle,
            as_values(options),
            make_executor,
            count,
            progress=lambda outcomes, total: tqdm(outcomes, "preparing", total, unit="image", disable=None),
            estimated=lambda needed: print(f"the store will take about {needed / 1e9:.3g} GB", flush=True),
        )
    failed = sorted(summary.failures.items())
    for path, outcome in failed[:_SHOWN]:
        print(f"left out: {path}: {outcome.reason}: {outcome.message}")
    if len(failed) > _SHOWN:
        print(f"... and {len(failed) - _SHOWN} more, see {out / 'failures.csv'}")
    print(
        f"{summary.made} images prepared, {summary.found} were there, {len(failed)} failed, "
        f"{summary.bytes / 1e6:.1f} MB; train with --dataset_dir {out} --datalist {out / datalist.name}"
    )
    return 1 if failed else 0
