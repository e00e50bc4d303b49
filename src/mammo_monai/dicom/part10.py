"""A data set as the bytes of a DICOM file (PS3.10 section 7).

Put together here because pydicom's own writer adds its version number and, in 2.4, refuses HTJ2K.
"""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info

from mammo_monai.dicom.encode import DEFLATED, IMPLICIT, deflate


def file_bytes(dataset: Dataset, transfer_syntax: str, implementation: str) -> bytes:
    """Empty preamble, file meta information with what is required and nothing else, data set in little endian.

    Args:
        dataset: whose SOP Class and Instance UID name the file, too.
        transfer_syntax: UID; decides on implicit VR and deflation.
        implementation: Implementation Class UID.
    """
    meta = FileMetaDataset()
    meta.FileMetaInformationGroupLength = 0  # corrected on writing
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = implementation
    head, body = DicomBytesIO(), DicomBytesIO()
    head.is_little_endian = body.is_little_endian = True
    head.is_implicit_VR, body.is_implicit_VR = False, transfer_syntax == IMPLICIT
    head.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(head, meta, enforce_standard=False)
    write_dataset(body, dataset)
    data: bytes = body.getvalue()
    return bytes(head.getvalue() + (deflate(data) if transfer_syntax == DEFLATED else data))
