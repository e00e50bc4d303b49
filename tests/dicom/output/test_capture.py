"""Overlays as Secondary Capture."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

pytest.importorskip("highdicom", reason="reports need the extra sr")

from mammo_monai.dicom.output import write_outputs
from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import find_exams


@pytest.fixture(scope="module")
def pictures():
    return [np.random.default_rng(seed).integers(0, 256, (150, 120 + seed, 3), dtype=np.uint8) for seed in range(2)]


@pytest.fixture(scope="module")
def written(exam, pictures, tmp_path_factory):
    result, root = exam
    overlays = {result.images[2].path: pictures[0], result.images[1].path: pictures[1]}
    return write_outputs(result, root, tmp_path_factory.mktemp("sc"), overlays=overlays, report="none")


def test_the_picture_is_kept_and_the_notice_stands_below(written, pictures):
    assert [path.name.split(".", 1)[1] for path in written] == ["overlay-1.dcm", "overlay-2.dcm", "json"]
    for path, picture in zip(written, pictures, strict=False):
        shown = pydicom.dcmread(path).pixel_array
        rows, columns, _ = picture.shape
        assert shown.shape[1] == columns and shown.shape[0] > rows
        np.testing.assert_array_equal(shown[:rows], picture)
        strip = shown[rows:]
        assert strip.max() > 128 and (strip < 64).mean() > 0.4  # light letters on black


def test_what_it_says_of_itself(written, exam):
    result, root = exam
    capture, other = (pydicom.dcmread(path) for path in written[:2])
    source = pydicom.dcmread(root / result.images[2].path, stop_before_pixels=True)
    assert capture.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert capture.PhotometricInterpretation == "RGB" and capture.BurnedInAnnotation == "YES"
    assert capture.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert "not for clinical use" in capture.SeriesDescription and "not for clinical use" in capture.ImageComments
    (reference,) = capture.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert capture.ImageLaterality == source.ImageLaterality == "L"
    assert capture.ViewCodeSequence[0].CodeValue == "399368009"  # MLO
    assert (capture.StudyInstanceUID, capture.PatientID) == (source.StudyInstanceUID, source.PatientID)
    assert capture.SeriesInstanceUID == other.SeriesInstanceUID != source.SeriesInstanceUID
    assert (capture.InstanceNumber, other.InstanceNumber) == (1, 2)


def test_the_checker_finds_no_error(written, complaints):
    assert [complaints("dciodvfy", path) for path in written[:2]] == [[], []]


def test_unknown_side_and_view_are_valid_too(exam, pictures, tmp_path, complaints, result_of):
    path = exam[0].images[0].path
    files = write_outputs(result_of([path], [("", "")]), exam[1], tmp_path, overlays={path: pictures[0]})
    assert [complaints("dciodvfy", file) for file in files[:-1]] == [[], []]


def test_our_outputs_are_no_exam(written):
    """Written beside their sources, they are not taken for mammograms."""
    assert find_exams(written[0].parent).exams == ()


@pytest.mark.parametrize(
    "picture",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(exam, tmp_path, picture):
    with pytest.raises(MammoError) as caught:
        write_outputs(*exam, tmp_path / "out", overlays={exam[0].images[0].path: picture})
    assert caught.value.reason == "bad-overlay" and not (tmp_path / "out").exists()


def test_tiny_pictures_have_a_strip(exam, tmp_path):
    picture = np.zeros((1, 1, 3), np.uint8)
    path, *_ = write_outputs(*exam, tmp_path, overlays={exam[0].images[0].path: picture})
    assert pydicom.dcmread(path).Rows == 2
