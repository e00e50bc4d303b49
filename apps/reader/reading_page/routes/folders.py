"""Folders that may be chosen, and the exams in one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from reading_page.desk import Desk
from reading_page.schemas import Chosen


def routes(desk: Desk) -> APIRouter:
    """Its addresses."""
    router = APIRouter()

    @router.get("/folders")
    def listed(path: str = "") -> dict[str, Any]:
        here = desk.root.inside(path)
        return {"path": desk.root.name(here), "folders": desk.root.folders(path)}

    @router.post("/scans")
    def scan_folder(chosen: Chosen) -> dict[str, Any]:
        return {"scan": desk.scans.start(chosen.path)}

    @router.get("/scans/{scan}")
    def scanned(scan: int) -> dict[str, Any]:
        return desk.scans.get(scan).to_json()

    return router
