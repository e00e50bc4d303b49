"""What the model says of an exam, and what in an image speaks for a class."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from reading_page.answers import Ascii, soon
from reading_page.desk import Desk
from reading_page.maps import coloured


def routes(desk: Desk) -> APIRouter:
    """Its addresses."""
    router = APIRouter(prefix="/scans/{scan}/exams/{exam}")

    @router.get("/result")
    async def result(scan: int, exam: int, reader: str = "") -> Response:
        found = desk.scans.exam(scan, exam)
        await asyncio.to_thread(desk.allow_result, found, reader)
        answer = await soon(desk.model.result(found))
        return Ascii(answer.to_json()) if answer else Ascii(desk.model.state(), 202)

    @router.get("/images/{image}/saliency")
    async def saliency(
        scan: int, exam: int, image: int, reader: str = "", name: Annotated[str, Query(alias="class")] = ""
    ) -> Response:
        found, path = desk.image(scan, exam, image)
        await asyncio.to_thread(desk.allow_result, found, reader)
        explained = await soon(desk.model.saliency(path, name))
        if explained is None:
            return Ascii(desk.model.state(), 202)
        picture = await desk.picture(scan, exam, image)
        drawn = await asyncio.to_thread(coloured, explained, picture)
        headers = {"x-class": json.dumps(explained.class_name), "x-method": explained.method}
        return Response(drawn, media_type="image/png", headers=headers)

    return router
