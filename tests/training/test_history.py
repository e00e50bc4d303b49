from __future__ import annotations

import csv
from types import SimpleNamespace

from mammo_monai.training.history import epoch_metrics


def engine(epoch, **metrics):
    return SimpleNamespace(state=SimpleNamespace(epoch=epoch, metrics=metrics))


def test_validation_figures_belong_to_the_epoch_that_was_validated():
    validated = epoch_metrics(engine(2, loss=0.5), engine(2, loss=0.7, auc={"a": 1.0}, auc_a=1.0))
    assert validated == {"train_loss": 0.5, "val_loss": 0.7, "val_auc_a": 1.0}
    assert epoch_metrics(engine(3, loss=0.5), engine(2, loss=0.7)) == {"train_loss": 0.5}


def test_one_row_per_epoch_and_a_picture(build, tmp_path):
    build(max_epochs=3).run()
    with (tmp_path / "out" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(float(row["seconds"]) >= 0 and float(row["learning_rate"]) > 0 for row in rows)
    assert all(1e8 < float(row["peak_memory"]) < 1e12 for row in rows)  # PyTorch alone is more than the least
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
