"""A picture over a mammogram, such as a saliency map, as Secondary Capture (PS3.3 A.8.1)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from mammo_monai.dicom.output import concepts
from mammo_monai.dicom.output.equipment import equipment
from mammo_monai.dicom.output.sources import Source
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ImageResult
from mammo_monai.notice import NOTICE

SERIES_NUMBER = 9103


def secondary_capture(
    image: ImageResult,
    source: Source,
    picture: NDArray[np.uint8],
    context: Mapping[str, str],
    series: str,
    number: int,
) -> SCImage:
    """The picture in RGB, with the notice in a strip below it, derived from its source image.

    Args:
        image: what the picture shows.
        source: its object.
        picture: (rows, columns, 3), uint8.
        context: of the result.
        series: UID of the series of all captures.
        number: of this one in it, from 1.

    Raises:
        MammoError: reason ``bad-overlay``.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise MammoError(
            f"overlay of {image.path}: {picture.dtype} of shape {picture.shape}, expected uint8 (rows, columns, 3)",
            "bad-overlay",
        )
    made = SCImage.from_ref_dataset(
        source.evidence,
        np.vstack([picture, _strip(picture.shape[1])]),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("A", "F"),  # highdicom wants one; which way the picture was turned is unknown, see below
        series_instance_uid=series,
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=number,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **equipment(context),
    )
    made.copy_patient_and_study_information(source.evidence)
    made.PatientOrientation = []
    made.BurnedInAnnotation = "YES"
    made.BodyPartExamined = "BREAST"
    made.DerivationDescription = f"Overlay of a network on its source image. {NOTICE}"
    made.ImageComments = NOTICE
    made.SourceImageSequence = [_source(source)]
    if image.laterality in concepts.SIDES:
        made.ImageLaterality = image.laterality  # of the image: a series may hold both breasts
    else:
        made.Laterality = ""
    if image.view:
        code = concepts.view_code(image.view)
        made.ViewCodeSequence = [_coded(code.value, code.scheme_designator, code.meaning)]
    return made


def _strip(columns: int) -> NDArray[np.uint8]:
    """White on black, as wide as the picture."""
    (width, height), below = cv2.getTextSize(NOTICE, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)
    strip = np.zeros((height + 2 * below, width + 2 * below, 3), np.uint8)
    cv2.putText(strip, NOTICE, (below, height + below), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2, cv2.LINE_AA)
    rows = max(1, round(strip.shape[0] * columns / strip.shape[1]))
    return cv2.resize(strip, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _source(source: Source) -> Dataset:
    """Source Image Sequence (PS3.3 C.7.6.1.1.4)."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.evidence.SOPClassUID
    item.ReferencedSOPInstanceUID = source.evidence.SOPInstanceUID
    purpose = codes.DCM.SourceImageForImageProcessingOperation
    item.PurposeOfReferenceCodeSequence = [_coded(purpose.value, purpose.scheme_designator, purpose.meaning)]
    return item


def _coded(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
