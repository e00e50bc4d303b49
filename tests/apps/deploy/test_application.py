"""Studies in, reports out, in this process; one run as a user would start it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

pytest.importorskip("holoscan", reason="the extra 'deploy' is not installed here; run 'make test-deploy'")
SC, SR3D = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.88.34"


def first(study: Path) -> Path:
    return min((study / "exam").iterdir())


def written(out: Path) -> list[str]:
    """Every file below, temporary ones included, without its exam's digest."""
    return sorted(path.name.partition(".")[2] or path.name for path in out.rglob("*") if path.name != "result.json")


def result_of(out: Path, row: dict) -> dict:
    return json.loads((out / row["files"][-1]).read_text())


def test_probabilities_are_those_of_the_predictor_and_of_the_bundle(run, trained, study, tmp_path):
    from monai.bundle import ConfigWorkflow

    from mammo_monai import Predictor

    code, outcome = run(study, trained)
    assert code == 0
    (row,) = outcome["exams"]
    ours = result_of(tmp_path / "out", row)
    theirs = Predictor(trained).predict(study).to_json()
    assert ours["images"] == json.loads(json.dumps(theirs["images"])) and len(ours["images"]) == 4
    assert ours["whole"] == json.loads(json.dumps(theirs["whole"]))
    workflow = ConfigWorkflow(
        config_file=str(trained / "configs" / "inference.json"),
        meta_file=str(trained / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="infer",
        bundle_root=str(trained),
        dataset_dir=str(study),
        output_dir=str(tmp_path / "eval"),
    )
    workflow.initialize()
    workflow.run()
    (bundles,) = (tmp_path / "eval" / "exams").glob("*.json")
    assert ours["images"] == json.loads(bundles.read_text())["images"]
    weights = json.loads((trained / "models" / "model.json").read_text())["sha256"]
    assert outcome["context"]["weights"] == ours["context"]["weights"] == weights


def test_the_golden_probabilities(run, golden, tmp_path):
    code, outcome = run(golden.exam, golden.bundle, "--overlays", "off")
    assert code == 0
    golden.check(result_of(tmp_path / "out", outcome["exams"][0]))


def test_report_and_pictures_belong_to_the_study(run, trained, study, tmp_path):
    import highdicom

    code, outcome = run(study, trained)
    (row,) = outcome["exams"]
    assert (code, row["error"], row["notes"], outcome["error"]) == (0, "", [], "")
    assert written(tmp_path / "out") == sorted([*(f"overlay-{n}.dcm" for n in (1, 2, 3, 4)), "sr.dcm", "json"])
    assert {str(file) for file in row["files"]} == {path.name for path in (tmp_path / "out").iterdir()} - {
        "result.json"
    }
    source = pydicom.dcmread(first(study), stop_before_pixels=True)
    report = highdicom.sr.srread(next((tmp_path / "out").glob("*.sr.dcm")))
    assert (report.SOPClassUID, report.StudyInstanceUID) == (SR3D, source.StudyInstanceUID)
    assert (report.VerificationFlag, report.PatientID) == ("UNVERIFIED", source.PatientID)
    assert row["exam"] == source.StudyInstanceUID and row["patient"] == source.PatientID
    for path in (tmp_path / "out").glob("*.overlay-*.dcm"):
        picture = pydicom.dcmread(path)
        assert (picture.SOPClassUID, picture.StudyInstanceUID) == (SC, source.StudyInstanceUID)
        pixels = picture.pixel_array[: source.Rows]
        assert pixels.shape[1:] == (source.Columns, 3) and (pixels.max(2) > pixels.min(2)).any()


def test_a_study_that_comes_back_with_our_report_is_read_as_before(run, trained, study, tmp_path):
    run(study, trained)
    reports = shutil.copytree(tmp_path / "out", study / "reports")
    code, outcome = run(study, trained, out=tmp_path / "again")
    assert code == 0
    assert [len(row["images"]) for row in outcome["exams"]] == [4]
    assert outcome["left_out"].keys() == {f"reports/{path.name}" for path in reports.iterdir()}


def test_everything_else_in_the_folder_is_named_with_its_reason(run, trained, study, tmp_path, changed):
    one = first(study)
    changed(one, study / "ct.dcm", Modality="CT", StudyInstanceUID="1.2.3")
    changed(one, study / "sr.dcm", Modality="SR", PixelData=None)
    changed(one, study / "rgb.dcm", Modality="OT", SOPClassUID=SC, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    changed(one, study / "no_pixels.dcm", PixelData=None)
    (study / "notes.txt").write_text("hello")
    (study / "empty.dcm").touch()
    code, outcome = run(study, trained, "--overlays", "off")
    (row,) = outcome["exams"]
    assert code == 0
    # What belongs to the exam and cannot be judged is noted there.
    named = outcome["left_out"] | dict(note.split(": ", 1) for note in row["notes"])
    assert {path: text.partition(":")[0] for path, text in named.items()} == {
        "ct.dcm": "other-modality",
        "sr.dcm": "no-pixel-data",
        "rgb.dcm": "colour",
        "no_pixels.dcm": "no-pixel-data",
        "notes.txt": "unsupported-format",
        "empty.dcm": "empty-file",
    }
    assert result_of(tmp_path / "out", row)["whole"]["images"] == 4
    assert written(tmp_path / "out") == ["json", "sr.dcm"]


def test_one_view_and_the_same_view_twice(run, trained, study, tmp_path, changed):
    one, *others = sorted((study / "exam").iterdir())
    for path in others:
        path.unlink()
    code, outcome = run(study, trained, out=tmp_path / "one")
    assert code == 0
    whole = result_of(tmp_path / "one", outcome["exams"][0])["whole"]
    assert (whole["images"], len(whole["missing"])) == (1, 3)
    changed(one, study / "exam" / "again.dcm")
    code, outcome = run(study, trained, out=tmp_path / "two")
    assert code == 0
    whole = result_of(tmp_path / "two", outcome["exams"][0])["whole"]
    assert (whole["images"], len(whole["missing"])) == (2, 3)


def test_two_patients_in_one_folder_are_two_reports(run, trained, phantoms, tmp_path):
    for number, folder in enumerate(sorted(path for path in (phantoms / "images").iterdir() if path.is_dir())[:2]):
        for path in folder.iterdir():
            (tmp_path / "in").mkdir(exist_ok=True)
            shutil.copy(path, tmp_path / "in" / f"{number}{path.name}")
    code, outcome = run(tmp_path / "in", trained, "--overlays", "off")
    assert code == 0
    assert len({row["patient"] for row in outcome["exams"]}) == len(outcome["exams"]) == 2
    assert [len(row["images"]) for row in outcome["exams"]] == [4, 4]
    assert written(tmp_path / "out") == ["json", "json", "sr.dcm", "sr.dcm"]


def test_a_study_of_two_patients_has_no_report_and_no_success(run, trained, study, phantoms, changed):
    others = max(path for path in (phantoms / "images").iterdir() if path.is_dir())
    shutil.copytree(others, study / "fine")
    changed(first(study), study / "exam" / "other.dcm", PatientID="SOMEBODY")
    code, outcome = run(study, trained, "--overlays", "off")
    assert code == 1 and outcome["error"].startswith("patient-conflict")
    assert [row["error"] for row in outcome["exams"]] == [""] and len(outcome["left_out"]) == 5


def test_pictures_are_small_and_do_without_is_no_failure(run, trained, study, tmp_path, monkeypatch):
    from mammo_monai import Predictor
    from mammo_monai.inference import overlays

    monkeypatch.setattr(overlays, "LONGEST", 80)
    assert run(study, trained)[0] == 0
    sizes = [pydicom.dcmread(path, stop_before_pixels=True).Columns for path in (tmp_path / "out").glob("*overlay*")]
    assert len(sizes) == 4 and max(sizes) < 80

    def fail(*_):
        raise ValueError("no gradient")

    monkeypatch.setattr(Predictor, "explain", fail)
    code, outcome = run(study, trained, out=tmp_path / "none")
    (row,) = outcome["exams"]
    assert code == 0 and len(row["files"]) == 2
    assert [note.partition(": ")[2] for note in row["notes"]] == ["no overlay, unexpected: ValueError: no gradient"] * 4


def test_an_image_without_a_result_is_noted(run, trained, study):
    bad = first(study)
    bad.write_bytes(bad.read_bytes()[:-400])
    code, outcome = run(study, trained)
    (row,) = outcome["exams"]
    assert code == 0 and len(row["notes"]) == 1
    assert row["notes"][0].startswith(f"exam/{bad.name}: truncated-pixels")
    assert sum("overlay" in file for file in row["files"]) == 3


def test_no_mammogram_at_all(run, trained, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("hello")
    code, outcome = run(tmp_path / "in", trained)
    assert code == 1 and outcome["exams"] == []
    assert outcome["error"].startswith("no-exam: ") and "notes.txt" in outcome["error"]
    assert f"error: {outcome['error']}" in capsys.readouterr().err
    (tmp_path / "in" / "notes.txt").unlink()
    code, outcome = run(tmp_path / "in", trained)
    assert code == 1 and outcome["error"]


def test_what_was_tampered_with_is_refused(run, bundle, study, tmp_path):
    def refused(*arguments: str) -> str:
        code, outcome = run(study, bundle, *arguments)
        assert code == 1 and written(tmp_path / "out") == []
        assert all(row["error"].startswith("not-done") for row in outcome["exams"])
        assert "\n" not in outcome["error"]
        return outcome["error"].partition(":")[0]

    assert refused("--weights-sha256", "0" * 64) == "weights-digest"
    assert refused("--bundle-sha256", "0" * 64) == "bundle-digest"
    assert refused("--engine", "steam") == "engine-unknown"
    config = bundle / "configs" / "inference.json"
    text = config.read_text()
    config.write_text(text.replace('"policy": "stretch"', '"policy": "pad"'))
    assert refused() == "other-preprocessing"
    config.write_text(text)
    (bundle / "models" / "decision.json").write_text(json.dumps({"sha256": "0" * 64}))
    assert refused() in ("decision-unreadable", "decision-mismatch")
    (bundle / "models" / "decision.json").unlink()
    weights = bundle / "models" / "model.pt"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    assert refused() == "weights-digest"
    weights.unlink()
    assert refused() == "weights-missing"
    shutil.rmtree(bundle / "configs")
    assert refused() == "missing-bundle"


def test_a_report_that_fails_is_its_exams_error_and_nothing_half(run, trained, phantoms, tmp_path, monkeypatch):
    from mammo_monai import files

    for folder in sorted(path for path in (phantoms / "images").iterdir() if path.is_dir())[:2]:
        shutil.copytree(folder, tmp_path / "in" / folder.name)
    calls = iter(range(1000))

    def full(handle: int) -> None:
        if next(calls) == 2:  # after "unfinished" and the first report: its JSON
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    code, outcome = run(tmp_path / "in", trained, "--overlays", "off")
    assert code == 1
    failed, fine = outcome["exams"]
    assert failed["error"].startswith("not-writable") and "No space left" in failed["error"] and failed["files"] == []
    assert fine["error"] == "" and len(fine["files"]) == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"result.json", *fine["files"]}


def test_an_exam_that_cannot_have_a_dicom_report_is_an_error(run, trained, study):
    import cv2
    import numpy as np

    shutil.rmtree(study / "exam")
    cv2.imwrite(str(study / "a_L_CC.png"), (np.indices((160, 128)).sum(0) % 250).astype(np.uint8))
    code, outcome = run(study, trained)
    assert code == 1 and outcome["exams"][0]["error"].startswith("no-report")
    code, outcome = run(study, trained, "--report", "none")
    assert code == 0 and len(outcome["exams"][0]["files"]) == 1


def test_text_report(run, trained, study, tmp_path):
    code, _ = run(study, trained, "--report", "text", "--overlays", "off")
    report = pydicom.dcmread(next((tmp_path / "out").glob("*.sr.dcm")))
    assert code == 0 and report.SOPClassUID.name == "Basic Text SR Storage"


def test_output_that_cannot_be_written(run, trained, study, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "result.json").mkdir(parents=True)
    for out, said in ((tmp_path / "file" / "out", "Not a directory"), (tmp_path / "taken", "not a regular file")):
        assert run(study, trained, out=out) == (1, {})
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith("error: ") and str(out) in last and said in last
    assert written(tmp_path / "taken") == []


def test_a_run_that_is_stopped_leaves_no_earlier_success(run, trained, study, tmp_path, monkeypatch):
    assert run(study, trained, "--overlays", "off")[0] == 0
    from mammo_monai import Predictor

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Predictor, "predict", stop)
    with pytest.raises(BaseException):  # noqa: B017 - of whatever kind the App SDK makes of it
        run(study, trained)
    assert json.loads((tmp_path / "out" / "result.json").read_text())["error"].startswith("unfinished")


@pytest.mark.parametrize("argument", [["--report", "pdf"], ["--overlays", "perhaps"], ["--wieghts-sha256", "0"]])
def test_options_that_are_none(run, trained, study, argument):
    with pytest.raises(SystemExit) as ended:
        run(study, trained, *argument)
    assert ended.value.code == 2


def test_an_argument_goes_before_the_environment(run, trained, study, monkeypatch):
    monkeypatch.setenv("MAMMO_REPORT", "none")
    monkeypatch.setenv("MAMMO_OVERLAYS", "off")
    assert len(run(study, trained)[1]["exams"][0]["files"]) == 1
    assert len(run(study, trained, "--overlays", "on")[1]["exams"][0]["files"]) == 5


@pytest.mark.slow
def test_ten_thousand_files(run, trained, study):
    for number in range(10_000):
        (study / f"{number}.dcm").write_bytes(b"%d" % number)
    code, outcome = run(study, trained, "--overlays", "off")
    assert code == 0 and len(outcome["left_out"]) == 10_000 and len(outcome["exams"]) == 1


def test_as_a_user_and_as_a_container_start_it(repository, trained, study, tmp_path):
    """From any directory; the paths as a MAP sets them, with the bundle inside the folder of models."""
    environment = {
        **os.environ,
        "HOLOSCAN_INPUT_PATH": str(study),
        "HOLOSCAN_OUTPUT_PATH": str(tmp_path / "out"),
        "HOLOSCAN_MODEL_PATH": str(trained.parent),
        "MAMMO_OVERLAYS": "off",
        "MAMMO_WEIGHTS_SHA256": json.loads((trained / "models" / "model.json").read_text())["sha256"],
    }
    command = [sys.executable, str(repository / "apps" / "deploy")]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert "1 of 1 exams reported" in ended.stdout
    assert written(tmp_path / "out") == ["json", "sr.dcm"]
    assert not [path for path in tmp_path.iterdir() if path.name not in ("in", "out")]
