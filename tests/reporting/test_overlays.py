"""Saliency maps of the worst errors, in the report of an evaluation and in one of its MLflow run."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import cv2
import pytest
from mlflow import MlflowClient

from mammo_monai.errors import MammoError
from mammo_monai.reporting import gathering, overlays, report, sources


def written(out, source, **known):
    """report.json."""
    report.write(out, gathering.gather(source, **known), source)
    return json.loads((out / "report.json").read_text())


def blocks(content, section="errors"):
    return next(one["blocks"] for one in content["sections"] if one["name"] == section)


def texts(content):
    return [block["words"] for block in blocks(content) if block["kind"] == "text"]


def pictures(content):
    return [block["file"] for block in blocks(content) if block["kind"] == "picture"]


def answers(content):
    (table,) = (block for block in blocks(content, "claim") if block["kind"] == "table")
    return {row[0]: row[-1] for row in table["rows"]}


@pytest.fixture(scope="module")
def bundle(small_bundle) -> Path:
    return small_bundle()


@pytest.fixture(scope="module")
def evaluation(bundle, phantoms, tmp_path_factory) -> Path:
    """Folder of an evaluation on a datalist that the weights were not trained on; its MLflow store lies beside it."""
    from monai.bundle import ConfigWorkflow

    folder = tmp_path_factory.mktemp("evaluation") / "elsewhere"
    excepthook = sys.excepthook
    workflow = ConfigWorkflow(
        config_file=[str(bundle / "configs" / f"{name}.json") for name in ("train", "evaluate")],
        logging_file=False,
        workflow_type="train",
        run_id="run",
        bundle_root=str(bundle),
        dataset_dir=str(phantoms),
        datalist=str(phantoms / "datalist.json"),
        output_dir=str(folder),
        weights=str(bundle / "models" / "model.pt"),
        cache_dir=str(folder.parent / "cache"),
        tracking_uri=f"sqlite:///{folder.parent / 'mlflow.db'}",
        num_workers=0,
    )
    workflow.initialize()
    workflow.run()
    sys.excepthook = excepthook
    return folder


def test_evaluate_on_other_data_reports_that_data_with_pictures(evaluation, bundle, phantoms):
    """Data, flow and subgroups are those of the datalist evaluated, not of the one trained on; so are the films."""
    content = json.loads((evaluation / "report.json").read_text())
    listed = json.loads((phantoms / "datalist.json").read_text())
    sections = next(block for block in blocks(content, "data") if block.get("name") == "sections")
    assert sections["rows"][-1][1:] == [len(listed[part]) for part in ("training", "validation", "test")]
    told = next(block for block in blocks(content, "subgroups") if block.get("name") == "birads")
    assert {row[0] for row in told["rows"]} == {item["birads"] for item in listed["test"]}
    wrong = len(next(block for block in blocks(content) if block.get("name") == "worst")["rows"])
    assert pictures(content) == [f"worst-{rank}.png" for rank in range(1, min(wrong, overlays.SHOWN) + 1)]
    for file in pictures(content):
        assert cv2.imread(str(evaluation / file)).std() > 10
    claimed = answers(content)
    assert listed["digest"] in claimed["33"] and claimed["32"] == "open"
    assert claimed["31"] == "saliency maps of the worst errors"
    (ran, *_) = blocks(content, "run")
    assert ran["rows"]["Datalist of the training"] == "digest"  # of the card beside the weights


def test_report_of_its_mlflow_run(evaluation, bundle, phantoms, tmp_path):
    """By --section, and with pictures where bundle, root and weights are named."""
    store = f"sqlite:///{evaluation.parent / 'mlflow.db'}"
    client = MlflowClient(store)
    (run,) = client.search_runs([one.experiment_id for one in client.search_experiments()])
    logged = {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "test")}
    content = json.loads((evaluation / "report.json").read_text())
    assert {"report.html", "flow.png", *pictures(content)} <= logged
    given = {"bundle": bundle, "root": phantoms, "weights": str(bundle / "models" / "model.pt")}
    with sources.opened(run.info.run_id, store) as source:
        again = written(tmp_path / "out", source, datalist=phantoms / "datalist.json", tracking_uri=store, **given)
    assert again["metrics"]["figures"] == content["metrics"]["figures"]
    assert pictures(again) == pictures(content) and answers(again)["31"] != "open"
    table = (evaluation / "predictions.csv").read_text().splitlines()
    (tmp_path / "predictions.csv").write_text("\n".join(table[:-2]))
    client.log_artifact(run.info.run_id, str(tmp_path / "predictions.csv"), "validation")
    with sources.opened(run.info.run_id, store, "validation") as source:
        assert len(gathering.gather(source).scored) == len(table) - 3
    with pytest.raises(MammoError, match="section test_flip"), sources.opened(run.info.run_id, store, "test_flip"):
        pass


def test_sections_of_a_folder(evaluation, tmp_path):
    folder = shutil.copytree(evaluation, tmp_path / "run")
    shutil.copytree(evaluation, folder / "validation")
    for section, table in {"test": folder, "validation": folder / "validation"}.items():
        with sources.opened(str(folder), section=section) as source:
            assert source.predictions.parent == table
    assert source.name == "run/validation"


def test_weights_that_did_not_predict_are_refused(evaluation, small_bundle, tmp_path):
    others = small_bundle(1) / "models" / "model.pt"
    for weights in (str(others), str(tmp_path / "none.pt")):
        with pytest.raises(MammoError, match="expected the weights that predicted") as caught:
            gathering.gather(sources.of_folder(evaluation), weights=weights)
        assert caught.value.reason == "other-weights"


def test_what_is_missing_is_a_remark_and_earlier_pictures_go(evaluation, bundle, phantoms, tmp_path):
    """Never an abort, whatever fails; and nothing is claimed that is not on the page."""
    weights = str(bundle / "models" / "model.pt")
    out, source = tmp_path / "out", sources.of_folder(evaluation)
    context = {"datalist": phantoms / "datalist.json", "weights": weights}
    assert len(pictures(written(out, source, bundle=bundle, root=phantoms, **context))) > 1
    films = shutil.copytree(phantoms, tmp_path / "films")
    for kind, known in {
        "has none of the images": {"bundle": bundle, "root": tmp_path},
        "no such config": {"bundle": tmp_path, "root": phantoms},
        "Pictures of them: left out, they need": {"bundle": bundle},
    }.items():
        content = written(out, source, **known, **context)
        assert any(kind in text for text in texts(content)) and not pictures(content), kind
        assert answers(content)["31"] == "open"
        assert not list(out.glob("worst-*.png")) + list(out.glob("overlays/*"))
    items = json.loads((phantoms / "datalist.json").read_text())["test"]
    for item in items[1:]:
        (films / item["image"]).write_bytes(b"damaged")
    content = written(out, source, bundle=bundle, root=films, **context)
    assert any(text.startswith("Picture of ") for text in texts(content))


def test_films_outside_of_the_data_set_are_not_opened(tmp_path):
    assert overlays._inside(tmp_path, "a/b.png") == (tmp_path / "a" / "b.png").resolve()
    for path in ("../b.png", "/etc/passwd", "a/../../b.png"):
        with pytest.raises(MammoError, match="outside"):
            overlays._inside(tmp_path, path)
