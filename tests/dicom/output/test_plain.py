"""The Basic Text SR: what a viewer without measurements shows."""

from __future__ import annotations

import pydicom
import pytest

pytest.importorskip("highdicom", reason="reports need the extra sr")

from highdicom.sr.utils import find_content_items

from mammo_monai.dicom.output import write_outputs


@pytest.fixture(scope="module")
def written(exam, tmp_path_factory):
    path, _ = write_outputs(*exam, tmp_path_factory.mktemp("text"), report="text")
    return path, pydicom.dcmread(path)


def test_its_kind(written, exam):
    _, report = written
    assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.11"
    assert (report.VerificationFlag, report.CompletionFlag) == ("UNVERIFIED", "PARTIAL")
    assert "not for clinical use" in report.ConceptNameCodeSequence[0].CodeMeaning
    assert report.StudyInstanceUID == exam[0].exam and report.PatientID == exam[0].patient


def test_it_says_everything_in_words(written, named):
    _, report = written
    (whole,) = [item.TextValue for item in named(report, "exam")]
    assert whole.startswith("Exam: most probable class 045; probabilities (not calibrated): 045 0.600")
    assert [item.TextValue[:11] for item in named(report, "breast")] == ["Left breast", "Right breas"]
    first, *_, failed = [item.TextValue for item in named(report, "image")]
    assert "probabilities (calibrated): 045 0.300, 1 0.100, 23 0.600" in first
    assert "decision: abstain" in first
    assert "operating point screening (045 at 0.250): reached" in first
    assert "operating point rule in (045 at 0.500): not reached" in first
    assert "no result, truncated-pixels: half of it; conflict: view MLO by tags, CC by list" in failed
    assert [item.TextValue for item in named(report, "remark")] == ["one image has no result", "second\nline"]
    assert f"weights: {'ab' * 32}" in [item.TextValue for item in named(report, "context")]
    assert [item.TextValue for item in named(report, "121106")] == ["Research use only, not for clinical use."]


def test_only_value_types_of_basic_text(written, walk):
    assert {item.ValueType for item in walk(written[1])} <= {"CONTAINER", "TEXT", "CODE", "UIDREF", "IMAGE"}


def test_it_refers_to_every_source(written, exam, named):
    _, report = written
    listed = {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in named(report, "260753009")}
    assert len(listed) == len(exam[0].images)
    assert len(find_content_items(report, value_type="IMAGE", recursive=True)) == len(exam[0].images)


@pytest.mark.parametrize("command", ["dciodvfy", "dsrdump"])
def test_checkers_find_no_error(written, complaints, command):
    assert complaints(command, written[0]) == []
