"""The DICOM objects of a result, as the bytes of their files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from mammo_monai.dicom.output.capture import secondary_capture
from mammo_monai.dicom.output.plain import text_report
from mammo_monai.dicom.output.sources import Source
from mammo_monai.dicom.output.structured import structured_report
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult

REPORTS: Final[Mapping[str, Callable[[ExamResult, Mapping[str, Source]], Dataset]]] = {
    "tid1500": structured_report,
    "text": text_report,
}


def documents(
    result: ExamResult, sources: Mapping[str, Source], report: str, overlays: Mapping[str, NDArray[np.uint8]]
) -> dict[str, bytes]:
    """Files by the end of their names, captures first; all of them can be made, or there are none.

    Raises:
        MammoError: an overlay is no picture, or header and result hold what DICOM cannot.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # highdicom's print the names of patients that it finds unusual
            return {end: _bytes(document) for end, document in _objects(result, sources, report, overlays)}
    except MammoError:
        raise
    except Exception as error:  # highdicom refuses by many kinds of exception what the standard does not allow
        raise MammoError(
            f"{next(iter(sources))}: no valid DICOM can be made of its header and result ({error}); "
            "report='none' without overlays writes the JSON alone",
            "bad-report",
        ) from error


def _objects(
    result: ExamResult, sources: Mapping[str, Source], report: str, overlays: Mapping[str, NDArray[np.uint8]]
) -> Iterator[tuple[str, Dataset]]:
    images = {image.path: image for image in reversed(result.images)}
    series = generate_uid(prefix=None)
    for number, (path, picture) in enumerate(overlays.items(), start=1):
        capture = secondary_capture(images[path], sources[path], picture, result.context, series, number)
        yield f"overlay-{number}.dcm", capture
    if report in REPORTS:
        yield "sr.dcm", REPORTS[report](result, sources)


def _bytes(document: Dataset) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, document, enforce_file_format=True)
    return buffer.getvalue()
