from __future__ import annotations

import json
import shutil
from pathlib import Path

import pydicom
import pytest

from mammo_monai.cli import run
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.inference.predictor import Predictor

pytest.importorskip("highdicom", reason="the extra 'sr' is not installed")


def call(bundle: Path, images: Path, out: Path, *more: str) -> int:
    return run(["predict", str(bundle), "--images", str(images), "--out", str(out), "--device", "cpu", *more])


def test_exams_reports_and_what_was_left_out(bundle, phantoms, tmp_path, capsys):
    from mammo_monai.dicom.output import read_report

    first, second = sorted(path for path in (phantoms / "images").iterdir() if path.is_dir())[:2]
    for folder in (first, second):
        shutil.copytree(folder, tmp_path / "in" / folder.name)
    (tmp_path / "in" / "notes.txt").write_text("hello")
    assert call(bundle, tmp_path / "in", tmp_path / "out", "--overlays") == 0
    printed = capsys.readouterr().out
    assert "left out notes.txt: unsupported-format" in printed and "2 of 2 exams" in printed
    stored = {}
    for path in (tmp_path / "out").glob("*.json"):
        result = ExamResult.from_json(json.loads(path.read_text()))
        stored[result.exam] = path
        assert len(list(path.parent.glob(f"{path.stem}.overlay-*.dcm"))) == 4
        said = read_report(path.with_suffix(".sr.dcm"))
        assert (said.exam, said.images, said.whole) == (result.exam, result.images, result.whole)
    expected = Predictor(bundle, device="cpu").predict(first)
    assert pydicom.dcmread(stored[expected.exam].with_suffix(".sr.dcm")).StudyInstanceUID == expected.exam
    written = ExamResult.from_json(json.loads(stored[expected.exam].read_text()))
    assert [image.outcome for image in written.images] == [image.outcome for image in expected.images]


def test_a_report_that_fails_is_named_and_leaves_nothing(bundle, phantoms, tmp_path, capsys):
    folder = next(path for path in sorted((phantoms / "images").iterdir()) if path.is_dir())
    (tmp_path / "out").write_text("a file where the folder should be")
    assert call(bundle, folder, tmp_path / "out") == 1
    assert "0 of 1 exams" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("out", "."))] == ["out"]


def test_words_that_are_not_understood(bundle, phantoms, tmp_path, capsys):
    assert call(bundle, phantoms / "images", tmp_path / "out", "--report", "pdf") == 2
    assert call(bundle, tmp_path / "nowhere", tmp_path / "out") == 1
    assert call(bundle, phantoms / "images", tmp_path / "out", "--bundle_sha256", "0" * 64) == 1
    assert "checksum" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
