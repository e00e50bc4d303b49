"""The codes of a report, and texts as DICOM can hold them: standard codes where there are any, else of our own scheme.

A class of a bundle is no BI-RADS assessment, even where it is named like one, and is not coded as one: it has a private
code, whose value is a digest of its name and whose meaning is the name as far as 64 bytes hold it (PS3.3 8.8).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from mammo_monai.dicom.codes import VIEWS

SCHEME: Final = "99MAMMOMONAI"
MOST_BYTES: Final = 64  # of LO, and so of a code's meaning (PS3.5 6.2)

LEVEL: Final = Code("level", SCHEME, "Level of the result")
IMAGE: Final = Code("image", SCHEME, "Image")
BREAST: Final = Code("breast", SCHEME, "Breast")
EXAM: Final = Code("exam", SCHEME, "Exam")
RAW: Final = Code("raw", SCHEME, "Output of the network, not calibrated")
CALIBRATED: Final = Code("calibrated", SCHEME, "Calibrated")
PREDICTED: Final = Code("most-probable", SCHEME, "Most probable class")
DECISION: Final = Code("decision", SCHEME, "Decision")
THRESHOLD: Final = Code("threshold", SCHEME, "Threshold of the operating point")
PROBABILITY: Final = Code("probability", SCHEME, "Probability compared with the threshold")
OF_CLASS: Final = Code("of-class", SCHEME, "Class of the operating point")
POINT: Final = Code("operating-point", SCHEME, "Name of the operating point")
IMAGES: Final = Code("images", SCHEME, "Number of images with a result")
MISSING: Final = Code("missing-view", SCHEME, "Standard view without a result")
RULE: Final = Code("rule", SCHEME, "How images were pooled")
PATH: Final = Code("path", SCHEME, "File")
BOX: Final = Code("box", SCHEME, "Patch: row_min col_min row_max col_max, half-open")
CONFLICT: Final = Code("conflict", SCHEME, "What contradicts laterality and view")
SOP: Final = Code("sop", SCHEME, "SOP Instance UID of the file that was read")
ERROR: Final = Code("error", SCHEME, "Why there is no result")
RESULT: Final = Code("result", SCHEME, "Result of the exam")
PATIENT: Final = Code("patient", SCHEME, "Patient")
STUDY: Final = Code("study", SCHEME, "Exam or study")
CLASS: Final = Code("class", SCHEME, "Class")
CONTEXT: Final = Code("context", SCHEME, "Where the result comes from")
REMARK: Final = Code("remark", SCHEME, "Remark")
TEXT_TITLE: Final = Code("research-report", SCHEME, "Research result, not for clinical use")

SOURCE: Final = Code("260753009", "SCT", "Source")
TARGET_REGION: Final = Code("123014", "DCM", "Target Region")
SIDES: Final = {"L": codes.SCT.Left, "R": codes.SCT.Right}
CALLED: Final = {True: codes.SCT.Positive, False: codes.SCT.Negative}
MAMMOGRAPHY: Final = Code("71651007", "SCT", "Mammography")
MODALITIES: Final = {code.value: code for code in codes.cid29.concepts.values()}
_VIEW_CODES: Final = {VIEWS[code.value]: code for code in codes.cid4014.concepts.values() if code.value in VIEWS}


def clean(text: str) -> str:
    """``text`` without outer blanks, as UTF-8 can hold it; control characters but line ends become escapes."""
    plain = text.encode("utf-8", "backslashreplace").decode().strip()
    return re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", lambda sign: f"\\x{ord(sign[0]):02x}", plain)


def short(text: str) -> str:
    """One line without a backslash, which separates values, and of at most 64 bytes of UTF-8; never empty.

    The standard counts characters, but not every reader does.
    """
    line = " ".join(clean(text).replace("\\", "/").split()) or "unnamed"
    data = line.encode()
    return line if len(data) <= MOST_BYTES else data[: MOST_BYTES - len("…".encode())].decode(errors="ignore") + "…"


def private(text: str, prefix: str = "", kind: str = "c") -> Code:
    """The private code of a text.

    Args:
        text: gives the value, whatever its length and signs, and the meaning.
        prefix: put before the meaning only.
        kind: a letter that keeps codes of one text with several prefixes apart.
    """
    digest = hashlib.sha256(clean(text).encode()).hexdigest()[:12]
    return Code(f"{kind}-{digest}", SCHEME, short(prefix + text))


def probability_of(class_name: str) -> Code:
    """Name of the measurement that is the probability of a class."""
    return private(class_name, "Probability of ", "p")


def side_code(laterality: str) -> Code:
    """CID 244 "Laterality" for L and R."""
    return SIDES.get(laterality) or private(laterality)


def view_code(view: str) -> Code:
    """CID 4014 "View for Mammography", as far as it has the view."""
    return _VIEW_CODES.get(view) or private(view)
