"""The app without a server: that it answers, and what keeps it from starting: each time one line that says why."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture
def own(bundle: Path, tmp_path: Path) -> Path:
    """A bundle that a test may spoil."""
    return Path(shutil.copytree(bundle, tmp_path / bundle.name))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Function that makes the app of an empty folder, as a server does."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # which the app sets

    def make(bundle: Path, **conf: str):
        from main import MammoApp

        (tmp_path / "studies").mkdir(exist_ok=True)
        return MammoApp(str(tmp_path), str(tmp_path / "studies"), {"bundle": str(bundle), "device": "cpu", **conf})

    return make


def line(caplog, make, *arguments, **conf) -> str:
    from mammo_monai.errors import MammoError

    with pytest.raises(MammoError) as caught:
        make(*arguments, **conf)
    assert str(caught.value) in caplog.text and "cannot start" in caplog.text
    return str(caught.value)


def test_it_starts_and_says_what_it_serves(made, own):
    from mammo_monai.inference.seal import bundle_digest

    app = made(own, models=own.name, bundle_sha256=bundle_digest(own))
    assert list(app.info()["models"]) == [own.name]
    assert made(own.parent, models=own.name).model_info(own.name) == app.model_info(own.name)


def test_the_golden_probabilities(made, golden, tmp_path):
    shutil.copytree(golden.exam, tmp_path / "studies" / "exam")
    answer = made(golden.bundle).infer({"model": golden.bundle.name, "image": "exam"})
    golden.check(answer["params"])


def test_weights_that_do_not_match_their_card(caplog, made, own):
    weights = own / "models" / "model.pt"
    whole = bytearray(weights.read_bytes())
    whole[len(whole) // 2] ^= 1
    weights.write_bytes(whole)
    assert "model.pt" in line(caplog, made, own)


def test_a_bundle_that_was_tampered_with(caplog, made, own):
    from mammo_monai.inference.seal import bundle_digest

    pinned = bundle_digest(own)
    config = own / "configs" / "inference.json"
    config.write_text(config.read_text().replace('"policy": "stretch"', '"policy": "pad"'))
    assert pinned in line(caplog, made, own, bundle_sha256=pinned)
    assert "preprocessing" in line(caplog, made, own)


def test_no_bundle_and_another_name(caplog, made, own, tmp_path):
    assert "none" in line(caplog, made, own, models="none")
    assert "nowhere" in line(caplog, made, tmp_path / "nowhere")
    shutil.rmtree(own / "models")
    assert "model.pt" in line(caplog, made, own)


def test_other_labels_than_the_classes(caplog, made, own):
    assert "benign_malignant" in line(caplog, made, own, labels="benign_malignant")
    assert "nothing" in line(caplog, made, own, labels="nothing")


def test_a_bundle_without_a_card_takes_its_classes_as_labels(made, own):
    (own / "models" / "model.json").unlink()
    rule = made(own, backbone="resnet18", spatial_size="[64, 64]").datastore().rule
    assert rule.parse({"class": "23"}).class_name == "23"


def test_a_round_whose_note_or_weights_changed(caplog, made, own, tmp_path):
    from lib.served import Served

    app = made(own)
    rounds = tmp_path / "studies" / "labels" / "rounds" / own.name
    first = rounds / "001"
    first.mkdir(parents=True)
    for name in ("model.pt", "model.json"):
        shutil.copy(own / "models" / name, first / name)
    Served(own.name, own, rounds, {"device": "cpu"}).publish(first, {})
    for running in (made(own), app):
        assert running.info()["train_stats"][own.name]["round"] == "001"
        assert running._served.weights == first / "model.pt"
    card = first / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "run_id": "another"}))
    assert "checksum" in line(caplog, made, own)
    (rounds / "current.json").write_text("{}")
    assert "current.json" in line(caplog, made, own)
