"""The whole loop over HTTP on a real PACS: Orthanc with its DICOMweb plug-in."""

from __future__ import annotations

from pathlib import Path

import pytest

MODEL = "birads_classifier"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def server(start, orthanc, bundle, kept):
    with start(orthanc, bundle, MONAI_LABEL_DICOMWEB_CACHE_PATH=str(kept)) as running:
        yield running


@pytest.fixture(scope="module")
def sources(label_phantoms: Path) -> dict[str, Path]:
    """The file that was sent, by the id its image has here."""
    import pydicom

    headers = {path: pydicom.dcmread(path, stop_before_pixels=True) for path in label_phantoms.rglob("*.dicom")}
    return {f"{h.SeriesInstanceUID}/{h.SOPInstanceUID}.dcm": path for path, h in headers.items()}


def test_the_store_holds_the_mammograms_alone(server, sources):
    assert server.get("/datastore/")["total"] == 48
    assert set(server.get("/datastore/", params={"output": "all"})["objects"]) == set(sources)


def test_what_the_pacs_does_not_have_is_refused(server):
    for name in ("2.25.12", "2.25.12/2.25.11.dcm", "1.2.3", "../../etc", "/etc/passwd", ""):
        response = server.ask("POST", f"/infer/{MODEL}", params={"image": name or " "})
        assert response.status_code == 404, response.text
        assert "no image" in response.json()["detail"]
    assert server.get("/datastore/")["total"] == 48


def test_the_loop_from_the_pacs_to_new_weights(server, sources, truth, bundle, kept):
    from mammo_monai.inference.predictor import Predictor

    given = server.post("/activelearning/entropy")
    assert "oldest" in given["by"] and {"StudyInstanceUID", "SeriesInstanceUID", "PatientID"} <= set(given)
    image = given["id"]
    assert Path(given["path"]).read_bytes() == sources[image].read_bytes(), "fetched byte for byte"
    before = server.infer(image)
    (row,) = Predictor(bundle, device="cpu").predict(sources[image]).images
    assert before["images"][0]["outcome"]["probabilities"] == pytest.approx(row.outcome.probabilities, abs=1e-6)

    scored = server.post("/scoring/predictions", {"run_sync": True})
    assert scored["predicted"] == 48 and not scored["failed"]
    assert server.post("/activelearning/margin")["by"] == "margin"
    series = image.partition("/")[0]
    assert len(server.infer(series)["images"]) == 4

    by_name = {path.stem: name for name, path in sources.items()}
    for row in truth:
        if row["view_position"] == "CC":
            answer = server.submit(by_name[row["image_id"]], birads=row["breast_birads"], of="breast")
            assert answer.status_code == 200 and len(answer.json()["images"]) == 2
    assert server.get("/datastore/")["completed"] == 48
    refused = server.submit(series, birads="2", of="breast")
    assert refused.status_code == 422 and "laterality" in refused.json()["detail"]
    both = server.submit(series, birads="1", of="breast", laterality="L").json()["images"]
    assert len(both) == 2 and all(name.startswith(series) for name in both)

    settings = {"max_epochs": 1, "num_workers": 0, "learning_rate": 1e-3}
    told = server.post(f"/train/{MODEL}", {"run_sync": True}, json=settings)
    after = server.infer(image)
    assert told["replaces"] == before["context"]["weights"] != after["context"]["weights"] == told["sha256"]
    seen = [content["images"][0]["outcome"]["probabilities"] for content in (before, after)]
    assert seen[0] != pytest.approx(seen[1], abs=1e-4)
    assert after["images"][0]["outcome"]["calibrated"] and after["images"][0]["outcome"]["decision"]
    assert list(kept.glob(f"*/labels/rounds/{MODEL}/001/model.pt"))
