"""The whole loop over HTTP on a folder of exams, and everything a client may send that is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

MODEL = "birads_classifier"
ODD = (".", "..", "odd/..", "../..", "/", "//etc", "labels", "labels/final", "a" * 5000, "x\0.dcm", "odd/\n.dcm")
"""Names that are no id, but folders, or nothing a file system takes."""


@pytest.fixture(scope="module")
def folder(label_phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exams, a PNG of one film, and files that are no mammograms."""
    import cv2
    import pydicom

    from mammo_monai.dicom.image import read_image

    root = tmp_path_factory.mktemp("store") / "studies"
    shutil.copytree(label_phantoms / "images", root)
    first = sorted(root.rglob("*.dicom"))[0]
    odd = root / "odd"
    odd.mkdir()
    pixels = read_image(first, output="stored").pixels
    cv2.imwrite(str(odd / "film.png"), pixels)
    (odd / "text.dcm").write_text("this is no DICOM file")
    other = pydicom.dcmread(first)
    other.Modality, other.BodyPartExamined, other.SOPInstanceUID = "CT", "CHEST", "2.25.1"
    other.StudyInstanceUID = "2.25.2"
    other.save_as(odd / "ct.dcm")
    (root / ".hidden.dcm").write_bytes(first.read_bytes())
    (root / "notes.txt").write_text("not an image")
    return root


@pytest.fixture(scope="module")
def server(start, folder, bundle):
    with start(str(folder), bundle) as running:
        yield running


@pytest.fixture(scope="module")
def image(truth) -> str:
    return f"{truth[0]['study_id']}/{truth[0]['image_id']}.dicom"


def image_of(row: dict[str, str]) -> str:
    return f"{row['study_id']}/{row['image_id']}.dicom"


def refused(response, status: int, *words: str) -> None:
    assert response.status_code == status, response.text
    assert all(word in response.json()["detail"] for word in words), response.text


def test_the_app_says_what_it_has(server):
    info = server.get("/info/")
    assert info["labels"] == ["045", "1", "23"]
    assert info["models"][MODEL]["type"] == "classification"
    assert set(info["strategies"]) == {"entropy", "margin", "class_balance", "oldest", "random"}
    assert set(info["scoring"]) == {"predictions", "agreement"}
    assert info["datastore"]["total"] == 48 + 3


def test_without_predictions_every_strategy_gives_the_oldest_and_says_so(server, folder):
    import os

    images = sorted(folder.rglob("*.dicom"))
    os.utime(images[7], (1e9, 1e9))
    for name in ("entropy", "margin", "class_balance", "oldest"):
        given = server.post(f"/activelearning/{name}")
        assert given["id"] == images[7].relative_to(folder).as_posix()
        assert "oldest" in given["by"]


