"""Measurement groups (PS3.16 TID 1501): one per image, per breast and of the exam."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    ContentItem,
    ContentSequence,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    NumContentItem,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from mammo_monai.dicom.output import concepts
from mammo_monai.dicom.output.equipment import MAKER
from mammo_monai.dicom.output.sources import Source
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome, UnitResult, Verdict

CONTAINS = RelationshipTypeValues.CONTAINS
HAS_PROPERTIES = RelationshipTypeValues.HAS_PROPERTIES


def groups(result: ExamResult, sources: Mapping[str, Source]) -> list[MeasurementsAndQualitativeEvaluations]:
    """The groups of images, breasts and the exam, in this order."""
    algorithm = algorithm_of(result.context)
    made = [_image(image, number, sources, algorithm) for number, image in enumerate(result.images, start=1)]
    used = [image for image in result.images if image.outcome is not None]
    by_side = {side: iter([image for image in used if _side(image) == side]) for side in map(_side, used)}
    for breast in result.breasts:
        own = list(
            islice(by_side.get(breast.laterality, ()), breast.images)
        )  # of an unknown side: one breast per image
        made.append(_unit(breast, f"Breast {breast.laterality}".strip(), concepts.BREAST, own, sources, algorithm))
    if result.whole is not None:
        made.append(_unit(result.whole, "Exam", concepts.EXAM, used, sources, algorithm))
    return made


def algorithm_of(context: Mapping[str, str]) -> AlgorithmIdentification:
    """TID 4019: bundle and version, and as parameter the digest of the weights."""
    return AlgorithmIdentification(
        name=concepts.clean(context.get("bundle", "")) or "unknown",
        version=concepts.clean(context.get("version", "")) or "unknown",
        parameters=[f"weights SHA-256: {concepts.clean(context.get('weights', '')) or 'unknown'}"],
        manufacturer=MAKER,
    )


def text(name: Code, value: str, relation: RelationshipTypeValues = CONTAINS) -> Iterator[TextContentItem]:
    """A text item, none for an empty text."""
    if value := concepts.clean(value):
        yield TextContentItem(name=name, value=value, relationship_type=relation)


def number(value: float) -> float:
    """A value that DICOM can hold.

    Raises:
        MammoError: reason ``bad-result``.
    """
    if not math.isfinite(value):
        raise MammoError(f"a probability or threshold is {value}, expected a number; predict again", "bad-result")
    return float(value)


def _side(image: ImageResult) -> str:
    """As images are pooled: one whose side is contradicted has none."""
    return "" if "laterality" in image.conflict else image.laterality


def _image(
    image: ImageResult,
    position: int,
    sources: Mapping[str, Source],
    algorithm: AlgorithmIdentification,
) -> MeasurementsAndQualitativeEvaluations:
    name = " ".join(filter(None, (f"Image {position}", image.laterality, image.view)))
    group = _group(name, concepts.IMAGE, image.laterality, image.outcome, [image], sources, algorithm)
    items = group[0].ContentSequence
    if image.view:
        items.append(CodeContentItem(codes.DCM.ImageView, concepts.view_code(image.view), CONTAINS))
    items.extend(text(concepts.PATH, image.path))
    items.extend(text(concepts.SOP, image.sop))
    items.extend(text(concepts.BOX, " ".join(map(str, image.box))))
    items.extend(text(concepts.CONFLICT, image.conflict))
    items.extend(text(concepts.ERROR, image.error))
    return group


def _unit(
    unit: UnitResult,
    name: str,
    level: Code,
    images: Sequence[ImageResult],
    sources: Mapping[str, Source],
    algorithm: AlgorithmIdentification,
) -> MeasurementsAndQualitativeEvaluations:
    group = _group(name, level, unit.laterality, unit.outcome, images, sources, algorithm)
    items = group[0].ContentSequence
    items.extend(Measurement(concepts.IMAGES, unit.images, codes.UCUM.NoUnits))
    items.extend(text(concepts.RULE, unit.rule))
    for view in unit.missing:
        items.extend(text(concepts.MISSING, view))
    return group


def _group(
    name: str,
    level: Code,
    laterality: str,
    outcome: Outcome | None,
    images: Sequence[ImageResult],
    sources: Mapping[str, Source],
    algorithm: AlgorithmIdentification,
) -> MeasurementsAndQualitativeEvaluations:
    evidence = {image.path: sources[image.path].evidence for image in images if image.path in sources}
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(generate_uid(prefix=None), concepts.clean(name)),
        finding_type=concepts.private(finding) if (finding := _finding(outcome)) else None,
        algorithm_id=algorithm,
        finding_sites=[FindingSite(codes.SCT.Breast, concepts.side_code(laterality) if laterality else None)],
        measurements=list(_measurements(outcome)) if outcome else None,
        qualitative_evaluations=[QualitativeEvaluation(concepts.LEVEL, level), *_evaluations(outcome)],
        source_images=[
            SourceImageForMeasurementGroup(source.SOPClassUID, source.SOPInstanceUID) for source in evidence.values()
        ],
    )
    if outcome and not finding:
        group[0].ContentSequence.extend(text(concepts.DECISION, outcome.decision))
    return group


def _finding(outcome: Outcome | None) -> str:
    """The class that was decided on, the most probable one where nothing decides; an abstention is none: ""."""
    if outcome is None:
        return ""
    found = outcome.decision or outcome.predicted
    return found if found in outcome.probabilities else ""


def _measurements(outcome: Outcome) -> Iterator[Measurement]:
    """TID 300: the probability of each class as the network gave it, then calibrated; unit 1."""
    for method, probabilities in ((concepts.RAW, outcome.probabilities), (concepts.CALIBRATED, outcome.calibrated)):
        for class_name, value in probabilities.items():
            name = concepts.probability_of(class_name)
            yield Measurement(name, number(value), codes.UCUM.NoUnits, method=method)


def _evaluations(outcome: Outcome | None) -> Iterator[QualitativeEvaluation]:
    if outcome is None:
        return
    yield QualitativeEvaluation(concepts.PREDICTED, concepts.private(outcome.predicted))
    if outcome.decision and _finding(outcome):
        yield QualitativeEvaluation(concepts.DECISION, concepts.private(outcome.decision))
    for verdict in outcome.operating_points:
        evaluation = QualitativeEvaluation(
            concepts.private(verdict.name, "Operating point ", "o"), concepts.CALLED[verdict.called]
        )
        evaluation[0].ContentSequence = ContentSequence(_point(verdict))
        yield evaluation


def _point(verdict: Verdict) -> list[ContentItem]:
    class_code = concepts.private(verdict.class_name)
    return [
        *text(concepts.POINT, verdict.name, HAS_PROPERTIES),
        CodeContentItem(concepts.OF_CLASS, class_code, HAS_PROPERTIES),
        NumContentItem(concepts.THRESHOLD, number(verdict.threshold), codes.UCUM.NoUnits, None, HAS_PROPERTIES),
        NumContentItem(concepts.PROBABILITY, number(verdict.probability), codes.UCUM.NoUnits, None, HAS_PROPERTIES),
    ]
