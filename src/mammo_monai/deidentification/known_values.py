"""Whether a value that is kept can be what its element is for, and holds nothing of the patient.

A name typed into the wrong field would otherwise be kept with the field.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pydicom.dataset import Dataset

FREE_TEXT: Final = frozenset(
    """
    Manufacturer ManufacturerModelName SoftwareVersions WindowCenterWidthExplanation LUTExplanation RescaleType
    ModalityLUTType FilterType CodeValue CodingSchemeDesignator CodingSchemeVersion CodeMeaning
    """.split()
)
"""Kept elements that hold text: the only ones whose originals may be found in the output."""
_FORMS: Final = {
    "CS": r"[A-Z0-9_ ]{0,16}",
    "AS": r"\d{3}[DWMY]",
    "DS": r" *[-+]?[0-9.]+([eE][-+]?\d+)? *",
    "IS": r" *[-+]?\d{1,10} *",
    "UI": r"[0-9.]{1,64}",
    "DA": r"(\d{8})?",
}
_CHOICES: Final = {
    "CodeValue": r"[A-Za-z0-9.-]{1,16}",
    "CodingSchemeDesignator": r"[A-Z0-9]{1,16}",
    "PatientSex": r"[FMO]?",
    "Modality": r"MG|CR|DX|RG",
    "PatientOrientation": r"[APRLHF]{0,3}",
    "SOPClassUID": r"1\.2\.840\.10008\.[0-9.]+",
    "ReferencedSOPClassUID": r"1\.2\.840\.10008\.[0-9.]+",
    "BodyPartExamined": r"BREAST",
    "OrganExposed": r"BREAST",
    "SeriesNumber": r"\d{0,5}",
    "AcquisitionNumber": r"\d{0,5}",
    "InstanceNumber": r"\d{0,5}",
}
_PERSONAL: Final = frozenset(
    """
    PatientName PatientID OtherPatientIDs OtherPatientNames PatientBirthName PatientMotherBirthName AccessionNumber
    ReferringPhysicianName PerformingPhysicianName OperatorsName PhysiciansOfRecord RequestingPhysician PatientBirthDate
    PatientTelephoneNumbers PatientAddress MedicalRecordLocator
    """.split()
)
SHORTEST_WORD: Final = 3


def known(keyword: str, vr: str, value: Any, words: frozenset[str]) -> bool:
    """Whether ``value`` may stay in the element ``keyword`` of a patient whose names and numbers are ``words``."""
    if isinstance(value, bytes) or keyword == "LUTData":
        return keyword == "LUTData"
    text = str(value).strip(" \0")
    form = _CHOICES.get(keyword) or _FORMS.get(vr)
    if form is not None and text and not re.fullmatch(form, text, re.ASCII):
        return False
    if keyword in FREE_TEXT or (vr == "CS" and keyword not in _CHOICES):
        return not _words(text) & words
    if form is not None:
        return True
    if vr in ("PN", "LO", "SH"):
        return re.fullmatch(r"[0-9a-f]{16}", text) is not None  # a pseudonym
    return isinstance(value, int | float)


def personal_words(header: Dataset) -> frozenset[str]:
    """Names and numbers of a header, upper case, of three letters or more."""
    texts = (str(header.get(keyword, "")) for keyword in _PERSONAL if keyword in header)
    return frozenset(word for text in texts for word in _words(text) if len(word) >= SHORTEST_WORD)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.split(r"[\W_]+", text.upper()))
