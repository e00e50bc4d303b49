from __future__ import annotations

import datetime
import warnings

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo_monai.deidentification import profile
from mammo_monai.deidentification.known_values import FREE_TEXT
from mammo_monai.deidentification.profile import ACTIONS, clean, patient_of
from mammo_monai.dicom.part10 import file_bytes

from .conftest import KEPT_TEXT, STANDARD, identify, item, strings  # isort: skip


def basic():
    data = Dataset()
    data.PatientID, data.SOPClassUID, data.SOPInstanceUID = "MRN-4711-X", STANDARD + "5.1.4.1.1.1.2", "1.2.3"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.840.113619.9", "1.2.840.113619.9.1"
    data.AnatomicRegionSequence = Sequence(
        [item(CodeValue="76752008", CodingSchemeDesignator="SCT", CodeMeaning="Breast")]
    )
    return data


def cleaned(data, pseudonyms):
    return clean(data, patient_of(data, pseudonyms))


def test_every_element_of_table_e_1_1_that_stays_is_kept_by_an_option():
    """The table as kept by Kitware's dicom-anonymizer, edition 2026c: what is on it may stay by a named option only."""
    table = pytest.importorskip("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    listed = {tag[:2] for name in dir(table) if name.endswith("TAGS") for tag in getattr(table, name)}
    named = {word for word in ACTIONS if divmod(tag_for_keyword(word), 65536) in listed}
    patient_characteristics = {"PatientSex", "PatientAge"}
    modified_dates = {"StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"}
    structured_content = {"AcquisitionContextSequence"}
    replaced = {  # U, Z and D of the basic profile itself
        "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "ReferencedSOPInstanceUID", "IrradiationEventUID",
        "SourceImageSequence", "ReferencedImageSequence", "PatientID", "PatientName", "PatientBirthDate", "StudyTime",
        "ContentTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "DeviceSerialNumber",
    }  # fmt: skip
    assert named == patient_characteristics | modified_dates | structured_content | replaced
    assert all(
        ACTIONS[word] is not profile._keep for word in replaced - {"SourceImageSequence", "ReferencedImageSequence"}
    )


def test_the_tests_and_the_profile_agree_on_what_text_may_stay():
    assert KEPT_TEXT == FREE_TEXT


def test_what_is_not_named_goes(pseudonyms):
    data = basic()
    identify(data)
    new = cleaned(data, pseudonyms)
    assert not [element.tag for element in new.iterall() if element.tag.is_private or element.tag.group >= 0x5000]
    for keyword in ("OtherPatientIDs", "StudyDescription", "InstitutionName", "IconImageSequence", "DetectorID"):
        assert keyword not in new
    assert new.PatientName == new.PatientID == pseudonyms.patient("MRN-4711-X")
    assert not (new.PatientBirthDate or new.AccessionNumber or new.StudyTime or new.StudyID)
    assert new.PatientIdentityRemoved == "YES" and new.LongitudinalTemporalInformationModified == "MODIFIED"
    assert new.AnatomicRegionSequence[0].CodeValue == "76752008"
    assert not new.AnatomicRegionSequence[0].CodeMeaning  # it named the patient


def test_what_training_needs_stays(pseudonyms):
    kept = {
        "PatientAge": "057Y", "PatientSex": "F", "ImageLaterality": "R", "ViewPosition": "MLO", "KVP": 28, "Rows": 4,
        "ManufacturerModelName": "Mammomat", "ImagerPixelSpacing": [0.085, 0.085], "WindowCenter": [2000, 1800],
        "WindowWidth": [3000, 2800], "VOILUTFunction": "SIGMOID", "PhotometricInterpretation": "MONOCHROME1",
        "BodyPartThickness": 52, "PresentationIntentType": "FOR PRESENTATION", "SoftwareVersions": "VB10",
        "PartialView": "NO", "Manufacturer": "SIEMENS",
    }  # fmt: skip
    data = basic()
    for keyword, value in kept.items():
        setattr(data, keyword, value)
    data.ViewCodeSequence = Sequence([item(CodeValue="399368009", CodingSchemeDesignator="SCT", CodeMeaning="MLO")])
    answer = item(CodeValue="129716005", CodingSchemeDesignator="SCT", CodeMeaning="fatty")
    data.AcquisitionContextSequence = Sequence(
        [item(ValueType="CODE", ConceptCodeSequence=Sequence([answer]), TextValue="Jane")]
    )
    new = cleaned(data, pseudonyms)
    assert {keyword: new[keyword].value for keyword in kept} == {keyword: data[keyword].value for keyword in kept}
    assert new.ViewCodeSequence[0].CodeValue == "399368009"
    assert new.AcquisitionContextSequence[0].ConceptCodeSequence[0].CodeValue == "129716005"
    assert "TextValue" not in new.AcquisitionContextSequence[0]


def test_references_follow_their_targets_at_any_depth(pseudonyms):
    first, second = basic(), basic()
    second.SOPInstanceUID = "1.2.4"
    inner = item(ReferencedSOPClassUID=STANDARD + "5.1.4.1.1.1.2", ReferencedSOPInstanceUID="1.2.3")
    inner.ReferencedImageSequence = Sequence([item(ReferencedSOPInstanceUID="1.2.4 ")])
    second.SourceImageSequence = Sequence([inner])
    one, two = cleaned(first, pseudonyms), cleaned(second, pseudonyms)
    reference = two.SourceImageSequence[0]
    assert reference.ReferencedSOPInstanceUID == one.SOPInstanceUID != "1.2.3"
    assert reference.ReferencedImageSequence[0].ReferencedSOPInstanceUID == two.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == STANDARD + "5.1.4.1.1.1.2"
    assert one.StudyInstanceUID == two.StudyInstanceUID and one.StudyInstanceUID.is_valid


def test_the_time_between_exams_of_one_woman_stays_and_between_women_does_not(pseudonyms):
    def moved(patient, date):
        data = basic()
        data.PatientID, data.StudyDate = patient, date
        return datetime.datetime.strptime(cleaned(data, pseudonyms).StudyDate, "%Y%m%d")

    assert (moved("A", "20200301") - moved("A", "20180215")).days == 745
    assert len({moved(name, "20200301") for name in "ABCDEFGH"}) > 4


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("BodyPartExamined", "MRS SMITH"),
        ("ImageType", ["ORIGINAL", "Wilhelmina!"]),
        ("PatientSex", "SMITH"),
        ("SeriesNumber", "195102034"),
        ("PatientOrientation", ["P", "JANE"]),
        ("SOPClassUID", "1.2.826.4711"),
    ],
)
def test_a_value_that_its_place_does_not_allow_goes(keyword, value, pseudonyms):
    data = basic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        setattr(data, keyword, value)
        assert keyword not in cleaned(data, pseudonyms)


