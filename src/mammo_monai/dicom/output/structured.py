"""A result as Comprehensive 3D SR (PS3.3 A.35.13) with a Measurement Report (PS3.16 TID 1500)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote
from uuid import NAMESPACE_OID, uuid5

from highdicom.sr import (
    CodeContentItem,
    Comprehensive3DSR,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    ImageContentItem,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from mammo_monai.dicom.output import concepts
from mammo_monai.dicom.output.equipment import MAKER, equipment
from mammo_monai.dicom.output.groups import CONTAINS, groups, text
from mammo_monai.dicom.output.sources import Source
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult
from mammo_monai.notice import NOTICE

SERIES_NUMBER = 9101
HAS_ACQ_CONTEXT = RelationshipTypeValues.HAS_ACQ_CONTEXT


def structured_report(result: ExamResult, sources: Mapping[str, Source]) -> Comprehensive3DSR:
    """The report: UNVERIFIED, COMPLETE where every image has a result and else PARTIAL.

    Args:
        result: what is reported.
        sources: at least one; the first gives patient and study.

    Raises:
        MammoError: the result holds what no report can.
    """
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer(result.context)),
        procedure_reported=concepts.MAMMOGRAPHY,
        imaging_measurements=groups(result, sources),
    )
    root = report[0]
    *head, measurements = root.ContentSequence
    root.ContentSequence = ContentSequence(
        [*head, notice(), _image_library(result.images, sources), measurements, _whole_result(result)]
    )
    return Comprehensive3DSR(
        evidence=[source.evidence for source in sources.values()],
        content=root,
        series_instance_uid=generate_uid(prefix=None),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        is_complete=complete(result),
        is_verified=False,
        **equipment(result.context),
    )


def complete(result: ExamResult) -> bool:
    """Whether every image has a result."""
    return all(image.outcome is not None for image in result.images)


def notice() -> TextContentItem:
    """What every report says first."""
    return TextContentItem(codes.DCM.Comment, NOTICE, CONTAINS)


def observer(context: Mapping[str, str]) -> ObserverContext:
    """TID 1002 and 1004: the device is the bundle with its weights, and has one UID wherever it runs."""
    name, version, weights = (context.get(key, "unknown") for key in ("bundle", "version", "weights"))
    device = uuid5(NAMESPACE_OID, concepts.clean(f"{MAKER} {name} {version} {weights}"))
    return ObserverContext(
        codes.DCM.Device,
        DeviceObserverIdentifyingAttributes(
            uid=f"2.25.{device.int}",
            name=concepts.clean(name) or "unknown",
            manufacturer_name=MAKER,
            model_name=concepts.clean(f"{name} {version}"),
            serial_number=concepts.clean(weights) or "unknown",
        ),
    )


def _image_library(images: Sequence[ImageResult], sources: Mapping[str, Source]) -> ContainerContentItem:
    """TID 1600: every source image, with or without a result; laterality and view as TID 1603 has them."""
    group = ContainerContentItem(codes.DCM.ImageLibraryGroup, relationship_type=CONTAINS)
    group.ContentSequence = ContentSequence()
    by_path = {image.path: image for image in reversed(images)}
    for path, source in sources.items():
        evidence = source.evidence
        item = ImageContentItem(concepts.SOURCE, evidence.SOPClassUID, evidence.SOPInstanceUID, None, None, CONTAINS)
        item.ContentSequence = ContentSequence(_descriptors(by_path[path], evidence.Modality))
        group.ContentSequence.append(item)
    library = ContainerContentItem(codes.DCM.ImageLibrary, relationship_type=CONTAINS, template_id="1600")
    library.ContentSequence = ContentSequence([group])
    return library


def _descriptors(image: ImageResult, modality: str) -> list[ContentItem]:
    return [
        CodeContentItem(name, value, HAS_ACQ_CONTEXT)
        for name, value in (
            (codes.DCM.Modality, concepts.MODALITIES.get(modality)),
            (concepts.TARGET_REGION, codes.SCT.Breast),
            (codes.DCM.ImageLaterality, concepts.side_code(image.laterality) if image.laterality else None),
            (codes.DCM.ImageView, concepts.view_code(image.view) if image.view else None),
        )
        if value is not None
    ]


def _whole_result(result: ExamResult) -> ContainerContentItem:
    """What is said of the exam as a whole and has no place in the template, which may be extended."""
    container = ContainerContentItem(concepts.RESULT, relationship_type=CONTAINS)
    items = ContentSequence([*text(concepts.PATIENT, result.patient), *text(concepts.STUDY, result.exam)])
    for name in result.classes:
        items.extend(text(concepts.CLASS, name))
    for key, value in result.context.items():
        items.extend(text(concepts.CONTEXT, f"{quote(key, safe=' ')} = {value}"))
    for remark in result.remarks:
        items.extend(text(concepts.REMARK, remark))
    container.ContentSequence = items
    return container
