"""The page as an ASGI application."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Cookie, FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reading_page import texts
from reading_page.access import Guard, Rules
from reading_page.answers import Ascii, add_refusals
from reading_page.desk import Desk
from reading_page.readings import BIRADS
from reading_page.routes import exams, folders, readings, results

HERE: Final = Path(__file__).resolve().parents[1]


def create_app(desk: Desk, *, host: str = "127.0.0.1", token: str = "") -> FastAPI:
    """The application.

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
    add_refusals(app)
    for part in (folders, exams, results, readings):
        app.include_router(part.routes(desk), prefix="/api")
    page = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    ).get_template("page.html")

    @app.get("/")
    def start(language: Annotated[str, Cookie()] = texts.FIRST) -> Response:
        chosen = language if language in texts.languages() else texts.FIRST
        words = texts.texts(chosen)
        return HTMLResponse(page.render(t=words, language=chosen, languages=texts.languages(), key=key, birads=BIRADS))

    @app.get("/api/state")
    def state() -> dict[str, Any]:
        return {"model": desk.model.state(), "folder": desk.root.path.name, "blind": desk.blind}

    return app
