"""An exam as it hangs, and the pixels of its images."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response

from reading_page.desk import Desk
from reading_page.hanging import hung, shown


def routes(desk: Desk) -> APIRouter:
    """Its addresses."""
    router = APIRouter(prefix="/scans/{scan}/exams/{exam}")

    @router.get("")
    def hanging(scan: int, exam: int) -> dict[str, Any]:
        found = desk.scans.exam(scan, exam)
        images = [shown(found, name) for name in found.images]
        return {"patient": found.patient, "exam": found.exam, **hung(images)}

    @router.get("/images/{image}/pixels")
    async def pixels(scan: int, exam: int, image: int, rows: Annotated[int, Query(ge=1)] = 1024) -> Response:
        picture = await desk.picture(scan, exam, image)
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

    return router
