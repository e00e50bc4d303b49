"""Digitised film as CBIS-DDSM stores it: Secondary Capture objects (PS3.3 A.8.1) that say little about themselves."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from mammo_monai.dicom.encode import EXPLICIT
from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.phantom.dicom_writer import IMPLEMENTATION

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def write_secondary_capture(
    path: Path,
    pixels: npt.NDArray[np.unsignedinteger],
    *,
    name: str,
    laterality: str,
    view: str,
    description: str,
    uids: tuple[UUID, UUID, UUID],
) -> None:
    """Write one image, folders included: equal input, equal bytes.

    Args:
        path: the file.
        pixels: (rows, columns), stored as they are in 8 or 16 bits, MONOCHROME2, without window.
        name: of the series; stands as PatientID and PatientName, as in CBIS-DDSM.
        laterality: "L" or "R".
        view: stands in PatientOrientation, as in CBIS-DDSM; there is no ViewPosition.
        description: Series Description.
        uids: of study, series and instance.
    """
    ds = Dataset()
    ds.SOPClassUID = SECONDARY_CAPTURE
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = (f"2.25.{uid.int}" for uid in uids)
    ds.Modality, ds.ConversionType, ds.BodyPartExamined = "MG", "WSD", "BREAST"
    ds.PatientID = ds.PatientName = name
    ds.PatientBirthDate, ds.PatientSex = "", ""
    ds.SeriesDescription, ds.SeriesNumber, ds.InstanceNumber = description, 1, 1
    ds.Laterality, ds.PatientOrientation = laterality, view
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.itemsize
    ds.HighBit = ds.BitsStored - 1
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    ds.add_new(0x7FE00010, "OW" if pixels.itemsize == 2 else "OB", data + b"\0" * (len(data) % 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file_bytes(ds, EXPLICIT, IMPLEMENTATION))
