"""Which elements of a header stay, and as what: PS3.15 annex E read as an allow-list.

The basic profile of table E.1-1 names what has to go. Here every element goes that is not named below, so private
groups, curves, overlays, thumbnails, vendors' free text, unknown elements and those of later editions go as well.
What is named is either absent from table E.1-1 or kept by one of its options:

* Retain Patient Characteristics (113108): sex and age, none over 89.
* Retain Longitudinal Temporal Information With Modified Dates (113107): four dates, moved; times of day go.
* Clean Structured Content (113104): coded answers of the acquisition context (density) in standard code schemes.
* Maker, model and software are not in the table; the device's serial number is replaced by a pseudonym.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from mammo_monai.deidentification import dates
from mammo_monai.deidentification.known_values import FREE_TEXT, known, personal_words
from mammo_monai.deidentification.pseudonyms import Pseudonyms
from mammo_monai.dicom.rendering import texts

Values: TypeAlias = list[Any]
Action = Callable[["Patient", Values], Values]

METHOD: Final = (
    "PS3.15 basic profile, allow-list",
    "Dates moved back per patient, times removed, UIDs and ids keyed",
    "Text outside the breast set to black by program, not read",
)
CODES: Final = {
    "113100": "Basic Application Confidentiality Profile",
    "113104": "Clean Structured Content Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
}
STANDARD_CODES: Final = frozenset({"SCT", "SRT", "SNM3", "DCM", "BI", "UCUM", "RADLEX", "ACR", "FMA"})


@dataclass(frozen=True)
class Patient:
    """What the actions need to know of the patient whose file it is.

    Attributes:
        pseudonyms: of the job's key.
        pseudonym: of the patient.
        days: by which her dates move.
        words: her names and numbers, upper case; no text that holds one of them is kept.
    """

    pseudonyms: Pseudonyms
    pseudonym: str
    days: int
    words: frozenset[str]


def _keep(patient: Patient, values: Values) -> Values:
    return values


def _uid(patient: Patient, values: Values) -> Values:
    return [patient.pseudonyms.uid(str(value)) for value in values]


def _date(patient: Patient, values: Values) -> Values:
    return [dates.shifted(str(value), patient.days) for value in values]


def _patient(patient: Patient, values: Values) -> Values:
    return [patient.pseudonym]


def _device(patient: Patient, values: Values) -> Values:
    return [patient.pseudonyms.name("device", "\\".join(map(str, values)).strip(" \0"))] if values else []


def _empty(patient: Patient, values: Values) -> Values:
    return []


_KEPT = """
    SOPClassUID ImageType Modality PresentationIntentType ConversionType Manufacturer ManufacturerModelName
    SoftwareVersions PatientSex PatientAge SeriesNumber AcquisitionNumber InstanceNumber
    Laterality ImageLaterality ViewPosition ViewCodeSequence ViewModifierCodeSequence PatientOrientation
    AnatomicRegionSequence BodyPartExamined OrganExposed BreastImplantPresent PartialView PartialViewCodeSequence
    AcquisitionContextSequence ValueType ConceptNameCodeSequence ConceptCodeSequence
    CodeValue CodingSchemeDesignator CodingSchemeVersion CodeMeaning
    SourceImageSequence ReferencedImageSequence ReferencedSOPClassUID PurposeOfReferenceCodeSequence
    KVP ExposureTime XRayTubeCurrent Exposure ExposureInuAs ExposureTimeInuS XRayTubeCurrentInuA ExposureControlMode
    RelativeXRayExposure AnodeTargetMaterial FilterMaterial FilterType FilterThicknessMinimum FilterThicknessMaximum
    FocalSpots Grid BodyPartThickness CompressionForce HalfValueLayer OrganDose EntranceDose EntranceDoseInmGy
    PositionerType PositionerPrimaryAngle PositionerSecondaryAngle DistanceSourceToDetector DistanceSourceToPatient
    EstimatedRadiographicMagnificationFactor Sensitivity
    DetectorType DetectorConfiguration DetectorBinning DetectorElementPhysicalSize DetectorElementSpacing
    DetectorActiveShape DetectorActiveDimensions DetectorActiveOrigin
    FieldOfViewShape FieldOfViewDimensions FieldOfViewOrigin FieldOfViewRotation FieldOfViewHorizontalFlip
    ImagerPixelSpacing PixelSpacing NominalScannedPixelSpacing PixelSpacingCalibrationType PixelAspectRatio
    SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation
    PixelPaddingValue PixelPaddingRangeLimit PixelIntensityRelationship PixelIntensityRelationshipSign
    QualityControlImage LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod
    RescaleIntercept RescaleSlope RescaleType ModalityLUTSequence ModalityLUTType
    WindowCenter WindowWidth WindowCenterWidthExplanation VOILUTFunction VOILUTSequence
    LUTDescriptor LUTExplanation LUTData PresentationLUTShape
