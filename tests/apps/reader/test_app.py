from __future__ import annotations

import csv
import json
import os
import shutil
import time

import cv2
import numpy as np
import pydicom
import pytest
from reading_page.model import Model

from mammo_monai import Predictor
from mammo_monai.cli import run
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.inference.exam import find_exams

READING = {"reader": "Hà", "read_as": "breast", "categories": [], "note": "", "seconds": 3.2}


def said(*categories, **more):
    return READING | {"categories": [{"image": i, "birads": birads} for i, birads in categories]} | more


def test_from_a_folder_to_a_result(serve, films, model, bundle):
    page = serve(films)
    assert page.get("/api/folders") == {"path": "", "folders": ["images"]}
    address, found = page.scan("images")
    assert found["state"] == "ready" and [exam["images"] for exam in found["exams"]] == [4, 4, 4]
    exam = page.get(f"{address}/exams/1")
    assert exam["patient"] == found["exams"][1]["patient"] and exam["images"][0]["path"].startswith("images/")
    status, content, _ = page.patiently(f"{address}/exams/1/result?reader=Anna")
    assert status == 200 and content["notice"].startswith("Research use only")
    direct = Predictor(bundle, device="cpu").predict(find_exams(films / "images").exams[1])
    ours = ExamResult.from_json(content)
    assert (ours.patient, ours.exam, ours.context) == (direct.patient, direct.exam, direct.context)
    for one, other in zip(ours.images, direct.images, strict=True):
        assert one.path == f"images/{other.path}" and one.outcome.decision == other.outcome.decision
        assert one.outcome.calibrated == pytest.approx(other.outcome.calibrated, abs=1e-6)
        assert one.outcome.operating_points[0].called == other.outcome.operating_points[0].called


def test_the_golden_probabilities(serve, golden):
    page = serve(golden.exam, model=Model(lambda: Predictor(golden.bundle, device="cpu")))
    address, _ = page.scan()
    status, content, _ = page.patiently(f"{address}/exams/0/result")
    assert status == 200
    golden.check(content)


def test_pixels_and_saliency_in_the_geometry_that_is_shown(serve, films):
    page = serve(films)
    address, _ = page.scan()
    exam = page.get(f"{address}/exams/0")
    image = f"{address}/exams/0/images/{exam['places']['R-CC']}"
    status, data, headers = page.ask("GET", f"{image}/pixels?rows=200")
    rows, columns = int(headers["x-rows"]), int(headers["x-columns"])
    assert status == 200 and (rows, columns) == (256, 208) and headers["x-full-rows"] == "512"
    assert len(data) == rows * columns * 2 and headers["x-window"] == "0 65535" and headers["x-mirrored"] == "0"
    plane = np.frombuffer(data, "<u2").reshape(rows, columns)
    assert plane[:, -20:].mean() > plane[:, :20].mean()  # the chest wall of a right breast is at its right edge
    status, png, headers = page.patiently(f"{image}/saliency?class=1")
    assert status == 200 and json.loads(headers["x-class"]) == "1"
    heat = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert heat.shape == (512, 416, 4)
    assert page.patiently(f"{image}/saliency?class=9")[0] == 422
    assert page.ask("GET", f"{image}/pixels?rows=0")[0] == 422


def test_what_is_not_there(serve, films):
    page = serve(films)
    address, _ = page.scan()
    for path in (f"{address}/exams/9", f"{address}/exams/-1", "/api/scans/99", f"{address}/exams/0/images/4/pixels"):
        status, content, _ = page.ask("GET", path)
        assert status == 404 and "open the folder again" in content["error"]["message"]
    assert page.ask("GET", "/api/scans/x")[0] == 422
    for path in ("/static/../reading_page/app.py", "/static/%2e%2e/reading_page/app.py", "/locale/..%2f__main__.py"):
        assert page.ask("GET", path)[0] == 404
    for path in ("..", "%2e%2e", "/etc", "images/../../x"):
        assert page.ask("GET", f"/api/folders?path={path}")[0] == 403
        assert page.post("/api/scans", {"path": path.replace("%2e", ".")})[0] == 403


