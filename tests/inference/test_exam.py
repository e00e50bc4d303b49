from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from mammo_monai.dicom.refusals import CAPTURE
from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import find_exams
from mammo_monai.inference.predictor import only_exam


@pytest.fixture
def exam(phantoms: Path, tmp_path: Path) -> Path:
    """A copy of one phantom exam."""
    folder = sorted(path for path in (phantoms / "images").iterdir() if path.is_dir())[0]
    shutil.copytree(folder, tmp_path / "exam")
    return tmp_path / "exam"


def reasons(folder: Path) -> dict[str, str]:
    return {path: text.partition(":")[0] for path, text in find_exams(folder).left_out.items()}


def test_an_exam_is_its_study(exam):
    (found,) = find_exams(exam).exams
    header = pydicom.dcmread(exam / found.images[0], stop_before_pixels=True)
    assert (found.patient, found.exam) == (header.PatientID, header.StudyInstanceUID)
    assert len(found.images) == 4 and list(found.images) == sorted(found.images)
    assert only_exam(exam) == found


def test_what_is_no_mammogram_stays_out_with_its_reason(exam, changed):
    (first, *_) = sorted(exam.iterdir())
    changed(first, exam / "ct.dcm", Modality="CT")
    changed(first, exam / "sr.dcm", Modality="SR", PixelData=None)
    changed(first, exam / "again.dcm", SOPInstanceUID=None)
    shutil.copy(first, exam / "zz-copy.dcm")
    changed(first, exam / "screen.dcm", SOPClassUID=CAPTURE, ImageType=["DERIVED", "SECONDARY"])
    changed(first, exam / "chest.dcm", Modality="DX", ViewPosition="PA", ViewCodeSequence=[], BodyPartExamined="CHEST")
    (exam / "notes.txt").write_text("hello")
    (exam / "empty.dcm").write_bytes(b"")
    (exam / "half.dcm").write_bytes(first.read_bytes()[:200])
    assert reasons(exam) == {
        "ct.dcm": "other-modality",
        "sr.dcm": "no-pixel-data",
        "chest.dcm": "other-modality",
        "notes.txt": "unsupported-format",
        "empty.dcm": "empty-file",
        "screen.dcm": "other-modality",
        "zz-copy.dcm": "duplicate",
        "half.dcm": "no-pixel-data",
    }
    (found,) = find_exams(exam).exams
    assert len(found.images) == 5 and "again.dcm" in found.images


def test_a_view_that_cannot_be_judged_is_not_missing(exam, changed):
    (first, *_) = sorted(exam.iterdir())
    changed(first, exam / "raw.dcm", PresentationIntentType="FOR PROCESSING")
    changed(first, exam / "slices.dcm", ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS"])
    (found,) = find_exams(exam).exams
    assert {"raw.dcm", "slices.dcm"} <= set(found.images)


def test_careless_modalities_are_taken_when_the_breast_is_named(exam, changed):
    for path in sorted(exam.iterdir()):
        changed(path, path, Modality="OT", BodyPartExamined="BREAST")
    assert len(find_exams(exam).exams[0].images) == 4
    for path in sorted(exam.iterdir()):
        changed(path, path, Modality="")
    assert len(find_exams(exam).exams[0].images) == 4


def test_a_link_that_leads_out_takes_no_file_s_place(exam, tmp_path):
    (first, *_) = sorted(exam.iterdir())
    (tmp_path / "outside.dcm").write_bytes(first.read_bytes())
    (exam / "0-link.dcm").symlink_to(tmp_path / "outside.dcm")
    (tmp_path / "way-in").symlink_to(exam)
    for folder in (exam, tmp_path / "way-in"):
        found = find_exams(folder)
        assert found.exams[0].images[0] == first.name
        assert {path: text.partition(":")[0] for path, text in found.left_out.items()} == {"0-link.dcm": "duplicate"}
    first.unlink()
    assert find_exams(exam).exams[0].images[0] == "0-link.dcm"  # alone it is taken: films are often kept as links


def test_two_patients_in_one_folder_are_two_exams(exam, changed):
    (first, *_) = sorted(exam.iterdir())
    changed(first, exam / "other.dcm", PatientID="SOMEBODY ELSE", StudyInstanceUID="1.2.3")
    found = find_exams(exam).exams
    assert sorted(len(one.images) for one in found) == [1, 4]
    with pytest.raises(MammoError, match=r"2 exams of 2 patient\(s\)") as caught:
        only_exam(exam)
    assert caught.value.reason == "several-exams"


def test_a_study_of_two_patients_is_nobodys(exam, changed):
    (first, *_) = sorted(exam.iterdir())
    changed(first, exam / "other.dcm", PatientID="SOMEBODY ELSE")
    found = find_exams(exam)
    assert not found.exams and len(found.left_out) == 5
    assert all("SOMEBODY ELSE" in text and text.startswith("patient-conflict") for text in found.left_out.values())


def test_images_without_tags_belong_to_their_folder(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.zeros((9, 9), np.uint8))
    assert [(one.exam, one.images) for one in find_exams(tmp_path).exams] == [
        ("a", ("a/1.png", "a/2.png")),
        ("b", ("b/1.png",)),
    ]


def test_no_exam_at_all(tmp_path):
    with pytest.raises(MammoError) as missing:
        find_exams(tmp_path / "nowhere")
    assert missing.value.reason == "not-found"
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(MammoError, match=r"notes\.txt") as none:
        only_exam(tmp_path)
    assert none.value.reason == "no-exam"


@pytest.mark.real
def test_real_files(mg_dicom):
    found = find_exams(mg_dicom)
    # The scanned film calls itself RG; biopsy and tomosynthesis are mammograms that get a row with a reason.
    assert {name for exam in found.exams for name in exam.images} == {
        "GH133.dcm", "MG1_J2KI", "OutOfBoundsOverlay.dcm", "jpeg2k_3d.dcm"
    }  # fmt: skip
    assert {name: text.partition(":")[0] for name, text in found.left_out.items()} == {"GH1376.dcm": "other-modality"}
