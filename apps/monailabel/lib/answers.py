"""What a client is told when something cannot be done: one line and a status of its own, never a bare 500."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from monailabel.interfaces.exception import MONAILabelException

from mammo_monai.errors import MammoError

SPOILT: Final = ("bundle-digest", "weights-digest", "bad-round")
STATUS: Final = {
    "not-found": 404, "not-allowed": 405, "busy": 429, "store-unreachable": 502, **dict.fromkeys(SPOILT, 503),
}  # fmt: skip
"""Of a reason; 422 for any other, since what was sent cannot be worked on."""


def add_answers(server: FastAPI) -> None:
    """Answer expected failures with their line, whichever endpoint they come through.

    The server exists before the app does, and it takes its handlers when its middleware is put together; so that is
    done again at the next request.
    """
    server.add_exception_handler(MammoError, _known)
    server.add_exception_handler(MONAILabelException, _unknown_name)
    server.add_exception_handler(json.JSONDecodeError, _not_json)
    server.middleware_stack = None


def _known(_: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": str(error), "reason": error.reason}, STATUS.get(error.reason, 422))


def _unknown_name(_: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": error.msg, "reason": "not-found"}, 404)


def _not_json(_: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": f"'params' or 'info' is not JSON ({error})", "reason": "not-json"}, 400)
