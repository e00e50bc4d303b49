"""A result as Basic Text SR (PS3.3 A.35.1), for viewers that show no measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from highdicom import SOPClass
from highdicom.sr import (
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    ImageContentItem,
)
from highdicom.sr.utils import collect_evidence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian, generate_uid

from mammo_monai.dicom.output import concepts
from mammo_monai.dicom.output.equipment import equipment
from mammo_monai.dicom.output.groups import CONTAINS, text
from mammo_monai.dicom.output.sources import IDENTITY, STUDY, Source
from mammo_monai.dicom.output.structured import complete, notice, observer
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome

SERIES_NUMBER = 9102


def text_report(result: ExamResult, sources: Mapping[str, Source]) -> SOPClass:
    """The report as paragraphs: exam, breasts, images, remarks and where it comes from.

    Args:
        result: what is reported.
        sources: at least one; the first gives patient and study.
    """
    evidence = [source.evidence for source in sources.values()]
    first = evidence[0]
    root = _root(result, sources)
    report = SOPClass(
        study_instance_uid=first.StudyInstanceUID,
        series_instance_uid=generate_uid(prefix=None),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        sop_class_uid=BasicTextSRStorage,
        instance_number=1,
        modality="SR",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **equipment(result.context),
    )
    for keyword in (*IDENTITY, *STUDY):
        setattr(report, keyword, first[keyword].value)
    report.copy_patient_and_study_information(first)
    report.CompletionFlag = "COMPLETE" if complete(result) else "PARTIAL"
    report.VerificationFlag = "UNVERIFIED"
    report.PreliminaryFlag = "PRELIMINARY"
    report.ReferencedPerformedProcedureStepSequence = []
    report.PerformedProcedureCodeSequence = []
    report.CurrentRequestedProcedureEvidenceSequence, _ = collect_evidence(
        evidence, root, study_instance_uid=first.StudyInstanceUID
    )
    for element in root:
        report[element.tag] = element
    return report


def sentence(outcome: Outcome) -> str:
    """An outcome in one line."""
    parts = [f"most probable class {outcome.predicted}"]
    for title, probabilities in (("calibrated", outcome.calibrated), ("not calibrated", outcome.probabilities)):
        if probabilities:
            listed = ", ".join(f"{name} {value:.3f}" for name, value in probabilities.items())
            parts.append(f"probabilities ({title}): {listed}")
    if outcome.decision:
        parts.append(f"decision: {outcome.decision}")
    for point in outcome.operating_points:
        said = "reached" if point.called else "not reached"
        parts.append(f"operating point {point.name} ({point.class_name} at {point.threshold:.3f}): {said}")
    return "; ".join(parts)


def _root(result: ExamResult, sources: Mapping[str, Source]) -> ContainerContentItem:
    root = ContainerContentItem(concepts.TEXT_TITLE)
    items = ContentSequence([*observer(result.context), notice()])
    items.append(_section(codes.DCM.Findings, list(_findings(result, sources))))
    context = [f"{key}: {value}" for key, value in result.context.items()]
    for name, lines in ((concepts.REMARK, result.remarks), (concepts.CONTEXT, context)):
        for line in lines:
            items.extend(text(name, line))
    root.ContentSequence = items
    return root


def _section(name: Code, items: Sequence[ContentItem]) -> ContainerContentItem:
    section = ContainerContentItem(name, relationship_type=CONTAINS)
    section.ContentSequence = ContentSequence(items)
    return section


def _findings(result: ExamResult, sources: Mapping[str, Source]) -> Iterator[ContentItem]:
    if result.whole is not None:
        yield from text(concepts.EXAM, f"Exam: {sentence(result.whole.outcome)}")
    for breast in result.breasts:
        side = {"L": "Left breast", "R": "Right breast"}.get(breast.laterality, "Breast of unknown side")
        yield from text(concepts.BREAST, f"{side}: {sentence(breast.outcome)}")
    for number, image in enumerate(result.images, start=1):
        yield from text(concepts.IMAGE, f"Image {number} {_name(image)}: {_said(image)}")
    for source in sources.values():
        evidence = source.evidence
        yield ImageContentItem(concepts.SOURCE, evidence.SOPClassUID, evidence.SOPInstanceUID, None, None, CONTAINS)


def _name(image: ImageResult) -> str:
    return " ".join(filter(None, (image.laterality, image.view, f"({image.path})")))


def _said(image: ImageResult) -> str:
    said = sentence(image.outcome) if image.outcome else f"no result, {image.error}"
    return f"{said}; conflict: {image.conflict}" if image.conflict else said
