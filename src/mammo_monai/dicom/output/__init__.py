"""A result of an exam as DICOM objects and JSON, and back; needs the extra ``sr`` (highdicom) to write DICOM."""

from mammo_monai.dicom.output.reading import read_report
from mammo_monai.dicom.output.writing import write_outputs

__all__ = ["read_report", "write_outputs"]
