"""The page's addresses. Images are asked for by their number in a scanned folder, never by path."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import cv2
import numpy as np
from fastapi import Cookie, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, Field

from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import Exam
from reading_page import texts
from reading_page.access import Guard, Rules
from reading_page.folders import Root
from reading_page.hanging import hung, shown
from reading_page.model import Model
from reading_page.pictures import Picture, Pictures
from reading_page.readings import BIRADS, Case, Readings, cell
from reading_page.recent import ForgottenError
from reading_page.scans import Scans

if TYPE_CHECKING:
    from mammo_monai.evaluation.explain.explanation import Explanation

HERE: Final = Path(__file__).resolve().parents[1]
HOLD = 1.0
"""Seconds that a question waits for its answer before the page asks again."""
MAP_ROWS = 512
"""Rows of a saliency map as it is sent, at least; the network sees no more."""
STATUS: Final = {
    "outside-folder": 403, "read-first": 403, "not-found": 404, "unknown-scan": 404, "unknown-exam": 404,
    "not-writable": 500, "locked": 503,
}  # fmt: skip
Value = TypeVar("Value")


class Chosen(BaseModel):
    """A folder."""

    path: str = Field(max_length=4096)


class Category(BaseModel):
    """What a reader says of an image."""

    image: int = Field(ge=0)
    birads: str = Field("", max_length=2)
    class_name: str = Field("", max_length=200)


class Reading(BaseModel):
    """What a reader says of an exam."""

    reader: str = Field(max_length=200)
    read_as: str = Field(pattern="^(breast|image)$")
    categories: list[Category] = Field(max_length=1000)
    note: str = Field("", max_length=4000)
    seconds: float = Field(ge=0, le=1e6, allow_inf_nan=False)


class Ascii(JSONResponse):
    """JSON that also holds file names that are no valid text."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode("ascii")


@dataclass(frozen=True)
class Desk:
    """What the addresses work with.

    Attributes:
        root: the folder that was opened.
        scans: of folders below it.
        pictures: of images.
        model: the bundle's.
        readings: where the reader's categories go.
        blind: whether a result is shown only to who has read the exam.
    """

    root: Root
    scans: Scans
    pictures: Pictures
    model: Model
    readings: Readings
    blind: bool

    def image(self, scan: int, exam: int, image: int) -> tuple[Exam, Path]:
        """An exam and the file of one of its images, which is below the root at this moment, too.

        Raises:
            MammoError: there is none.
        """
        found = self.scans.exam(scan, exam)
        if not 0 <= image < len(found.images):
            raise MammoError("no such image in this exam; open the folder again", "unknown-exam")
        return found, self.root.inside(found.images[image])

    def allow_result(self, exam: Exam, reader: str) -> None:
        """Keep that the result is shown.

        Raises:
            MammoError: reason ``read-first``.
        """
        if self.blind and not (reader and self.readings.of(exam.patient, exam.exam, reader)):
            raise MammoError("save your own reading first; the result is shown after it", "read-first")
        self.readings.note_shown(exam.patient, exam.exam, reader)