def test_probabilities_are_those_of_the_predictor(server, folder, bundle, image):
    from mammo_monai.inference.predictor import Predictor

    ours = Predictor(bundle, device="cpu")
    for path in (image, "odd/film.png"):
        (row,) = ours.predict(folder / path).images
        (theirs,) = server.infer(path)["images"]
        assert theirs["outcome"]["probabilities"] == pytest.approx(row.outcome.probabilities, abs=1e-6)
        assert sum(theirs["outcome"]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    exam = image.partition("/")[0]
    whole = ours.predict(folder / exam)
    theirs = server.infer(exam)
    assert len(theirs["images"]) == 4
    assert theirs["whole"]["outcome"]["probabilities"] == pytest.approx(whole.whole.outcome.probabilities, abs=1e-6)


def test_a_saliency_map_comes_in_pixels_of_the_source(server, image):
    import cv2
    import numpy as np

    ask = {"image": image, "output": "image"}
    response = server.ask(
        "POST", f"/infer/{MODEL}", params=ask, data={"params": json.dumps({"saliency": True, "class": "045"})}
    )
    assert response.headers["content-type"] == "image/png"
    shown = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown.shape == (160, 128) and shown.dtype == np.uint8
    both = server.ask("POST", f"/infer/{MODEL}", params={"image": image}, data={"params": '{"saliency": "gradient"}'})
    assert both.headers["content-type"].startswith("multipart/form-data") and b'"method": "gradient"' in both.content
    told = server.infer(image, saliency="gradcam", **{"class": "23"})["saliency"]
    assert (told["method"], told["class"]) == ("gradcam", "23")
    assert "saliency" not in server.infer(image)
    wrong = {"params": json.dumps({"saliency": True, "class": "7"})}
    refused(server.ask("POST", f"/infer/{MODEL}", params=ask, data=wrong), 422, "'7'", "045")
    wrong = {"params": json.dumps({"saliency": "magic"})}
    refused(server.ask("POST", f"/infer/{MODEL}", params=ask, data=wrong), 422, "magic", "gradcam")
    exam = {**ask, "image": image.partition("/")[0]}
    refused(server.ask("POST", f"/infer/{MODEL}", params=exam, data={"params": '{"saliency": true}'}), 422, "4 images")


def test_what_is_no_image_of_the_store_is_refused(server, image):
    def asked(name: str, params: str = "{}", model: str = MODEL):
        return server.ask("POST", f"/infer/{model}", params={"image": name}, data={"params": params})

    refused(asked("none.dcm"), 404, "none.dcm")
    for name in ("/etc/passwd", "../studies/" + image, f"labels/../{image}", ".hidden.dcm", "notes.txt", *ODD):
        refused(asked(name), 404, "no image")
    refused(asked(image, '{"image": "/etc/passwd"}'), 404, "/etc/passwd")
    refused(asked("odd/text.dcm"), 422, "text.dcm")
    refused(asked("odd/ct.dcm"), 422, "CT")
    refused(asked(image, "{"), 400, "JSON")
    refused(asked(image, model="none"), 404, MODEL)
    assert server.ask("POST", "/activelearning/none").status_code == 404
    assert server.ask("POST", "/scoring/none", params={"run_sync": True}).status_code == 404
    assert server.ask("GET", "/datastore/label", params={"label": "../../x", "tag": "final"}).status_code == 404
    assert server.ask("GET", "/datastore/label", params={"label": image, "tag": "../.."}).status_code == 404
    upload = {"file": ("x.dcm", b"x")}
    refused(server.ask("PUT", "/datastore/image", params={"image": "x"}, files=upload), 405, "store")
    refused(server.ask("DELETE", "/datastore/image", params={"id": image}), 405, "store")
    assert server.ask("POST", f"/infer/{MODEL}", files=upload).status_code == 404
    for method in ("GET", "DELETE", "PUT"):
        refused(server.ask(method, f"/model/{MODEL}", files={"file": ("model.pt", b"x")}), 405, "weights")
    refused(server.ask("POST", f"/infer/wsi/{MODEL}", params={"image": "/etc/passwd"}), 405, "whole-slide")
    batch = server.ask("POST", f"/batch/infer/{MODEL}", params={"run_sync": True}, json={})
    refused(batch, 405, "/scoring/predictions")
    assert server.get("/info/")["datastore"]["total"] == 51


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({"birads": "9"}, ["'9'", "4A", "045"]),
        ({"birads": "6"}, ["'6'"]),
        ({"class": "benign"}, ["benign", "045, 1, 23"]),
        ({"pathology": "benign"}, ["pathology", "birads"]),
        ({"birads": "2", "class": "23"}, ["birads and class"]),
        ({}, ["nothing"]),
        ({"birads": "2", "of": "exam"}, ["exam", "breast"]),
        ({"birads": "2", "of": "breast", "laterality": "X"}, ["laterality"]),
    ],
)
def test_a_label_that_is_none_is_refused(server, image, label, words):
    refused(server.submit(image, **label), 422, *words)
    assert server.get("/datastore/")["completed"] == 0


def test_a_label_that_is_no_json_or_of_no_image_is_refused(server, image):
    for content in ("hello", "[1]", '"4"', "[" * 100_000, "x" * 70_000):
        files = {"label": ("label.json", content)}
        refused(server.ask("PUT", "/datastore/label", params={"image": image}, files=files), 422, "the label")
    refused(server.submit("none.dcm", birads="2"), 404, "none.dcm")
    refused(server.submit("odd/film.png", birads="2", of="breast"), 422, "laterality")
    refused(server.submit("odd/text.dcm", birads="2"), 422, "text.dcm")
    refused(server.submit("odd/ct.dcm", birads="2"), 422, "CT")
    files = {"label": ("label.json", '{"birads": "2"}')}
    ask = {"image": image, "tag": "../../up"}
    refused(server.ask("PUT", "/datastore/label", params=ask, files=files), 422, "final")


def test_too_few_labels_are_said_so_and_the_server_stays_up(server):
    nothing = server.ask("POST", f"/train/{MODEL}", params={"run_sync": True}, json={})
    refused(nothing, 422, "too few labels", "0 labelled images")
    for value in ("$import os", -1, float("inf"), [1]):
        given = json.dumps({"max_epochs": 1, "learning_rate": value})
        headers = {"Content-Type": "application/json"}
        wrong = server.ask("POST", f"/train/{MODEL}", params={"run_sync": True}, data=given, headers=headers)
        refused(wrong, 422, "learning_rate")
    assert server.get("/info/")["train_stats"][MODEL] == {}


