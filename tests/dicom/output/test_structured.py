"""A report as another program reads it: plain pydicom, codes of the standard, and three checkers."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

pytest.importorskip("highdicom", reason="reports need the extra sr")

from highdicom.sr import srread

from mammo_monai.dicom.output import write_outputs

MEASUREMENT_GROUP, FINDING, FINDING_SITE, LATERALITY = "125007", "121071", "363698007", "272741003"
IMAGE_LIBRARY, IMAGE_VIEW, IMAGE_LATERALITY, SOURCE = "111028", "111031", "111027", "121112"
LEFT, RIGHT, CC, MLO, POSITIVE, NEGATIVE = "7771000", "24028007", "399162004", "399368009", "10828004", "260385009"


@pytest.fixture(scope="module")
def written(exam, tmp_path_factory):
    result, root = exam
    report, twin = write_outputs(result, root, tmp_path_factory.mktemp("sr"))
    assert report.name.endswith(".sr.dcm") and twin.name.endswith(".json")
    return report, pydicom.dcmread(report)


def digest(kind: str, name: str) -> str:
    """As the documentation gives it."""
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def groups(report, named):
    return named(report, MEASUREMENT_GROUP)


def value(item) -> str:
    return item.ConceptCodeSequence[0].CodeValue


def test_its_kind_is_a_research_report_that_nobody_verified(written):
    _, report = written
    assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.34" and report.Modality == "SR"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert report.ConceptNameCodeSequence[0].CodeValue == "126000"
    assert (report.VerificationFlag, report.CompletionFlag) == ("UNVERIFIED", "PARTIAL")
    assert "not for clinical use" in report.SeriesDescription
    said = [item.TextValue for item in report.ContentSequence if item.ValueType == "TEXT"]
    assert "Research use only, not for clinical use." in said


def test_it_joins_the_study_in_a_series_of_its_own(written, exam):
    _, report = written
    result, root = exam
    source = pydicom.dcmread(root / result.images[0].path, stop_before_pixels=True)
    for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "PatientSex", "StudyDate", "AccessionNumber"):
        assert report.get(keyword) == source.get(keyword)
    assert report.SeriesInstanceUID != source.SeriesInstanceUID
    assert report.SOPInstanceUID.startswith("2.25.") and report.SeriesInstanceUID.startswith("2.25.")


def test_every_source_is_referred_to_also_one_without_result(written, exam, named):
    _, report = written
    result, root = exam
    uids = {pydicom.dcmread(root / image.path, stop_before_pixels=True).SOPInstanceUID for image in result.images}
    assert len(uids) == 4
    library = named(report, IMAGE_LIBRARY)[0]
    listed = list(named(library, "260753009"))
    assert {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in listed} == uids
    seen = [(value(named(item, IMAGE_LATERALITY)[0]), value(named(item, IMAGE_VIEW)[0])) for item in listed]
    assert seen == [(LEFT, CC), (RIGHT, CC), (LEFT, MLO), (RIGHT, MLO)]
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
    assert evidence.StudyInstanceUID == report.StudyInstanceUID
    assert {
        item.ReferencedSOPInstanceUID
        for series in evidence.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    } == uids
    failed = groups(report, named)[3]
    assert [item.TextValue for item in named(failed, "error")] == ["truncated-pixels: half of it"]
    assert not named(failed, FINDING) and not [item for item in failed.ContentSequence if item.ValueType == "NUM"]


def test_probabilities_are_found_by_code(written, exam, named):
    _, report = written
    result, _ = exam
    found = groups(report, named)
    assert len(found) == 4 + 2 + 1
    for group, image in zip(found[:3], result.images, strict=False):
        for method, probabilities in (("raw", image.outcome.probabilities), ("calibrated", image.outcome.calibrated)):
            for name, probability in probabilities.items():
                (item,) = [
                    item for item in named(group, digest("p", name)) if value(named(item, "370129005")[0]) == method
                ]
                measured = item.MeasuredValueSequence[0]
                assert measured.MeasurementUnitsCodeSequence[0].CodeValue == "1"
                assert measured.FloatingPointValue == probability
                assert abs(float(measured.NumericValue) - probability) < 1e-12
                assert len(str(measured.NumericValue)) <= 16


def test_groups_say_side_view_and_source(written, exam, named):
    _, report = written
    result, root = exam
    found = groups(report, named)
    sides = [[value(item) for item in named(named(group, FINDING_SITE)[0], LATERALITY)] for group in found]
    assert sides == [[LEFT], [RIGHT], [LEFT], [RIGHT], [LEFT], [RIGHT], []]
    assert [[value(item) for item in named(group, IMAGE_VIEW)] for group in found[:4]] == [[CC], [CC], [MLO], [MLO]]
    used = [
        [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in named(group, SOURCE)] for group in found
    ]
    uids = [pydicom.dcmread(root / image.path, stop_before_pixels=True).SOPInstanceUID for image in result.images]
    assert used == [[uids[0]], [uids[1]], [uids[2]], [uids[3]], [uids[0], uids[2]], [uids[1]], uids[:3]]


def test_an_abstention_is_text_and_no_finding(written, named):
    _, report = written
    first, *_ = groups(report, named)
    assert not named(first, FINDING)
    (decision,) = named(first, "decision")
    assert (decision.ValueType, decision.TextValue) == ("TEXT", "abstain")
    assert value(named(first, "most-probable")[0]) == digest("c", "23")
    assert "abstain" not in {element.value for element in report.iterall() if element.keyword == "CodeMeaning"}


def test_decision_and_operating_points_are_coded(written, exam, tmp_path, named):
    result, root = exam
    image = replace(result.images[0], outcome=replace(result.images[0].outcome, decision="1"))
    decided = pydicom.dcmread(
        write_outputs(replace(result, images=(image,), breasts=(), whole=None), root, tmp_path)[0]
    )
    (group,) = groups(decided, named)
    assert value(named(group, FINDING)[0]) == value(named(group, "decision")[0]) == digest("c", "1")
    _, report = written
    first, second, *_ = groups(report, named)
    assert value(named(first, digest("o", "screening"))[0]) == POSITIVE
    assert value(named(first, digest("o", "rule in"))[0]) == NEGATIVE
    assert value(named(second, FINDING)[0]) == digest("c", "23") and not named(second, "decision")


def test_algorithm_and_device_are_identified(written, exam, named):
    _, report = written
    result, _ = exam
    for group in groups(report, named):
        assert [named(group, code)[0].TextValue for code in ("111001", "111003")] == ["birads", "0.1.0"]
        assert result.context["weights"] in named(group, "111002")[0].TextValue
    assert named(report, "121005")[0].ConceptCodeSequence[0].CodeValue == "121007"
    assert named(report, "121016")[0].TextValue == result.context["weights"]


def test_codes_are_of_the_standard_or_of_our_scheme(written, walk):
    _, report = written
    schemes = {
        code.CodingSchemeDesignator
        for item in walk(report)
        for code in (*item.ConceptNameCodeSequence, *item.get("ConceptCodeSequence", ()))
    }
    assert schemes == {"DCM", "SCT", "RFC5646", "99MAMMOMONAI"}
    assert [item.CodingSchemeDesignator for item in report.CodingSchemeIdentificationSequence] == ["99MAMMOMONAI"]


def test_complete_where_every_image_has_a_result(exam, tmp_path):
    result, root = exam
    whole = replace(result, images=result.images[:3])
    assert pydicom.dcmread(write_outputs(whole, root, tmp_path)[0]).CompletionFlag == "COMPLETE"


def test_breasts_of_unknown_side_refer_each_to_their_own_image(exam, tmp_path, named):
    """Images whose side is contradicted are pooled with no other one."""
    result, root = exam
    images = [replace(image, conflict="laterality L by tags, R by pixels") for image in result.images[1:3]]
    breasts = tuple(replace(result.breasts[1], laterality=side, images=1) for side in ("L", "", ""))
    result = replace(result, images=(result.images[0], *images), breasts=breasts)
    report = pydicom.dcmread(write_outputs(result, root, tmp_path)[0])
    found = [
        [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in named(group, SOURCE)]
        for group in groups(report, named)[3:6]
    ]
    assert found == [[image.sop] for image in result.images]


def test_two_reports_are_two_objects_of_one_device(written, exam, tmp_path, named):
    _, first = written
    second = pydicom.dcmread(write_outputs(*exam, tmp_path)[0])
    assert first.SOPInstanceUID != second.SOPInstanceUID and first.SeriesInstanceUID != second.SeriesInstanceUID
    assert named(first, "121012")[0].UID == named(second, "121012")[0].UID


def test_highdicom_reads_it(written):
    path, _ = written
    content = srread(path).content
    found = content.get_image_measurement_groups()
    assert len(found) == 7
    assert found[0].finding_sites[0].laterality.value == LEFT
    assert len(found[0].get_measurements()) == 6 and len(found[-1].source_images) == 3


@pytest.mark.parametrize("command", ["dciodvfy", "dsrdump"])
def test_checkers_find_no_error(written, complaints, command):
    assert complaints(command, written[0]) == []


@pytest.mark.real
@pytest.mark.parametrize("name", ["GH133.dcm", "MG1_J2KI"])
@pytest.mark.parametrize("kind", ["tid1500", "text"])
def test_real_mammograms(mg_dicom: Path, tmp_path, result_of, complaints, name, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # highdicom's print the patient's name
        report, _ = write_outputs(result_of([name], [("L", "MLO")]), mg_dicom, tmp_path, report=kind)
    assert complaints("dciodvfy", report) == [] == complaints("dsrdump", report)
    assert pydicom.dcmread(report).StudyInstanceUID == pydicom.dcmread(mg_dicom / name).StudyInstanceUID
