"""One film as a valid "Digital Mammography X-Ray Image - For Presentation" object (PS3.3 A.27)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.phantom.breast import Plane
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam
from mammo_monai.phantom.presentation import BITS_STORED, VOIS, Voi, store
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES, TransferSyntax

MG_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
DETECTOR_HEIGHT_MM = 240.0
_NAMESPACE = uuid5(NAMESPACE_OID, "mammo-monai phantom")
IMPLEMENTATION = f"2.25.{_NAMESPACE.int}"
_VIEW_CODES = {
    "CC": ("399162004", "cranio-caudal"),
    "MLO": ("399368009", "medio-lateral oblique"),
}  # CID 4014
# Where rows and columns run to (C.7.6.1.1.1): chest wall at the left edge for L, at the right edge for R.
_ORIENTATION = {
    ("L", "CC"): ["A", "R"],
    ("R", "CC"): ["P", "L"],
    ("L", "MLO"): ["A", "FR"],
    ("R", "MLO"): ["P", "FL"],
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one image is stored."""

    syntax: TransferSyntax
    voi: Voi
    inverted: bool


def encoding(exam: Exam, laterality: str, view: str) -> Encoding:
    """The image's turn in the cycle of 8 transfer syntaxes, 7 VOIs and 1 MONOCHROME1 in 3.

    The stride of 5 per exam has no factor in common with the cycles, so that every view meets every encoding.
    """
    turn = 5 * exam.number + 2 * LATERALITIES.index(laterality) + VIEWS.index(view)
    return Encoding(TRANSFER_SYNTAXES[turn % len(TRANSFER_SYNTAXES)], VOIS[turn % len(VOIS)], turn % 3 == 2)


def identifier(exam: Exam, *parts: str) -> UUID:
    """A UUID that depends on seed, exam and parts only: as hex VinDr's id, as ``2.25.`` + integer the UID."""
    return uuid5(_NAMESPACE, "/".join((str(exam.seed), str(exam.number), *parts)))


def write_dicom(path: Path, exam: Exam, laterality: str, view: str, brightness: Plane, how: Encoding) -> None:
    """Write ``brightness`` (rows, columns; 0 = black to 1 = white) to ``path``: equal input, equal bytes."""
    ds = Dataset()
    _identify(ds, exam, laterality, view)
    _describe_view(ds, laterality, view)
    _describe_pixels(ds, brightness, how)
    path.write_bytes(file_bytes(ds, how.syntax.uid, IMPLEMENTATION))


def _identify(ds: Dataset, exam: Exam, laterality: str, view: str) -> None:
    """SOP common, patient, study, series and equipment modules."""
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = MG_FOR_PRESENTATION
    ds.SOPInstanceUID = _uid(identifier(exam, laterality, view))
    ds.PatientID = f"PHANTOM-{exam.seed}-{exam.number:05d}"
    ds.PatientName = f"Phantom^{exam.number}"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "", "F", f"{exam.age:03d}Y"
    ds.StudyInstanceUID = _uid(identifier(exam))
    ds.SeriesInstanceUID = _uid(identifier(exam, "series"))
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = "20200101"
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = ds.AcquisitionTime = "120000"
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = str(exam.number), "", ""
    ds.StudyDescription = "Synthetic screening mammography"
    ds.Modality, ds.PresentationIntentType = "MG", "FOR PRESENTATION"
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1 + 2 * LATERALITIES.index(laterality) + VIEWS.index(view)
    ds.Manufacturer, ds.ManufacturerModelName = "mammo-monai", "Phantom"
    ds.DeviceSerialNumber, ds.SoftwareVersions = str(exam.seed), "1"


def _describe_view(ds: Dataset, laterality: str, view: str) -> None:
    """DX anatomy imaged, mammography image, DX detector and acquisition context modules."""
    code, meaning = _VIEW_CODES[view]
    ds.ImageLaterality, ds.ViewPosition = laterality, view
    ds.ViewCodeSequence = Sequence([_code(code, meaning)])
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    ds.AnatomicRegionSequence = Sequence([_code("76752008", "Breast")])
    ds.PatientOrientation = _ORIENTATION[laterality, view]
    ds.OrganExposed, ds.BodyPartExamined, ds.PositionerType = "BREAST", "BREAST", "MAMMOGRAPHIC"
    ds.BreastImplantPresent, ds.PartialView = "NO", "NO"
    ds.DetectorType, ds.DetectorID = "DIRECT", "1"
    ds.AcquisitionContextSequence = Sequence([])


def _describe_pixels(ds: Dataset, brightness: Plane, how: Encoding) -> None:
    """General image, DX image, image pixel and VOI LUT modules."""
    pixels = store(brightness, how.voi, how.inverted)
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.BurnedInAnnotation, ds.LossyImageCompression = "YES", "00"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if how.inverted else "MONOCHROME2"
    ds.PresentationLUTShape = "INVERSE" if how.inverted else "IDENTITY"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1 if how.inverted else -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.Rows, ds.Columns = pixels.shape
    spacing = round(DETECTOR_HEIGHT_MM / pixels.shape[0], 6)
    ds.ImagerPixelSpacing = [spacing, spacing]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, BITS_STORED, BITS_STORED - 1, 0
    how.voi.describe(ds)
    if how.syntax.encode is None:
        ds.add_new(0x7FE00010, "OW", pixels.astype("<u2").tobytes())
    else:
        ds.add_new(0x7FE00010, "OB", encapsulate([how.syntax.encode(np.ascontiguousarray(pixels))]))
        ds["PixelData"].is_undefined_length = True


def _uid(uuid: UUID) -> str:
    return f"2.25.{uuid.int}"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item
