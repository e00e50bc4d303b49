from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow

from mammo_monai import cli
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.storage import write
from mammo_monai.evaluation.operating import OperatingPoint
from mammo_monai.inference import export as module
from mammo_monai.inference.export import export
from mammo_monai.inference.predictor import Predictor
from mammo_monai.networks.checkpoints import sha256
from mammo_monai.training.prediction_writer import PredictionWriter

pytest.importorskip("openvino")


@pytest.fixture
def exam(phantoms: Path, tmp_path: Path) -> Path:
    folder = min(path for path in (phantoms / "images").iterdir() if path.is_dir())
    shutil.copytree(folder, tmp_path / "exam")
    return tmp_path / "exam"


def probabilities(predictor: Predictor, exam: Path) -> np.ndarray:
    return np.array([list(image.outcome.probabilities.values()) for image in predictor.predict(exam).images])


def reason(bundle: Path, engine: str, images: Path | None = None, **options: object) -> str:
    with pytest.raises(MammoError) as caught:
        export(bundle, engine, images, {"device": "cpu", **options})
    assert "\n" not in str(caught.value)
    assert not list((bundle / "models").glob("*.xml"))
    return caught.value.reason


def test_the_verb_then_the_predictor_then_the_bundle_itself(bundle, exam, capsys, tmp_path, monkeypatch):
    weights = bundle / "models" / "model.pt"
    before = Predictor(bundle, device="cpu")
    with pytest.raises(Exception, match="mammo-monai export BUNDLE --engine openvino"):
        Predictor(bundle, device="cpu", engine="openvino")
    assert cli.run(["export", str(bundle), "--engine", "openvino", "--device", "cpu", "--images", str(exam)]) == 0
    said = capsys.readouterr().out
    for name in ("model.openvino.xml", "model.openvino.bin", "model.openvino.json"):
        assert str(bundle / "models" / name) in said
    assert "4 images" in said and "0 called otherwise" in said
    assert json.loads((weights.with_suffix(".openvino.json")).read_text())["weights_sha256"] == sha256(weights)

    after = Predictor(bundle, device="cpu", engine="openvino")
    ours = probabilities(after, exam)
    np.testing.assert_allclose(ours, probabilities(before, exam), atol=1e-5)
    assert after.predict(exam).context["engine"] == "openvino"

    monkeypatch.setattr("sys.excepthook", None)  # the bundle sets it; put back afterwards
    seen: list[PredictionWriter] = []
    monkeypatch.setattr(PredictionWriter, "_finish", lambda self, engine: seen.append(self))
    workflow = ConfigWorkflow(
        config_file=str(bundle / "configs" / "inference.json"),
        logging_file=False,
        workflow_type="inference",
        bundle_root=str(bundle),
        dataset_dir=str(exam),
        engine="openvino",
        device="cpu",
    )
    workflow.initialize()
    workflow.run()
    assert [row.probabilities for row in seen[0].rows] == [tuple(row) for row in ours]
    assert seen[0].context["engine"] == "openvino"

    torch.save({name: value + 0 for name, value in torch.load(weights, weights_only=True).items()}, weights)
    weights.write_bytes(weights.read_bytes() + b"\0")  # the same tensors, another file
    weights.with_suffix(".json").unlink()
    with pytest.raises(Exception, match="exported from weights"):
        Predictor(bundle, device="cpu", engine="openvino", backbone="resnet18", spatial_size=[64, 64])


def test_what_an_engine_without_files_changes(bundle, exam, monkeypatch):
    weights = bundle / "models" / "model.pt"
    before = Predictor(bundle, device="cpu")
    scores = probabilities(before, exam)
    made = export(bundle, "torch_bf16", exam, {"device": "cpu"})
    assert made.files == () and made.change.images == 4
    expected = np.abs(scores - probabilities(Predictor(bundle, device="cpu", engine="torch_bf16"), exam)).max()
    assert made.change.largest == pytest.approx(expected, abs=1e-3) and made.change.largest > 1e-6
    assert (made.change.called, made.change.points) == (0, 0)

    swapped = {"torch": scores, "other": scores[:, ::-1]}
    monkeypatch.setattr(
        module,
        "_probabilities",
        lambda one, images: swapped["torch" if one.engine == "torch" else "other"][: len(images)],
    )
    assert export(bundle, "torch_bf16", exam, {"device": "cpu"}).change.called == 4
    between = float(scores[:, ::2].mean())
    points = tuple(OperatingPoint("045", rule, 0.0, at, 0.5, 0.5) for rule, at in (("youden", 0.0), ("cost", between)))
    write(Decision(sha256(weights), ("045", "1", "23"), 1.0, 0.0, points, 20), weights)
    change = export(bundle, "torch_bf16", exam, {"device": "cpu"}).change
    assert (change.called, change.points) == (4, 4)


def test_an_exact_engine_that_is_not_exact_is_not_written(bundle, exam, monkeypatch):
    from mammo_monai.networks.engines import _openvino, openvino

    monkeypatch.setattr(openvino, "load", lambda network, files: _openvino.Compiled(files, "bf16"))
    if "BF16" in _openvino.capabilities():
        monkeypatch.setattr(module.exports, "EXACT", 1e-7)
        assert reason(bundle, "openvino") == "export-differs"
    monkeypatch.setattr(openvino, "load", lambda network, files: torch.nn.Sequential(network, torch.nn.Softmax(1)))
    assert reason(bundle, "openvino", exam) == "export-differs"


def test_refusals(bundle, tmp_path):
    assert reason(bundle, "onnx") == "engine-unknown"
    assert reason(bundle, "openvino", weights="none") == "weights-missing"
    (tmp_path / "notes.txt").write_text("no image")
    assert reason(bundle, "torch_bf16", tmp_path) == "no-image"
    assert cli.run(["export", str(tmp_path), "--engine", "openvino"]) == 1