def test_local_codes_and_names_in_kept_text_go(pseudonyms):
    data = basic()
    data.PatientName, data.Manufacturer, data.ManufacturerModelName = "O'Hara^Scarlett", "for Scarlett", "Mammomat"
    data.OrganExposed = data.DetectorType = "SCARLETT"
    data.FilterMaterial = "RHODIUM"
    data.ViewCodeSequence = Sequence([item(CodeValue="JANE", CodingSchemeDesignator="99HOSP", CodeMeaning="x")])
    new = cleaned(data, pseudonyms)
    assert new.Manufacturer is None or new.Manufacturer == ""
    assert "OrganExposed" not in new and "DetectorType" not in new and new.FilterMaterial == "RHODIUM"
    assert new.ManufacturerModelName == "Mammomat" and len(new.ViewCodeSequence) == 0


TEXT = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=6, max_size=12).map("q{}".format)
CODE = st.text("ABCDEFGHJKLMN_", min_size=4, max_size=12)
VALUES = {
    "PN": TEXT, "LO": TEXT, "SH": TEXT, "LT": TEXT, "ST": TEXT, "UT": TEXT, "UC": TEXT, "AE": TEXT, "CS": CODE,
    "UR": TEXT,
    "DA": st.dates(datetime.date(1950, 1, 1)).map(lambda date: date.strftime("%Y%m%d")),
    "UI": st.lists(st.integers(1, 10**6), min_size=5, max_size=8).map(lambda parts: "1.3." + ".".join(map(str, parts))),
    "TM": st.times().map(lambda time: time.strftime("%H%M%S.%f")),
}  # fmt: skip
TAGS = sorted(
    (tag, entry[0])
    for tag, entry in DicomDictionary.items()
    if entry[0] in VALUES and tag >> 16 not in (0, 2, 4) and entry[4] != "SpecificCharacterSet"
)
SEQUENCES = sorted(tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ")
KEPT_SEQUENCES = [tag for tag in SEQUENCES if DicomDictionary[tag][4] in ACTIONS]
KEPT_TAGS = [pair for pair in TAGS if DicomDictionary[pair[0]][4] in ACTIONS]


@st.composite
def datasets(draw, depth=2):
    data = Dataset()
    for tag, vr in draw(st.lists(st.sampled_from(TAGS) | st.sampled_from(KEPT_TAGS), max_size=12)):
        data.add_new(tag, vr, draw(VALUES[vr]))
    if depth:
        for tag in draw(st.lists(st.sampled_from(SEQUENCES) | st.sampled_from(KEPT_SEQUENCES), max_size=3)):
            data.add_new(tag, "SQ", Sequence(draw(st.lists(datasets(depth - 1), min_size=1, max_size=2))))
    block = data.private_block(0x0099, draw(TEXT), create=True)
    block.add_new(1, "LO", draw(TEXT))
    return data


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(datasets())
def test_no_text_of_any_data_set_survives(pseudonyms, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.PatientID = "MRN-4711-X"
        data.SOPClassUID, data.SOPInstanceUID = STANDARD + "5.1.4.1.1.1.2", "1.2.3.4"
        held = list(strings(data))
        new = cleaned(data, pseudonyms)
        written = file_bytes(new, STANDARD + "1.2.1", "2.25.1")
    allowed = {text for keyword, _, text in held if keyword in KEPT_TEXT or text.startswith(STANDARD)}
    own = {str(element.value) for element in new.iterall() if element.VR == "DA"}  # a moved date may meet another
    wanted = {text for _, vr, text in held if text not in allowed and not (vr == "DA" and text in own)}
    assert not [text for text in wanted if len(text) >= 4 and text.encode() in written]
    read = pydicom.dcmread(pydicom.filebase.DicomBytesIO(written))
    assert read.PatientID == pseudonyms.patient("MRN-4711-X")
