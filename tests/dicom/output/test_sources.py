"""Headers as data sets and hospitals really have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pydicom
import pytest

pytest.importorskip("highdicom", reason="reports need the extra sr")

from mammo_monai.dicom.output import read_report, write_outputs
from mammo_monai.errors import MammoError

WORDS = np.zeros((8, 8), np.uint16)
VIETNAMESE = "Nguyễn^Thị Hồng Ánh"
KINDS = ["tid1500", "text"]


@pytest.fixture
def report_of(write, tmp_path, result_of):
    """``report_of(kind, **elements)``: path of the report on one image with these elements."""

    def make(kind="tid1500", overlay=False, **elements):
        write(WORDS, name="a.dcm", **elements)
        overlays = {"a.dcm": np.zeros((8, 8, 3), np.uint8)} if overlay else {}
        files = write_outputs(
            result_of(["a.dcm"], [("L", "CC")]), tmp_path, tmp_path / "out", report=kind, overlays=overlays
        )
        return files[:-1]

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_missing_attributes_are_left_empty(report_of, complaints, kind):
    for path in report_of(kind, overlay=True, PatientID=None):  # nor name, sex, dates, accession number
        report = pydicom.dcmread(path)
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyID"):
            assert keyword in report and not report.get(keyword)
        assert complaints("dciodvfy", path) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_unreadable_values_are_left_empty(report_of, complaints, kind):
    odd = {
        "StudyDate": "2019-??",
        "StudyTime": "25:61",
        "PatientBirthDate": "00000000",
        "PatientSex": "W",
        "PatientAge": "60",
    }
    odd["PatientIdentityRemoved"] = "YES"
    for path in report_of(kind, overlay=True, **odd, DeidentificationMethod="by hand"):
        report = pydicom.dcmread(path)
        assert not any(report.get(keyword) for keyword in odd if keyword != "PatientIdentityRemoved")
        assert report.PatientIdentityRemoved == "YES" and report.DeidentificationMethod == "by hand"
        assert complaints("dciodvfy", path) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("charset", "name"), [("ISO_IR 192", VIETNAMESE), ("ISO_IR 100", "Müller^Jürgen"), (None, "Doe^Jane")]
)
def test_names_keep_their_letters(report_of, complaints, kind, charset, name):
    for path in (
        report_of(kind, overlay=True, SpecificCharacterSet=charset, PatientName=name)
        if charset
        else report_of(kind, overlay=True, PatientName=name)
    ):
        report = pydicom.dcmread(path)
        assert report.SpecificCharacterSet == "ISO_IR 192"
        assert str(report.PatientName) == name
        assert name.encode() in path.read_bytes()
        assert complaints("dciodvfy", path) == []


def test_a_name_of_one_part_is_no_warning(report_of, recwarn):
    report_of(overlay=True, PatientName="ANON-1234")
    assert not [warning for warning in recwarn if "ANON" in str(warning.message)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "elements",
    [{"PatientID": "x" * 100}, {"PatientID": "A\\B"}, {"PatientName": "A=B=C=D^^^^^^^"}, {"StudyID": "y" * 40}],
)
def test_odd_identity_is_kept_or_refused_in_one_line(report_of, elements):
    try:
        (path,) = report_of(**elements)
    except MammoError as error:
        assert error.reason == "bad-report" and "\n" not in str(error)
    else:
        ((keyword, value),) = elements.items()
        said = pydicom.dcmread(path).get(keyword)
        assert ("\\".join(said) if isinstance(said, pydicom.multival.MultiValue) else str(said)) == value


def two(write, tmp_path, result_of, **elements):
    write(WORDS, name="a.dcm", SOPInstanceUID="1.2.3.5")
    write(WORDS, name="b.dcm", **elements)
    result = result_of(["a.dcm", "b.dcm"], [("L", "CC"), ("R", "CC")])
    return write_outputs(result, tmp_path, tmp_path / "out")


def test_several_series_of_one_study(write, tmp_path, result_of):
    report = pydicom.dcmread(two(write, tmp_path, result_of, SeriesInstanceUID="1.2.3.2")[0])
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert {item.SeriesInstanceUID for item in series} == {"1.2.3.1", "1.2.3.2"}


@pytest.mark.parametrize(
    ("elements", "reason"),
    [({"StudyInstanceUID": "1.2.9"}, "several-studies"), ({"PatientID": "P2"}, "several-patients")],
)
def test_two_patients_or_studies_are_refused(write, tmp_path, result_of, elements, reason):
    with pytest.raises(MammoError, match=r"a\.dcm and b\.dcm") as caught:
        two(write, tmp_path, result_of, **elements)
    assert caught.value.reason == reason and not (tmp_path / "out").exists()


def test_two_names_without_ids_are_two_patients(write, tmp_path, result_of):
    write(WORDS, name="a.dcm", PatientID="", PatientName="A^A")
    write(WORDS, name="b.dcm", PatientID="", PatientName="B^B")
    with pytest.raises(MammoError) as caught:
        write_outputs(result_of(["a.dcm", "b.dcm"], [("L", "CC"), ("R", "CC")]), tmp_path, tmp_path / "out")
    assert caught.value.reason == "several-patients"


@pytest.mark.parametrize("path", ["../a.dcm", "/etc/a.dcm", "x/../../a.dcm"])
def test_a_path_out_of_the_folder_is_refused(tmp_path, result_of, path):
    with pytest.raises(MammoError) as caught:
        write_outputs(result_of([path], [("L", "CC")]), tmp_path, tmp_path / "out")
    assert caught.value.reason == "bad-path"


def test_an_unreadable_image_without_result_is_named_without_reference(write, tmp_path, result_of, named):
    write(WORDS, name="a.dcm")
    (tmp_path / "b.dcm").write_bytes(b"junk")
    result = result_of(["a.dcm", "b.dcm"], [("L", "CC"), ("R", "CC")])
    failed = replace(result.images[1], outcome=None, error="unreadable: junk")
    result = replace(result, images=(result.images[0], failed))
    path = write_outputs(result, tmp_path, tmp_path / "out")[0]
    assert read_report(path) == result
    assert len(named(pydicom.dcmread(path), "260753009")) == 1


@pytest.mark.filterwarnings("ignore")
def test_a_uid_that_is_none_leaves_the_json(report_of, write, tmp_path, result_of):
    write(WORDS, name="a.dcm", StudyInstanceUID="d8125545210c08e1b1793a5af6458ee2")  # as VinDr-Mammo has them
    files = write_outputs(result_of(["a.dcm"], [("L", "CC")]), tmp_path, tmp_path / "out")
    assert [path.suffix for path in files] == [".json"]
    assert "no valid StudyInstanceUID" in files[0].read_text()


def test_a_file_exchanged_since_is_refused(write, tmp_path, result_of):
    write(WORDS, name="a.dcm")
    result = result_of(["a.dcm"], [("L", "CC")])
    result = replace(result, images=(replace(result.images[0], sop="1.2.3.99"),))
    with pytest.raises(MammoError, match=r"1\.2\.3\.4, expected 1\.2\.3\.99") as caught:
        write_outputs(result, tmp_path, tmp_path / "out")
    assert caught.value.reason == "other-image" and not (tmp_path / "out").exists()