def test_readings_go_to_reader_study(serve, films, tmp_path, capsys):
    page = serve(films)
    address, found = page.scan()
    truth, scores = [], []
    for number in range(len(found["exams"])):
        exam = f"{address}/exams/{number}"
        images = page.get(exam)["images"]
        for reader, birads in (("Hà", "2"), ("Bình", "4A")):
            status, saved = page.post(f"{exam}/reading", said(*((i, birads) for i in range(4)), reader=reader))
            assert status == 200 and {row["ai"] for row in saved["rows"]} == {"not shown"}
        result = page.patiently(f"{exam}/result?reader=H%C3%A0")[1]
        for i, image in enumerate(result["images"]):
            truth.append({"image": images[i]["path"], "birads": "12345"[i % 5], "patient": result["patient"]})
            values = {f"p_{name}": value for name, value in image["outcome"]["probabilities"].items()}
            scores.append({"path": image["path"], **values})
    page.post(f"{address}/exams/0/reading", said((0, "1"), (1, "1"), reader="hà", note="changed"))  # now aided
    for name, rows in (("truth", truth), ("model", scores)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    files = {"truth": "truth.csv", "readers": "readings.csv", "model": "model.csv", "out": "study"}
    arguments = {name: tmp_path / file for name, file in files.items()}
    arguments |= {"case": "path", "labels": "birads3", "cases": "own", "replicates": 20}
    code = run(["reader-study", *(f"--{name}={value}" for name, value in arguments.items())])
    assert code == 0, capsys.readouterr()
    study = json.loads((tmp_path / "study" / "reader_study.json").read_text())
    text = json.dumps(study, ensure_ascii=False)
    assert all(name in text for name in ("Bình", "Hà", "Hà with AI"))


def test_a_reading_is_found_again(serve, films):
    page = serve(films)
    address, _ = page.scan()
    exam = f"{address}/exams/0"
    assert page.get(f"{exam}/reading?reader=An") == {"rows": []}
    page.post(f"{exam}/reading", said((0, "2"), (1, ""), (2, "3"), reader="An", note="cũ"))
    page.post(f"{exam}/reading", said((0, "4C"), (2, "3"), reader="An", note="mới"))
    again, _ = page.scan()
    rows = page.get(f"{again}/exams/0/reading?reader=an")["rows"]
    assert [(row["number"], row["birads"], row["note"]) for row in rows] == [(0, "4C", "mới"), (2, "3", "mới")]
    for wrong in (
        said((0, "7")), said((9, "2")), said((0, "")), said((0, "2"), reader="model"), said((0, "2"), seconds=-1),
        said((0, "2"), read_as="exam"), said((0, "2"), note="x" * 5000),
        said() | {"categories": [{"image": 0, "class_name": "no class"}]},
    ):  # fmt: skip
        status, content = page.post(f"{exam}/reading", wrong)
        assert 400 <= status < 500 and content["error"]["message"]
    known = {"categories": [{"image": 0, "class_name": "045"}]}
    assert page.post(f"{exam}/reading", said() | known)[1]["rows"][0]["class"] == "045"


def test_a_blind_page_shows_nothing_before_the_reading(serve, films):
    page = serve(films, blind=True)
    address, _ = page.scan()
    exam = f"{address}/exams/0"
    for path in ("result", "result?reader=An", "images/0/saliency?class=1&reader=An"):
        status, content, _ = page.ask("GET", f"{exam}/{path}")
        assert (status, content["error"]["reason"]) == (403, "read-first")
    assert page.post(f"{exam}/reading", said((0, "2"), reader="An"))[1]["rows"][0]["ai"] == "not shown"
    assert page.patiently(f"{exam}/result?reader=An")[0] == 200
    assert page.ask("GET", f"{exam}/result?reader=Bo")[0] == 403
    assert page.post(f"{exam}/reading", said((0, "3"), reader="An"))[1]["rows"][0]["reader"] == "An with AI"


def renamed(path, to):
    """The same image as another object."""
    data = pydicom.dcmread(path)
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    data.save_as(to)


@pytest.fixture
def mixed(films, tmp_path):
    """Whatever lies in folders beside mammograms."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    exams = find_exams(films / "images").exams
    for letter, exam in zip("ab", exams, strict=False):
        shutil.copytree((exam.root / exam.images[0]).parent, folder / letter)
    second = sorted((folder / "b").iterdir())
    for path in second[1:]:
        path.unlink()
    renamed(second[0], folder / "b" / "again.dcm")
    (folder / "notes.txt").write_text("no image")
    (folder / "empty.dcm").write_bytes(b"")
    first = sorted((folder / "a").iterdir())[0]
    data = pydicom.dcmread(first)
    data.Modality, data.BodyPartExamined, data.ViewPosition, data.ViewCodeSequence = "CT", "CHEST", "", []
    data.save_as(folder / "ct.dcm")
    data = pydicom.dcmread(first)
    del data.PixelData
    data.save_as(folder / "report.dcm")
    renamed(first, tmp_path / "secret.dcm")
    (folder / "link.dcm").symlink_to(tmp_path / "secret.dcm")
    first.write_bytes(first.read_bytes()[:-3000])
    return folder


def test_bad_input_has_its_reason_and_leaves_the_rest(serve, mixed):
    page = serve(mixed)
    address, found = page.scan()
    reasons = {name: why.partition(":")[0] for name, why in found["left_out"]["files"].items()}
    assert reasons == {
        "notes.txt": "unsupported-format", "empty.dcm": "empty-file", "ct.dcm": "other-modality",
        "report.dcm": "no-pixel-data", "link.dcm": "outside-folder",
    }  # fmt: skip
    assert [exam["images"] for exam in found["exams"]] == [4, 2]
    damaged = page.get(f"{address}/exams/0")
    statuses = [page.ask("GET", f"{address}/exams/0/images/{i}/pixels") for i in range(4)]
    assert sorted(status for status, _, _ in statuses) == [200, 200, 200, 422]
    bad = next(i for i, (status, _, _) in enumerate(statuses) if status == 422)
    assert statuses[bad][1]["error"]["reason"] == "truncated-pixels"
    result = page.patiently(f"{address}/exams/0/result")[1]
    assert [bool(image["error"]) for image in result["images"]] == [i == bad for i in range(4)]
    assert result["whole"]["missing"] == [f"{damaged['images'][bad]['laterality']}-{damaged['images'][bad]['view']}"]
    twice = page.get(f"{address}/exams/1")
    assert len(twice["others"]) == 1 and sum(number is None for number in twice["places"].values()) == 3
    assert len(page.patiently(f"{address}/exams/1/result")[1]["whole"]["missing"]) == 3
    (mixed / "b" / "again.dcm").unlink()  # while it is open
    gone = [page.ask("GET", f"{address}/exams/1/images/{i}/pixels")[0] for i in (0, 1)]
    assert sorted(gone) == [200, 404] and page.get("/api/state")


def test_an_image_exchanged_for_a_link_is_not_followed(serve, films, tmp_path):
    folder = tmp_path / "copy"
    exam = find_exams(films / "images").exams[0]
    shutil.copytree((exam.root / exam.images[0]).parent, folder)
    page = serve(folder)
    address, _ = page.scan()
    path = folder / page.get(f"{address}/exams/0")["images"][0]["path"]
    outside = tmp_path / "outside.dcm"
    path.rename(outside)
    path.symlink_to(outside)
    assert page.ask("GET", f"{address}/exams/0/images/0/pixels")[0] == 403


def test_empty_folders_and_odd_names(serve, tmp_path, films):
    folder = tmp_path / "odd"
    (folder / "none").mkdir(parents=True)
    page = serve(folder)
    assert page.scan("none")[1]["error"]["reason"] == "empty-folder"
    exam = find_exams(films / "images").exams[0]
    odd = os.fsencode(folder) + b"/<script>\xff'\n.dcm"
    shutil.copy(exam.root / exam.images[0], os.fsdecode(odd))
    address, found = page.scan()
    assert found["exams"][0]["images"] == 1
    assert page.patiently(f"{address}/exams/0/result")[0] == 200
    assert page.post(f"{address}/exams/0/reading", said((0, "2")))[0] == 200
    assert page.get(f"{address}/exams/0/reading?reader=H%C3%A0")["rows"]


def test_ten_thousand_files_keep_nobody_waiting(serve, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.txt").write_bytes(b"x")
    page = serve(folder)
    content = page.post("/api/scans", {"path": ""})[1]
    longest = 0.0
    while True:
        start = time.perf_counter()
        found = page.get(f"/api/scans/{content['scan']}")
        longest = max(longest, time.perf_counter() - start)
        if found["state"] != "running":
            break
        time.sleep(0.05)
    assert found["left_out"]["count"] == 10_000 and len(found["left_out"]["files"]) == 200
    assert longest < 2


def test_a_model_that_fails_is_said(serve, films):
    from reading_page.model import Model

    told = []
    model = Model(lambda: 1 / 0, told.append)
    page = serve(films, model=model)
    address, _ = page.scan()
    status, content, _ = page.ask("GET", f"{address}/exams/0/result")
    assert status == 422 and content["error"]["reason"] == "bad-bundle" and len(told) == 1
    assert page.get("/api/state")["model"]["state"] == "failed"
    assert page.ask("GET", f"{address}/exams/0/images/0/pixels")[0] == 200


def test_an_unexpected_failure_is_a_message(serve, films, monkeypatch):
    page = serve(films)
    monkeypatch.setattr(type(page.desk.root), "folders", lambda *_: 1 / 0)
    status, content, _ = page.ask("GET", "/api/folders")
    assert status == 500 and "ZeroDivisionError" in content["error"]["message"]
    assert page.ask("GET", "/api/state")[0] == 200
