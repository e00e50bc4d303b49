"""Compare evaluations of the same images: paired differences with intervals, one table, one figure."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.errors import MammoError


def compare(*runs: str, out: Path, figures: str = "macro_auc,accuracy", tracking_uri: str = "") -> None:
    """Compare RUNS with the first of them; write compare.md, compare.csv and compare.png into OUT, print the table.

    Differences are paired and their intervals clustered by patient. Of many, only those are marked beyond noise that
    are so with all of them considered (Bonferroni).

    Args:
        runs: two or more, each a folder of a training that was evaluated, a table of predictions, or the id of an
            MLflow run; all of the same images.
        out: folder to write.
        figures: names as in metrics.json, divided by commas.
        tracking_uri: MLflow store that knows the runs; MLFLOW_TRACKING_URI without one.
    """
    from mammo_monai.evaluation import prediction_table
    from mammo_monai.reporting import comparing, comparison_files
    from mammo_monai.reporting.sources import default_store, opened

    names = comparing.short_names(runs)
    if len(set(names)) < len(names):
        raise MammoError(f"compare: {', '.join(runs)} are not all different runs; name each once", "usage")
    tables = {}
    for name, run in zip(names, runs, strict=True):
        with opened(run, tracking_uri or default_store()) as source:
            tables[name] = prediction_table.read(source.predictions)
    wanted = [name.strip() for name in figures.split(",") if name.strip()]
    made = comparing.compare(tables, wanted)
    comparison_files.write(out, made, {name: table.notes for name, table in tables.items() if table.notes})
    print((out / "compare.md").read_text(encoding="utf-8"))
    print(f"all of it in {out}")