def test_the_loop_from_prediction_to_new_weights(server, folder, bundle, truth, image):
    from mammo_monai.evaluation.exam_result import ExamResult
    from mammo_monai.inference.predictor import Predictor

    before = server.infer(image)

    scored = server.post("/scoring/predictions", {"run_sync": True})
    assert scored["predicted"] == 49 and set(scored["failed"]) == {"odd/text.dcm", "odd/ct.dcm"}
    assert server.post("/scoring/predictions", {"run_sync": True})["current"] == 51
    kept = json.loads((folder / "labels" / "predicted" / f"{image}.json").read_text())
    assert ExamResult.from_json(kept).images[0].outcome.probabilities == before["images"][0]["outcome"]["probabilities"]

    import math

    entropies = {}
    for path in (folder / "labels" / "predicted").rglob("*.json"):
        content = json.loads(path.read_text())
        if "images" in content:
            spread = content["images"][0]["outcome"]["probabilities"].values()
            name = path.relative_to(folder / "labels" / "predicted").as_posix().removesuffix(".json")
            entropies[name] = -sum(p * math.log(p) for p in spread)
    given = server.post("/activelearning/entropy")
    assert given["id"] == max(entropies, key=entropies.get) and given["by"] == "entropy"

    breasts = {(row["study_id"], row["laterality"]): row for row in truth}
    for row in breasts.values():
        answer = server.submit(image_of(row), birads=row["breast_birads"], of="breast", reader="test").json()
        theirs = [r for r in truth if (r["study_id"], r["laterality"]) == (row["study_id"], row["laterality"])]
        assert answer["images"] == sorted(image_of(r) for r in theirs)
    label = server.get("/datastore/label/info", params={"label": image, "tag": "final"})
    assert label["value"] == truth[0]["breast_birads"].removeprefix("BI-RADS ") and label["of"] == "breast"
    assert server.get("/datastore/")["completed"] == 48
    assert server.post("/activelearning/oldest")["id"] == "odd/film.png"
    agreement = server.post("/scoring/agreement", {"run_sync": True})
    (seen,) = agreement["weights"].values()
    assert seen["images"] == 48

    settings = {"max_epochs": 1, "num_workers": 0, "learning_rate": 1e-3, "weights": "/etc/passwd"}
    server.post(f"/train/{MODEL}", json=settings)
    for _ in range(100):
        if server.ask("GET", "/train/", params={"check_if_running": True}).status_code == 200:
            break
    second = server.ask("POST", f"/train/{MODEL}", json=settings)
    refused(second, 429, "Already Running")
    task = server.trained()
    assert task["status"] == "DONE", "\n".join(task["details"])

    after = server.infer(image)
    told = server.get("/info/")["train_stats"][MODEL]
    assert told["replaces"] == before["context"]["weights"] != after["context"]["weights"] == told["sha256"]
    rounds = folder / "labels" / "rounds" / MODEL
    ours = Predictor(bundle, weights=str(rounds / "001" / "model.pt"), weights_sha256=told["sha256"], device="cpu")
    (row,) = ours.predict(folder / image).images
    assert after["images"][0]["outcome"]["probabilities"] == pytest.approx(row.outcome.probabilities, abs=1e-6)
    changed = before["images"][0]["outcome"]["probabilities"]
    assert after["images"][0]["outcome"]["probabilities"] != pytest.approx(changed, abs=1e-4)
    assert after["images"][0]["outcome"]["calibrated"], "a round is calibrated on its own validation part"
    assert (bundle / "models" / "model.pt").is_file(), "the old weights stay"
    listed = json.loads((rounds / "001" / "datalist.json").read_text())
    patients = [{item["patient"] for item in listed[section]} for section in ("training", "validation", "test")]
    assert not (patients[0] & patients[1] | patients[0] & patients[2] | patients[1] & patients[2])

    again = server.post("/scoring/predictions", {"run_sync": True})
    assert (again["predicted"], again["current"], len(again["failed"])) == (1, 0, 2), "new weights have seen nothing"

    weights = rounds / "001" / "model.pt"
    whole = weights.read_bytes()
    current = (rounds / "current.json").read_text()
    try:
        weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        (rounds / "current.json").write_text(current.replace("{", "{ ", 1))
        tampered = server.ask("POST", f"/infer/{MODEL}", params={"image": image})
        refused(tampered, 503, "checksum", "expected")
    finally:
        weights.write_bytes(whole)
        (rounds / "current.json").write_text(current)
    assert server.infer(image)["context"]["weights"] == told["sha256"]
