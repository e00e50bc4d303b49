"""Which images are refused, by which reason code, and which refusals ``allow`` lifts.

| code | what | with ``allow`` |
|---|---|---|
| ``multi-frame`` | several frames, or a tomosynthesis slice | the middle frame is read |
| ``for-processing`` | raw detector values | read as they are |
| ``special-view`` | spot, magnification, biopsy, implant displaced, specimen, a part of the breast | read |
| ``other-modality`` | its header says that it is no mammogram, or a screen capture | read |
| ``too-many-pixels`` | more than ``max_pixels`` by the header | read |
| ``colour`` | samples that are not grey | never |
| ``truncated-pixels``, ``no-pixel-data`` | not all of the image is there | never |
| ``empty-file``, ``not-found``, ``unreadable``, ``unsupported-format`` | no image to be had | never |
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from pydicom.dataset import Dataset

from mammo_monai.dicom.codes import SPECIAL_MODIFIERS
from mammo_monai.dicom.rendering import numbers, texts
from mammo_monai.dicom.tags import coded_view
from mammo_monai.errors import MammoError

LIFTABLE: Final = frozenset({"multi-frame", "for-processing", "special-view", "other-modality", "too-many-pixels"})
MAX_PIXELS: Final = 100_000_000  # four times the largest detectors and films
FOR_PROCESSING: Final = "1.2.840.10008.5.1.4.1.1.1.2.1"  # Digital Mammography X-Ray Image Storage - For Processing
CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage: film scans too, so not enough by itself
MAMMOGRAPHY: Final = "MG"
# Under these film scans and careless exports come; taken when the file names the breast or a mammographic view.
PROJECTIONS: Final = frozenset({"DX", "CR", "RG", "OT", "SC"})
# Contact mammograms have 1.0 to 1.1 (the breast lies above the detector), magnification stands start at 1.4.
MAGNIFIED: Final = 1.3


def check_allow(allow: Collection[str]) -> None:
    """Raise ``bad-option`` for a code that no switch lifts."""
    unknown = sorted(set(allow) - LIFTABLE) if not isinstance(allow, str) else [allow]
    if unknown:
        raise MammoError(f"allow={unknown} lifts nothing; use a list of {sorted(LIFTABLE)}", "bad-option")


def check_size(rows: int, columns: int, max_pixels: int, allow: Collection[str]) -> None:
    """Refuse an image by the size in its header, before anything is decoded."""
    if rows < 1 or columns < 1:
        raise MammoError(f"its header gives {rows} rows and {columns} columns; export it again", "unreadable")
    if rows * columns > max_pixels and "too-many-pixels" not in allow:
        raise MammoError(
            f"{rows} x {columns} is more than {max_pixels} pixels; raise max_pixels if that is right",
            "too-many-pixels",
        )


def check_header(header: Dataset, allow: Collection[str]) -> None:
    """Raise the first refusal of a DICOM header that ``allow`` does not lift."""
    for reason, why in refusals(header):
        if reason not in allow:
            remedy = f"leave it out, or pass allow=['{reason}']" if reason in LIFTABLE else "export it in grey"
            raise MammoError(f"{why}; {remedy}", reason)


def refusals(header: Dataset) -> Iterator[tuple[str, str]]:
    """Every (reason code, sentence) against reading a DICOM image as a standard mammogram."""
    kinds = {kind.upper() for kind in texts(header, "ImageType")}
    if why := _no_mammogram(header, kinds):
        yield "other-modality", f"{why}, expected a mammogram (MG)"
    photometric = "".join(texts(header, "PhotometricInterpretation")[:1])
    samples = int(header.get("SamplesPerPixel") or 1)
    if samples != 1 or (not photometric.startswith("MONOCHROME") and photometric):
        yield (
            "colour",
            f"{photometric or 'colour'} with {samples} samples per pixel, expected MONOCHROME1 or 2",
        )
    frames = frame_count(header)
    if frames > 1 or kinds & {"TOMO", "TOMOSYNTHESIS"}:
        yield (
            "multi-frame",
            f"a tomosynthesis or multi-frame image of {frames} frame(s), expected one projection",
        )
    intent = "".join(texts(header, "PresentationIntentType")[:1]).upper()
    if intent == "FOR PROCESSING" or (not intent and header.get("SOPClassUID") == FOR_PROCESSING):
        yield "for-processing", "raw detector values (FOR PROCESSING), expected FOR PRESENTATION"
    for why in _special(header, kinds):
        yield "special-view", f"{why}, expected a standard view"


def frame_count(header: Dataset) -> int:
    """Number of Frames; 1 where it is absent or odd."""
    frames = numbers(header, "NumberOfFrames")
    return max(1, int(frames[0])) if frames else 1


def _no_mammogram(header: Dataset, kinds: set[str]) -> str:
    """Why this is no mammogram by what it says of its kind; "" where it says nothing, or nothing against it.

    Modality or SOP Class alone decide nothing: public data sets and film scans get both wrong.
    """
    if header.get("SOPClassUID") == CAPTURE and "SECONDARY" in kinds:
        return "a screen capture"
    modality = "".join(texts(header, "Modality")[:1]).strip().upper()
    breast = "BREAST" in "".join(texts(header, "BodyPartExamined")).upper() or coded_view(header)[0] in ("CC", "MLO")
    named = breast or "".join(texts(header, "ViewPosition")).strip().upper() in ("CC", "MLO")
    if modality in ("", MAMMOGRAPHY) or (modality in PROJECTIONS and named):
        return ""
    return f"Modality {modality}"


def _special(header: Dataset, kinds: set[str]) -> Iterator[str]:
    view, modifiers = coded_view(header)
    for modifier in modifiers:
        if modifier in SPECIAL_MODIFIERS:
            yield f"{modifier} view"
    if view == "SPECIMEN":
        yield "picture of a specimen"
    if any(kind.startswith("STEREO") for kind in kinds):
        yield "stereotactic (biopsy) image"
    factor = numbers(header, "EstimatedRadiographicMagnificationFactor")
    if factor and factor[0] > MAGNIFIED:
        yield f"magnified {factor[0]:g} times"
    if "YES" in texts(header, "PartialView"):
        yield "partial view"
