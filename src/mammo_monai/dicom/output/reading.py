"""A structured report back as the result that it says; plain pydicom, as any reader would do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import pydicom
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from mammo_monai.dicom.codes import VIEWS
from mammo_monai.dicom.output import concepts
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome, UnitResult, Verdict

FINDING_SITE = Code("363698007", "SCT", "Finding Site")
LATERALITY = Code("272741003", "SCT", "Laterality")
METHOD = Code("370129005", "SCT", "Measurement Method")


def read_report(path: Path) -> ExamResult:
    """The result in a structured report of :func:`write_outputs`; the times it took are not in it.

    Probabilities and thresholds are the very numbers (Floating Point Value); texts are without outer blanks.

    Raises:
        MammoError: reason ``bad-report``, it is no such report.
    """
    try:
        report = pydicom.dcmread(path)
        if report.SOPClassUID != Comprehensive3DSRStorage:
            raise ValueError(f"SOP Class {report.SOPClassUID}")
        return _result(report)
    except FileNotFoundError as error:
        raise MammoError(f"{path}: there is no such file; give a structured report", "not-found") from error
    except Exception as error:  # whatever another or a damaged file makes pydicom raise
        raise MammoError(
            f"{path}: expected a structured report (TID 1500) of mammo-monai, found none ({error}); "
            "give the .sr.dcm file, or read the JSON beside it",
            "bad-report",
        ) from error


def _result(report: Dataset) -> ExamResult:
    (whole_result,) = _items(report, concepts.RESULT)
    classes = _texts(whole_result, concepts.CLASS)
    names = {concepts.private(name).value: name for name in classes}
    measurements = next(_items(report, codes.DCM.ImagingMeasurements))
    levels: dict[str, list[Dataset]] = {level.value: [] for level in (concepts.IMAGE, concepts.BREAST, concepts.EXAM)}
    for group in _items(measurements, codes.DCM.MeasurementGroup):
        levels[_code(group, concepts.LEVEL)].append(group)
    wholes = [_unit(group, names) for group in levels[concepts.EXAM.value]]
    context = (line.partition(" =") for line in _texts(whole_result, concepts.CONTEXT))
    return ExamResult(
        patient=_text(whole_result, concepts.PATIENT),
        exam=_text(whole_result, concepts.STUDY),
        classes=classes,
        context={unquote(key): value.strip() for key, _, value in context},
        images=tuple(_image(group, names) for group in levels[concepts.IMAGE.value]),
        breasts=tuple(_unit(group, names) for group in levels[concepts.BREAST.value]),
        whole=wholes[0] if wholes else None,
        remarks=_texts(whole_result, concepts.REMARK),
    )


def _image(group: Dataset, names: Mapping[str, str]) -> ImageResult:
    return ImageResult(
        path=_text(group, concepts.PATH),
        laterality=_side(group),
        view=next((_view(item) for item in _items(group, codes.DCM.ImageView)), ""),
        outcome=_outcome(group, names),
        box=tuple(map(int, _text(group, concepts.BOX).split())),
        conflict=_text(group, concepts.CONFLICT),
        error=_text(group, concepts.ERROR),
        sop=_text(group, concepts.SOP),
    )


def _unit(group: Dataset, names: Mapping[str, str]) -> UnitResult:
    outcome = _outcome(group, names)
    if outcome is None:
        raise ValueError("a breast or exam without a finding")
    (images,) = _items(group, concepts.IMAGES)
    missing = _texts(group, concepts.MISSING)
    return UnitResult(_side(group), outcome, int(_number(images)), missing, _text(group, concepts.RULE))


def _outcome(group: Dataset, names: Mapping[str, str]) -> Outcome | None:
    predicted = _code(group, concepts.PREDICTED)
    if not predicted:
        return None
    return Outcome(
        probabilities=_probabilities(group, names, concepts.RAW),
        predicted=names[predicted],
        calibrated=_probabilities(group, names, concepts.CALIBRATED),
        decision=next((_decision(item, names) for item in _items(group, concepts.DECISION)), ""),
        operating_points=tuple(_verdict(item, names) for item in _children(group) if _items_of_point(item)),
    )


def _probabilities(group: Dataset, names: Mapping[str, str], method: Code) -> dict[str, float]:
    by_code = {concepts.probability_of(name).value: name for name in names.values()}
    return {
        by_code[item.ConceptNameCodeSequence[0].CodeValue]: _number(item)
        for item in _children(group)
        if item.ValueType == "NUM" and _code(item, METHOD) == method.value
    }


def _decision(item: Dataset, names: Mapping[str, str]) -> str:
    """A class, or in words what stands in place of one, such as "abstain"."""
    return str(item.TextValue) if item.ValueType == "TEXT" else names[item.ConceptCodeSequence[0].CodeValue]


def _items_of_point(item: Dataset) -> list[Dataset]:
    return list(_items(item, concepts.POINT))


def _verdict(item: Dataset, names: Mapping[str, str]) -> Verdict:
    (threshold,), (probability,) = _items(item, concepts.THRESHOLD), _items(item, concepts.PROBABILITY)
    return Verdict(
        name=_text(item, concepts.POINT),
        class_name=names[_code(item, concepts.OF_CLASS)],
        threshold=_number(threshold),
        probability=_number(probability),
        called=item.ConceptCodeSequence[0].CodeValue == concepts.CALLED[True].value,
    )


def _side(group: Dataset) -> str:
    sides = {code.value: side for side, code in concepts.SIDES.items()}
    for site in _items(group, FINDING_SITE):
        for item in _items(site, LATERALITY):
            code = item.ConceptCodeSequence[0]
            return sides.get(code.CodeValue, code.CodeMeaning)
    return ""


def _view(item: Dataset) -> str:
    code = item.ConceptCodeSequence[0]
    return VIEWS.get(code.CodeValue, code.CodeMeaning)


def _children(item: Dataset) -> list[Dataset]:
    return list(item.get("ContentSequence") or ())


def _items(parent: Dataset, name: Code) -> Iterator[Dataset]:
    """Children of that concept name."""
    for item in _children(parent):
        concept = item.ConceptNameCodeSequence[0]
        if (concept.CodeValue, concept.CodingSchemeDesignator) == (name.value, name.scheme_designator):
            yield item


def _texts(parent: Dataset, name: Code) -> tuple[str, ...]:
    return tuple(str(item.TextValue) for item in _items(parent, name))


def _text(parent: Dataset, name: Code) -> str:
    return next(iter(_texts(parent, name)), "")


def _code(parent: Dataset, name: Code) -> str:
    """Value of a coded child, "" where there is none."""
    return next((item.ConceptCodeSequence[0].CodeValue for item in _items(parent, name)), "")


def _number(item: Dataset) -> float:
    """The full number (PS3.3 C.18.1), of which Numeric Value holds what fits into 16 characters."""
    value = item.MeasuredValueSequence[0]
    return float(value.get("FloatingPointValue", value.NumericValue))
