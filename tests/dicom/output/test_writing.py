"""All of it or nothing."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

pytest.importorskip("highdicom", reason="reports need the extra sr")

from mammo_monai.dicom.output import read_report, write_outputs
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult, Outcome
from mammo_monai.evaluation.exams import exam_name

PICTURE = np.full((16, 16, 3), 200, np.uint8)


@pytest.fixture(scope="module")
def one(exam):
    """One image of the exam: quick to write."""
    result, root = exam
    return replace(result, images=result.images[:1], breasts=(), whole=None), root


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_names_are_digests_and_the_json_is_the_result(exam, tmp_path):
    result, root = exam
    written = write_outputs(result, root, tmp_path / "new" / "out", overlays={result.images[0].path: PICTURE})
    name = exam_name(result)
    assert [path.name for path in written] == [f"{name}.overlay-1.dcm", f"{name}.sr.dcm", f"{name}.json"]
    assert files(tmp_path / "new" / "out") == sorted(path.name for path in written)
    assert ExamResult.from_json(json.loads(written[-1].read_text())) == result
    assert result.patient not in "".join(files(tmp_path / "new" / "out"))


def test_a_second_call_replaces_the_first(exam, tmp_path):
    result, root = exam
    write_outputs(result, root, tmp_path, overlays={image.path: PICTURE for image in result.images[:2]})
    (tmp_path / "other.json").write_text("{}")
    last = write_outputs(result, root, tmp_path, report="none")
    assert files(tmp_path) == sorted([last[0].name, "other.json"])


@pytest.mark.parametrize("full_after", [0, 1, 2])
def test_a_full_disk_leaves_nothing(one, tmp_path, monkeypatch, full_after):
    result, root = one
    count = iter(range(99))
    real = Path.write_bytes

    def write_bytes(self, data):
        if next(count) < full_after:
            return real(self, data)
        real(self, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(MammoError, match="No space left") as caught:
        write_outputs(result, root, tmp_path, overlays={result.images[0].path: PICTURE})
    assert caught.value.reason == "not-writable" and files(tmp_path) == []


@pytest.mark.parametrize("full_after", [0, 1, 2])
def test_a_full_disk_keeps_the_earlier_report(one, tmp_path, monkeypatch, full_after):
    result, root = one
    overlays = {result.images[0].path: PICTURE}
    before = {path: path.read_bytes() for path in write_outputs(result, root, tmp_path, overlays=overlays)}
    count = iter(range(99))
    real = Path.write_bytes

    def write_bytes(self, data):
        if next(count) >= full_after:
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(MammoError):
        write_outputs(result, root, tmp_path, overlays=overlays)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("refused_after", [0, 1, 2])
def test_a_name_that_cannot_be_given_leaves_nothing(one, tmp_path, monkeypatch, refused_after):
    """The last step, renaming, fails for one of the files."""
    result, root = one
    given = []
    real = Path.replace

    def rename(self, target):
        if len(given) >= refused_after:
            raise OSError(5, "Input/output error")
        given.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", rename)
    with pytest.raises(MammoError):
        write_outputs(result, root, tmp_path, overlays={result.images[0].path: PICTURE})
    assert files(tmp_path) == [] and not any(path.suffix == ".json" for path in given)


def test_a_folder_that_cannot_be_made(one, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(MammoError) as caught:
            write_outputs(*one, out)
        assert caught.value.reason == "not-writable" and "\n" not in str(caught.value)


def test_a_png_has_a_json_that_says_why(tmp_path, result_of):
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "film.png")
    result = result_of(["film.png"], [("L", "CC")])
    (twin,) = write_outputs(result, tmp_path, tmp_path / "out", overlays={"film.png": PICTURE})
    content = json.loads(twin.read_text())
    assert content["remarks"] == ["no DICOM objects were written: film.png is no DICOM file"]
    assert ExamResult.from_json(content) == replace(result, remarks=tuple(content["remarks"]))


def test_json_alone_reads_no_source(tmp_path, result_of):
    result = result_of(["nowhere.dcm"], [("L", "CC")])
    (twin,) = write_outputs(result, tmp_path, tmp_path / "out", report="none")
    assert ExamResult.from_json(json.loads(twin.read_text())) == result


def test_sources_that_are_gone_leave_the_json(tmp_path, result_of):
    (twin,) = write_outputs(result_of(["gone.dcm"], [("L", "CC")]), tmp_path, tmp_path / "out")
    assert "gone.dcm cannot be read (No such file or directory)" in twin.read_text()


def test_a_patch_without_dicom_beside_one_with_is_not_hidden(exam, tmp_path, result_of):
    result, root = exam
    both = result_of([result.images[0].path, "film.png"], [("L", "CC"), ("R", "CC")])
    assert len(write_outputs(both, root, tmp_path)) == 1  # a report without one of the images would mislead


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_probability_that_is_no_number(exam, tmp_path, value):
    result, root = exam
    outcome = replace(result.images[0].outcome, probabilities={"045": value})
    broken = replace(result, images=(replace(result.images[0], outcome=outcome), *result.images[1:]))
    with pytest.raises(MammoError, match="expected a number") as caught:
        write_outputs(broken, root, tmp_path / "out")
    assert caught.value.reason == "bad-result" and files(tmp_path / "out") == []


def test_class_names_of_any_kind(exam, tmp_path, complaints):
    result, root = exam
    long = "lành tính, 'nghi ngờ' \"hoặc\" ác tính \\ " + "rất " * 30 + "dài"
    names = (long, long + " hơn")
    outcome = Outcome(dict.fromkeys(names, 0.5), long, decision=names[1])
    image = replace(result.images[0], outcome=outcome)
    made = replace(result, classes=names, images=(image,), breasts=(), whole=None)
    path, _ = write_outputs(made, root, tmp_path)
    assert read_report(path) == made
    assert complaints("dciodvfy", path) == [] == complaints("dsrdump", path)
    meanings = [element.value for element in pydicom.dcmread(path).iterall() if element.keyword == "CodeMeaning"]
    assert meanings and all(len(meaning.encode()) <= 64 for meaning in meanings)


def test_two_classes_of_one_name_are_refused(exam, tmp_path):
    with pytest.raises(MammoError, match="two are alike"):
        write_outputs(replace(exam[0], classes=("a", "a ")), exam[1], tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"report": "pdf"}, "bad-option"), ({"overlays": {"unknown.dcm": PICTURE}}, "bad-overlay")],
)
def test_options_are_checked_first(exam, tmp_path, options, reason):
    with pytest.raises(MammoError) as caught:
        write_outputs(*exam, tmp_path / "out", **options)
    assert caught.value.reason == reason and files(tmp_path / "out") == []


def test_without_highdicom_one_line_says_what_to_install(one, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("highdicom", "mammo_monai.dicom.output.documents"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("capture", "plain", "structured", "groups", "equipment"):
        monkeypatch.delitem(sys.modules, f"mammo_monai.dicom.output.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(MammoError, match=r"pip install '\.\[sr\]'") as caught:
        write_outputs(*one, tmp_path)
    assert caught.value.reason == "missing-extra" and files(tmp_path) == []
    assert len(write_outputs(*one, tmp_path, report="none")) == 1
