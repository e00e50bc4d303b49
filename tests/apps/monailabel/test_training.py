"""From labels to a datalist, and when a round does not begin or end; no process is started."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

MODEL = "birads_classifier"


@pytest.fixture
def app(bundle: Path, label_phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The app over a copy of the phantoms, nothing labelled."""
    import sys

    from main import MammoApp

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    shutil.copytree(label_phantoms / "images", tmp_path / "studies")
    return MammoApp(str(tmp_path), str(tmp_path / "studies"), {"bundle": str(bundle), "device": "cpu"})


def submit(app: Any, rows: list[dict[str, str]], tmp_path: Path, **more: str) -> None:
    for row in rows:
        file = tmp_path / "label.json"
        file.write_text(json.dumps({"birads": row["breast_birads"], **more}))
        forged = {"field": "birads", "value": "5", "class_name": "045", "images": []}
        app.datastore().save_label(f"{row['study_id']}/{row['image_id']}.dicom", str(file), "final", forged)


def refusal(app: Any, **settings: Any) -> Any:
    from mammo_monai.errors import MammoError

    with pytest.raises(MammoError) as caught:
        app.train({"model": MODEL, **settings})
    assert app.infer({"model": MODEL, "image": app.datastore().list_images()[0]})["params"]["classes"]
    return caught.value


def test_one_patient_cannot_be_divided(app, truth, tmp_path):
    submit(app, truth[:4], tmp_path)
    error = refusal(app)
    assert error.reason == "too-few-labels" and "4 images of 1 patient" in str(error)


def test_a_class_that_is_absent_is_named(app, truth, tmp_path):
    submit(app, [row for row in truth if row["breast_birads"] == "BI-RADS 1"], tmp_path)
    error = refusal(app)
    assert error.reason == "too-few-labels"
    assert "no image of 045, 23 in training" in str(error) and "0 of 045" in str(error)


def test_images_without_a_patient_stay_out_unless_the_label_names_one(app, truth, tmp_path, monkeypatch):
    from lib.store import FolderStore
    from lib.training import _datalist

    whole = FolderStore.identity
    monkeypatch.setattr(FolderStore, "identity", lambda self, image: {**whole(self, image), "patient": ""})
    submit(app, truth, tmp_path)
    error = refusal(app)
    assert error.reason == "too-few-labels" and '"patient"' in str(error)
    for row in truth[:40]:
        submit(app, [row], tmp_path, patient=row["study_id"])
    made, nameless = _datalist(app.datastore())
    assert nameless == 8
    items = [item for section in ("training", "validation", "test") for item in made[section]]
    assert {item["patient"] for item in items} == {row["study_id"] for row in truth[:40]}
    assert {item["label"] for item in items} == {0, 1, 2}


def test_a_round_while_one_is_running(app, truth, tmp_path):
    from filelock import FileLock

    submit(app, truth, tmp_path)
    rounds = tmp_path / "studies" / "labels" / "rounds" / MODEL
    rounds.mkdir(parents=True)
    with FileLock(rounds / ".lock"):
        assert refusal(app).reason == "busy"
    assert not [path for path in rounds.iterdir() if path.is_dir()]


def test_a_training_that_fails_leaves_what_is_served(app, truth, tmp_path, monkeypatch):
    import lib.training

    from mammo_monai.studies.folder import Outcome

    seen = {}

    def failed(spec: Path, environment: Any) -> Outcome:
        seen.update(json.loads(spec.read_text()))
        return Outcome(spec.parent, "out-of-memory", "out of memory (somewhere)")

    monkeypatch.setattr(lib.training, "launch", failed)
    submit(app, truth, tmp_path)
    before = app.model_info(MODEL)
    for expected in ("001", "002"):
        error = refusal(app, max_epochs="3", learning_rate=0.01, weights="/etc/passwd", run_name="$evil")
        assert error.reason == "out-of-memory" and "somewhere" in str(error)
        overrides = seen["training"]["overrides"]
        assert Path(seen["folder"]).name == expected and overrides["run_name"] == f"label-{expected}"
    assert (overrides["max_epochs"], overrides["learning_rate"], overrides["backbone"]) == (3, 0.01, "resnet18")
    assert overrides["weights"].endswith("models/model.pt")
    assert app.model_info(MODEL) == before


def test_unasked_only_what_is_missing_is_predicted_and_once_at_a_time(app, monkeypatch):
    import main
    from monailabel.interfaces.app import MONAILabelApp

    begun, queue = [], []
    monkeypatch.setattr(MONAILabelApp, "async_scoring", lambda self, method, params=None: begun.append(method))
    monkeypatch.setattr(main, "tasks", lambda kind: queue)
    app.async_scoring(None)
    queue.append({"status": "RUNNING"})
    app.async_scoring(None)
    queue[0]["status"] = "DONE"
    app.scoring({"method": "predictions"})
    app.async_scoring(None)
    app.async_scoring("agreement")
    assert begun == ["predictions", "agreement"]


def test_agreement_counts_what_was_predicted_before_the_label(app, truth, tmp_path):
    app.scoring({"method": "predictions"})
    image = f"{truth[0]['study_id']}/{truth[0]['image_id']}.dicom"
    said = app.infer({"model": MODEL, "image": image})["params"]["images"][0]["outcome"]["predicted"]
    submit(app, [truth[0]], tmp_path)
    label = app.datastore().label_of(image).class_name
    (found,) = app.scoring({"method": "agreement"})["weights"].values()
    assert found == {"images": 1, "agree": int(label == said), "pairs": {f"{label} -> {said}": 1}}


def test_a_label_of_another_rule_or_a_torn_file_is_named(app, truth, tmp_path):
    from mammo_monai.errors import MammoError

    submit(app, [truth[0]], tmp_path)
    (kept,) = (tmp_path / "studies" / "labels" / "final").rglob("*.json")
    for content in ('{"field": "pathology", "value": "benign"}', '{"field"', "[1]"):
        kept.write_text(content)
        with pytest.raises(MammoError, match=kept.name):
            app.next_sample({"strategy": "oldest"})


def test_a_label_of_the_breast_stays_in_its_exam(app, tmp_path):
    from mammo_monai.errors import MammoError

    store, studies, label = app.datastore(), tmp_path / "studies", tmp_path / "label.json"
    first, second = sorted(path for path in studies.iterdir() if path.is_dir())[:2]
    both = studies / "both"
    both.mkdir()
    for exam in (first, second):
        exam.rename(both / exam.name)
    apart = both / "apart"
    apart.mkdir()
    moved = sorted((both / first.name).iterdir())[0]
    moved.rename(apart / moved.name)
    label.write_text('{"birads": "2", "of": "breast", "laterality": "L"}')
    with pytest.raises(MammoError, match="not the images of one exam"):
        store.save_label("both", str(label), "final", None)
    assert not store.get_labeled_images()
    store.save_label("both/apart", str(label), "final", None)  # one view of four in a folder, or series, of its own
    labelled = store.get_labeled_images()
    assert len(labelled) == 2 and {store.identity(name)["laterality"] for name in labelled} == {"L"}
    assert {store.identity(name)["exam"] for name in labelled} == {store.identity(f"both/apart/{moved.name}")["exam"]}
