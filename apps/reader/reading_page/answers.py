"""How the page is answered: JSON, one line for what went wrong, and answers that may take a while."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from mammo_monai.errors import MammoError
from reading_page.recent import ForgottenError

HOLD = 1.0
"""Seconds that a question waits for its answer before the page asks again."""
STATUS: Final = {
    "outside-folder": 403, "read-first": 403, "not-found": 404, "unknown-scan": 404, "unknown-exam": 404,
    "not-writable": 500, "locked": 503,
}  # fmt: skip
Value = TypeVar("Value")


class Ascii(JSONResponse):
    """JSON that also holds file names that are no valid text."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode("ascii")


def add_refusals(app: FastAPI) -> None:
    """Answer what was raised by a status, a reason and a message of one line."""

    @app.exception_handler(MammoError)
    def expected(request: Request, error: MammoError) -> Response:
        return _failed(STATUS.get(error.reason, 422), error.reason, str(error))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return _failed(422, "bad-request", "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        return _failed(500, "internal", f"this failed ({type(error).__name__}); the server goes on, see its messages")


async def soon(answer: Future[Value]) -> Value | None:
    """The answer if it comes within :data:`HOLD`; None where the page has to ask again."""
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), HOLD)
    except (asyncio.TimeoutError, ForgottenError):
        return None


def _failed(status: int, reason: str, message: str) -> Response:
    return Ascii({"error": {"reason": reason, "message": " ".join(message.split())}}, status)
