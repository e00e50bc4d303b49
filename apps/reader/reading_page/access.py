"""Who may ask: which names of this machine count, the token, and that a page's own script sends what changes things."""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]]+))(?::\d+)?")
COOKIE: Final = "reading-page"
KEY_HEADER: Final = "x-reading-page"
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
LOGIN: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Reading page</title>
<form method="get" action="/"><label>Token <input name="token" type="password" autofocus autocomplete="off"></label>
<button>Open</button></form><p>The token was printed where the reading page was started.</p></html>"""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


@dataclass(frozen=True)
class Rules:
    """What is asked of a request.

    Attributes:
        host: the address that is listened on.
        token: what a browser must know; "" for none (loopback only).
        key: what the page's own script sends along with everything that changes something.
    """

    host: str
    token: str
    key: str

    def named(self, host: str) -> bool:
        """Whether a Host header may name this server. A rebound DNS name is neither an address nor our own name."""
        name = _without_port(host)
        if is_loopback(self.host):
            return is_loopback(name)
        return is_loopback(name) or _is_address(name) or name in (self.host, socket.gethostname(), socket.getfqdn())


class Guard:
    """ASGI middleware that refuses by :class:`Rules` and adds the headers that keep everything on this machine."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._answer(HTTPConnection(scope)) if scope["type"] == "http" else _refusal(403, "no-websocket")
        await (refused or self.app)(scope, receive, with_headers)

    def _answer(self, request: HTTPConnection) -> Response | None:
        """What is answered in place of the page; None lets the request through."""
        headers: Headers = request.headers
        if not self.rules.named(headers.get("host", "")):
            return _refusal(400, "other-host")
        if self.rules.token and not _same(_cookie(headers), self.rules.token):
            return self._login(request.scope["path"], request.query_params)
        if request.scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        own = origin is None or origin.partition("://")[2] == headers["host"]
        if not own or not _same(headers.get(KEY_HEADER, ""), self.rules.key):
            return _refusal(403, "not-from-this-page")
        return None

    def _login(self, path: str, query: QueryParams) -> Response:
        if path == "/" and _same(query.get("token", ""), self.rules.token):
            response = RedirectResponse("/", 303)
            response.set_cookie(COOKIE, self.rules.token, httponly=True, samesite="strict")
            return response
        return HTMLResponse(LOGIN, 401) if path == "/" else _refusal(401, "token-needed")


def _refusal(status: int, reason: str) -> Response:
    return JSONResponse({"error": {"reason": reason, "message": "this request was refused"}}, status)


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _without_port(host: str) -> str:
    """The name in a Host header; "" where it is none."""
    found = _HOST.fullmatch(host)
    return found[1] or found[2] if found else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