def create_app(desk: Desk, *, host: str = "127.0.0.1", token: str = "") -> FastAPI:
    """The page as an ASGI application.

    Args:
        desk: what it works with.
        host: the address that is listened on; decides which names the Host header may have.
        token: "" for none.
    """
    key = secrets.token_urlsafe(24)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, default_response_class=Ascii)
    app.add_middleware(Guard, rules=Rules(host, token, key))
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.mount("/locale", StaticFiles(directory=HERE / "locale"))
    page = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    ).get_template("page.html")

    @app.exception_handler(MammoError)
    def expected(request: Request, error: MammoError) -> Response:
        return _failed(STATUS.get(error.reason, 422), error.reason, str(error))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return _failed(422, "bad-request", "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        return _failed(500, "internal", f"this failed ({type(error).__name__}); the server goes on, see its messages")

    @app.get("/")
    def start(language: Annotated[str, Cookie()] = texts.FIRST) -> Response:
        chosen = language if language in texts.languages() else texts.FIRST
        words = texts.texts(chosen)
        return HTMLResponse(page.render(t=words, language=chosen, languages=texts.languages(), key=key, birads=BIRADS))

    @app.get("/api/state")
    def state() -> dict[str, Any]:
        return {
            "model": desk.model.state(),
            "folder": desk.root.path.name,
            "blind": desk.blind,
        }

    @app.get("/api/folders")
    def folders(path: str = "") -> dict[str, Any]:
        here = desk.root.inside(path)
        return {"path": desk.root.name(here), "folders": desk.root.folders(path)}

    @app.post("/api/scans")
    def scan_folder(chosen: Chosen) -> dict[str, Any]:
        return {"scan": desk.scans.start(chosen.path)}

    @app.get("/api/scans/{scan}")
    def scanned(scan: int) -> dict[str, Any]:
        return desk.scans.get(scan).to_json()

    @app.get("/api/scans/{scan}/exams/{exam}")
    def hanging(scan: int, exam: int) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        images = [shown(found, name) for name in found.images]
        return {"patient": found.patient, "exam": found.exam, **hung(images)}

    @app.get("/api/scans/{scan}/exams/{exam}/images/{image}/pixels")
    async def pixels(scan: int, exam: int, image: int, rows: Annotated[int, Query(ge=1)] = 1024) -> Response:
        picture = await _picture(desk, scan, exam, image)
        made = (await asyncio.to_thread(picture.reduced, rows)).as_tensor()[0].numpy()
        low, high = picture.window
        headers = {
            "x-rows": str(made.shape[0]),
            "x-columns": str(made.shape[1]),
            "x-full-rows": str(picture.rows),
            "x-bytes": str(made.itemsize),
            "x-window": f"{low:g} {high:g}",
            "x-mirrored": str(int(picture.mirrored)),
            "x-remark": picture.remark,
        }
        little = made.astype(made.dtype.newbyteorder("<"), copy=False)
        return Response(np.ascontiguousarray(little).data, media_type="application/octet-stream", headers=headers)

    @app.get("/api/scans/{scan}/exams/{exam}/result")
    async def result(scan: int, exam: int, reader: str = "") -> Response:
        found = desk.scans.exam(scan, exam)
        await asyncio.to_thread(desk.allow_result, found, reader)
        answer = await _soon(desk.model.result(found))
        return Ascii(answer.to_json()) if answer else Ascii(desk.model.state(), 202)

    @app.get("/api/scans/{scan}/exams/{exam}/images/{image}/saliency")
    async def saliency(
        scan: int, exam: int, image: int, reader: str = "", name: Annotated[str, Query(alias="class")] = ""
    ) -> Response:
        found, path = desk.image(scan, exam, image)
        await asyncio.to_thread(desk.allow_result, found, reader)
        explained = await _soon(desk.model.saliency(path, name))
        if explained is None:
            return Ascii(desk.model.state(), 202)
        picture = await _picture(desk, scan, exam, image)
        drawn = await asyncio.to_thread(_coloured, explained, picture)
        headers = {"x-class": json.dumps(explained.class_name), "x-method": explained.method}
        return Response(drawn, media_type="image/png", headers=headers)

    @app.get("/api/scans/{scan}/exams/{exam}/reading")
    def reading(scan: int, exam: int, reader: str) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        return {"rows": _numbered(found, desk.readings.of(found.patient, found.exam, reader))}

    @app.post("/api/scans/{scan}/exams/{exam}/reading")
    def save(scan: int, exam: int, said: Reading) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        known = desk.model.state()
        classes = known.get("classes", [])
        cases = []
        for one in said.categories:
            if one.image >= len(found.images):
                raise MammoError("no such image in this exam; open the folder again", "unknown-exam")
            if one.birads not in ("", *BIRADS) or one.class_name not in ("", *classes):
                raise MammoError(
                    f"expected BI-RADS {', '.join(BIRADS)} or a class {', '.join(classes)}, found "
                    f"{one.birads or one.class_name!r}",
                    "bad-category",
                )
            about = shown(found, found.images[one.image])
            cases.append(
                Case(
                    about.path, found.patient, found.exam, about.laterality, about.view, one.birads, one.class_name
                )
            )  # fmt: skip
        context = known.get("context", {})
        rows = desk.readings.save(
            cases,
            reader=said.reader,
            read_as=said.read_as,
            note=said.note,
            seconds=said.seconds,
            bundle=f"{context.get('bundle', '')} {context.get('version', '')}".strip(),
            weights=context.get("weights", ""),
        )
        return {"rows": _numbered(found, rows)}

    return app


def _failed(status: int, reason: str, message: str) -> Response:
    return Ascii({"error": {"reason": reason, "message": " ".join(message.split())}}, status)


async def _picture(desk: Desk, scan: int, exam: int, image: int) -> Picture:
    found, path = desk.image(scan, exam, image)
    laterality = (await asyncio.to_thread(shown, found, found.images[image])).laterality
    return await asyncio.wrap_future(desk.pictures.get(path, laterality))


async def _soon(answer: Future[Value]) -> Value | None:
    """The answer if it comes within :data:`HOLD`; None where the page has to ask again."""
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), HOLD)
    except (asyncio.TimeoutError, ForgottenError):
        return None


def _coloured(explained: Explanation, picture: Picture) -> bytes:
    """A map as a PNG on the picture as it hangs; transparent where it is 0."""
    from mammo_monai.evaluation.explain.placement import drawn_onto

    level = (255 * np.clip(drawn_onto(explained.heat, picture.reduced(MAP_ROWS)), 0, 1)).astype(np.uint8)
    colours = cv2.applyColorMap(level, cv2.COLORMAP_TURBO)
    return bytes(cv2.imencode(".png", np.dstack([colours, level]))[1])


def _numbered(exam: Exam, rows: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Rows with the number of their image in the exam; an image that has gone since has none."""
    numbers = {cell(name): number for number, name in enumerate(exam.images)}
    return [{**row, "number": numbers[row["image"]]} for row in rows if row["image"] in numbers]