"""
ACTIONS: Final[Mapping[str, Action]] = {
    **dict.fromkeys(_KEPT.split(), _keep),
    **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), _date),
    **dict.fromkeys(
        ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "ReferencedSOPInstanceUID", "IrradiationEventUID"),
        _uid,
    ),
    **dict.fromkeys(("PatientID", "PatientName"), _patient),
    "DeviceSerialNumber": _device,
    # Type 2 of the mammography object: they must be there, empty (action Z).
    **dict.fromkeys(
        ("PatientBirthDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "ContentTime"), _empty
    ),
}
_BY_TAG: Final = {Tag(tag_for_keyword(keyword)): action for keyword, action in ACTIONS.items()}


def patient_of(header: Dataset, pseudonyms: Pseudonyms) -> Patient:
    """The patient of a file whose Patient ID is there."""
    number = "\\".join(texts(header, "PatientID"))
    return Patient(pseudonyms, pseudonyms.patient(number), pseudonyms.shift(number), personal_words(header))


def clean(header: Dataset, patient: Patient) -> Dataset:
    """A new data set of what may stay; ``header`` is not changed.

    Values are checked against what their VR and place allow (:mod:`.known_values`): one that fails is left out.
    """
    cleaned = _cleaned(header, patient)
    age = dates.age(*("\\".join(texts(header, key)) for key in ("PatientAge", "PatientBirthDate", "StudyDate")))
    if age:
        cleaned.PatientAge = age
    else:
        cleaned.pop("PatientAge", None)
    cleaned.SpecificCharacterSet = "ISO_IR 192"
    cleaned.PatientIdentityRemoved = "YES"
    cleaned.LongitudinalTemporalInformationModified = "MODIFIED"
    cleaned.DeidentificationMethod = list(METHOD)
    return cleaned


def codes() -> Sequence:
    """De-identification Method Code Sequence (PS3.16 CID 7050).

    Without 113101, Clean Pixel Data Option: writing on the breast is not looked for, so only a reviewer can claim it.
    """
    items = []
    for value, meaning in sorted(CODES.items()):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        items.append(item)
    return Sequence(items)


def _cleaned(source: Dataset, patient: Patient) -> Dataset:
    kept = Dataset()
    for tag in source.keys() & _BY_TAG.keys():
        try:
            element = source[tag]
            vr = _vr(element)
            if vr == "SQ":
                kept.add_new(tag, vr, Sequence([_cleaned(item, patient) for item in element.value if _standard(item)]))
            else:
                kept.add_new(tag, vr, _plain(element, vr, _BY_TAG[tag], patient))
        except Exception:  # noqa: S112 - whatever a damaged value raises: what cannot be read is not known to be safe
            continue
    return kept


def _plain(element: DataElement, vr: str, action: Action, patient: Patient) -> Any:
    """The new value of an element that is no sequence.

    Raises:
        ValueError: it may not stay.
    """
    value = element.value
    multiple = isinstance(value, list | MultiValue) and vr != "OW"
    values = list(value) if multiple else [] if value in (None, "", b"") else [value]
    values = action(patient, values)
    if not all(known(element.keyword, vr, value, patient.words) for value in values):
        if element.keyword not in FREE_TEXT:
            raise ValueError(element.keyword)
        values = []
    return values if len(values) > 1 else values[0] if values else None


def _standard(item: Dataset) -> bool:
    """Whether an item is no code, or one of a published scheme; local codes may mean anyone or anything."""
    return "CodeValue" not in item or str(item.get("CodingSchemeDesignator", "")).strip() in STANDARD_CODES


def _vr(element: DataElement) -> str:
    """The VR by the dictionary; where that depends on other elements, the one which fits the value."""
    vr = str(dictionary_VR(element.tag))
    if " or " not in vr:
        return vr
    return "OW" if isinstance(element.value, bytes) else str(element.VR) if element.VR in ("US", "SS") else "US"
