from __future__ import annotations

import csv
import json

import pytest
import torch
from ignite.engine import Events

from mammo_monai.errors import MammoError
from mammo_monai.networks.checkpoints import sha256
from mammo_monai.training import checkpoint


class Stop:
    """Handler that ends the training like a kill: after epoch ``epoch`` nothing more happens."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def attach(self, engine) -> None:
        engine.add_event_handler(Events.EPOCH_COMPLETED(once=self.epoch), self)

    def __call__(self, engine) -> None:
        raise KeyboardInterrupt


def weights(trainer) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in trainer.network.parameters()])


def test_resumed_training_equals_the_uninterrupted_one(build, tmp_path):
    whole = build(max_epochs=4, folder="whole")
    whole.run()
    with pytest.raises(KeyboardInterrupt):
        build(max_epochs=4, folder="parts", extra=[Stop(2)]).run()
    rest = build(max_epochs=4, folder="parts", resume=True)
    rest.run()
    assert torch.equal(weights(whole), weights(rest))
    a, b = (json.loads((tmp_path / folder / "model.json").read_text()) for folder in ("whole", "parts"))
    assert (a["epoch"], a["val_macro_auc"]) == (b["epoch"], b["val_macro_auc"])
    tables = [(tmp_path / folder / "history.csv").read_text().splitlines() for folder in ("whole", "parts")]
    learnt = [
        [{key: text for key, text in row.items() if key != "seconds" and "memory" not in key} for row in rows]
        for rows in map(csv.DictReader, tables)
    ]
    assert len(learnt[0]) == 4 and learnt[0] == learnt[1]


def test_model_is_a_plain_state_dict_whose_card_has_its_checksum(build, tmp_path):
    trainer = build()
    trainer.run()
    state = torch.load(tmp_path / "out" / "model.pt", weights_only=True)
    trainer.network.load_state_dict(state)
    card = json.loads((tmp_path / "out" / "model.json").read_text())
    assert card["sha256"] == sha256(tmp_path / "out" / "model.pt")
    assert card["class_names"] == ["a", "b", "c"]
    assert len(card["run_id"]) == 32


def test_an_earlier_training_is_not_overwritten(build):
    build().run()
    with pytest.raises(MammoError, match="--resume True"):
        build()


def test_nothing_to_resume_and_nothing_left_to_train(build):
    with pytest.raises(MammoError, match="nothing to resume"):
        build(resume=True)
    build().run()
    with pytest.raises(MammoError, match="raise --max_epochs"):
        build(resume=True)


def test_a_damaged_checkpoint_is_one_line(build, tmp_path):
    build(max_epochs=1).run()
    (tmp_path / "out" / "last.pt").write_bytes(b"")
    with pytest.raises(MammoError, match="damaged"):
        build(max_epochs=2, resume=True)


def test_resume_on_another_datalist_is_refused(build, tmp_path):
    build().run()
    last = tmp_path / "out" / "last.pt"
    stored = torch.load(last, weights_only=True)
    stored["progress"]["datalist_digest"] = "other"
    torch.save(stored, last)
    with pytest.raises(MammoError, match="another datalist"):
        build(resume=True, max_epochs=3)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("unexpected pos 64 vs 0")])
def test_full_disk_keeps_the_earlier_checkpoint(build, tmp_path, monkeypatch, error):
    build(max_epochs=1).run()
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.pt")}

    def full(state, file):
        file.write(b"half")
        raise error

    trainer = build(max_epochs=2, resume=True)
    monkeypatch.setattr(checkpoint.torch, "save", full)
    with pytest.raises(MammoError, match="free disk space"):
        trainer.run()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.pt")} == before
    assert not list((tmp_path / "out").glob("*.tmp")) + list((tmp_path / "out").glob(".*.tmp"))


def test_the_kept_model_is_that_of_the_best_epoch_not_of_the_last(build, tmp_path):
    build(max_epochs=12).run()
    with (tmp_path / "out" / "history.csv").open() as file:
        scores = [float(row["val_macro_auc"]) for row in csv.DictReader(file)]
    best = scores.index(max(scores)) + 1
    assert best < 12, "this toy training must have its best epoch before the last for the test to mean anything"
    card = json.loads((tmp_path / "out" / "model.json").read_text())
    assert (card["epoch"], card["val_macro_auc"]) == (best, pytest.approx(max(scores)))
