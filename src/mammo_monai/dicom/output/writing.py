"""All outputs of an exam, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.output.concepts import private
from mammo_monai.dicom.output.sources import Source, read_sources
from mammo_monai.errors import MammoError, missing_extra
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.files import replacing

Report = Literal["tid1500", "text", "none"]
Overlays = Mapping[str, NDArray[np.uint8]]
NO_OVERLAYS: Overlays = {}


def write_outputs(
    result: ExamResult, root: Path, out: Path, *, report: Report = "tid1500", overlays: Overlays = NO_OVERLAYS
) -> list[Path]:
    """Write ``NAME.overlay-N.dcm`` per overlay, the report ``NAME.sr.dcm`` and last the result ``NAME.json``.

    NAME is a digest of patient and exam. Files of an earlier call for the same exam are replaced. Where an image with
    a result is no DICOM object that a report could refer to (a PNG, a film, a file without valid UIDs), there is the
    JSON only, and a remark in it says why. An image without a result is referred to all the same, where it can be.

    Args:
        result: of one exam.
        root: the folder that its paths are relative to.
        out: where to write; made where it is not there.
        report: "tid1500" (Comprehensive 3D SR), "text" (Basic Text SR) or "none".
        overlays: by path of the image a picture of it: uint8, (rows, columns, 3), RGB.

    Returns:
        the files, the JSON last.

    Raises:
        MammoError: images of several studies or patients, an overlay of no image, a result that DICOM cannot hold, no
            highdicom (extra ``sr``), or a disk that is full or not writable. Nothing of this call is left then.
    """
    _check(result, report, overlays)
    files: dict[str, bytes] = {}
    if report != "none" or overlays:
        sources, without = read_sources(result.images, root)
        if reason := _objection(result, sources, without, overlays):
            result = replace(result, remarks=(*result.remarks, f"no DICOM objects were written: {reason}"))
        else:
            files = _documents(result, sources, report, overlays)
    files["json"] = (json.dumps(result.to_json(), indent=2) + "\n").encode()
    from mammo_monai.evaluation.exams import exam_name  # which imports torch: not before it is needed

    return _written(out, exam_name(result), files)


def _check(result: ExamResult, report: str, overlays: Overlays) -> None:
    if report not in get_args(Report):
        raise MammoError(f"report={report!r}: choose one of {', '.join(get_args(Report))}", "bad-option")
    if unknown := sorted(set(overlays) - {image.path for image in result.images}):
        raise MammoError(f"overlay of {unknown[0]}: no image of the result; name one by its path", "bad-overlay")
    if len({private(name).value for name in result.classes}) < len(result.classes):
        raise MammoError(f"classes {', '.join(result.classes)}: two are alike; rename one", "bad-result")


def _objection(
    result: ExamResult, sources: Mapping[str, Source], without: Mapping[str, str], overlays: Mapping[str, Any]
) -> str:
    """Why there can be no DICOM objects, "" where there can be."""
    needed = [image.path for image in result.images if image.outcome is not None or image.path in overlays]
    lacking = next((without[path] for path in needed if path in without), "")
    return lacking or ("" if sources else next(iter(without.values()), "there is no image"))


def _documents(result: ExamResult, sources: Mapping[str, Source], report: str, overlays: Overlays) -> dict[str, bytes]:
    try:
        from mammo_monai.dicom.output.documents import documents
    except ModuleNotFoundError as error:
        raise missing_extra(f"reports need highdicom ({error})", "sr") from None
    return documents(result, sources, report, overlays)


def _written(out: Path, name: str, files: Mapping[str, bytes]) -> list[Path]:
    """Everything is on the disk under temporary names before the first file gets its own; the last gets it last."""
    contents = {out / f"{name}.{end}": content for end, content in files.items()}
    earlier = set(out.glob(f"{name}.*")) - set(contents)
    renamed: list[Path] = []
    try:
        with ExitStack() as stack:
            for path in reversed(contents):  # the stack is unwound from its end: the first of them is renamed last
                stack.enter_context(_noting(path, renamed)).write_bytes(contents[path])
    except BaseException:
        for path in renamed:
            path.unlink(missing_ok=True)
        raise
    for path in earlier:
        path.unlink(missing_ok=True)
    return list(contents)


@contextmanager
def _noting(path: Path, renamed: list[Path]) -> Iterator[Path]:
    """:func:`replacing`, and a note that it came to its end."""
    with replacing(path) as temporary:
        yield temporary
    renamed.append(path)
