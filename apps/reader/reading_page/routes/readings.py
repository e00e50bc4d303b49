"""What a reader has said of an exam, and says now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import Exam
from reading_page.desk import Desk
from reading_page.hanging import shown
from reading_page.readings import BIRADS, Case, cell
from reading_page.schemas import Category, Reading


def routes(desk: Desk) -> APIRouter:
    """Its addresses."""
    router = APIRouter(prefix="/scans/{scan}/exams/{exam}")

    @router.get("/reading")
    def reading(scan: int, exam: int, reader: str) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        return {"rows": _numbered(found, desk.readings.of(found.patient, found.exam, reader))}

    @router.post("/reading")
    def save(scan: int, exam: int, said: Reading) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        known = desk.model.state()
        context = known.get("context", {})
        rows = desk.readings.save(
            [_case(found, one, known.get("classes", [])) for one in said.categories],
            reader=said.reader,
            read_as=said.read_as,
            note=said.note,
            seconds=said.seconds,
            bundle=f"{context.get('bundle', '')} {context.get('version', '')}".strip(),
            weights=context.get("weights", ""),
        )
        return {"rows": _numbered(found, rows)}

    return router


def _case(exam: Exam, said: Category, classes: Sequence[str]) -> Case:
    """A category with the image that it is of.

    Raises:
        MammoError: no such image (``unknown-exam``) or category (``bad-category``).
    """
    if said.image >= len(exam.images):
        raise MammoError("no such image in this exam; open the folder again", "unknown-exam")
    if said.birads not in ("", *BIRADS) or said.class_name not in ("", *classes):
        raise MammoError(
            f"expected BI-RADS {', '.join(BIRADS)} or a class {', '.join(classes)}, found "
            f"{said.birads or said.class_name!r}",
            "bad-category",
        )
    about = shown(exam, exam.images[said.image])
    return Case(about.path, exam.patient, exam.exam, about.laterality, about.view, said.birads, said.class_name)


def _numbered(exam: Exam, rows: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Rows with the number of their image in the exam; an image that has gone since has none."""
    numbers = {cell(name): number for number, name in enumerate(exam.images)}
    return [{**row, "number": numbers[row["image"]]} for row in rows if row["image"] in numbers]
