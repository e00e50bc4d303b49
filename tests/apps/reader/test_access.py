from __future__ import annotations

import re

import pytest
from reading_page.access import COOKIE, Rules, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_only_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "localhost.evil.org", "evil.org", ""])
def test_other_machines_too(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_names_of_a_page_on_loopback(host):
    assert Rules("127.0.0.1", "", "key").named(host)


@pytest.mark.parametrize(
    "host", ["", "evil.org", "evil.org:8000", "192.168.1.5", "127.0.0.1.evil.org", "[::1].evil.org:1"]
)
def test_a_rebound_name_is_refused(host):
    assert not Rules("127.0.0.1", "", "key").named(host)


def test_a_page_for_others_knows_addresses_and_its_own_name():
    rules = Rules("reading.hospital.vn", "token", "key")
    assert rules.named("reading.hospital.vn:80") and rules.named("10.0.0.7:8000") and not rules.named("evil.org")


def test_every_answer_keeps_everything_here(serve, films):
    page = serve(films)
    for path in ("/", "/static/main.js", "/locale/vi.json", "/api/state", "/nothing"):
        headers = page.ask("GET", path)[2]
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    assert page.ask("GET", "/docs")[0] == page.ask("GET", "/openapi.json")[0] == 404  # they load scripts from elsewhere


def test_other_names_and_other_pages_are_refused(serve, films):
    page = serve(films)
    assert page.ask("GET", "/", Host="evil.org")[0] == 400
    assert page.ask("POST", "/api/scans", {"path": ""})[0] == 403
    assert page.ask("POST", "/api/scans", {"path": ""}, X_Reading_Page="guess")[0] == 403
    assert page.post("/api/scans", {"path": ""})[0] == 200
    status, _, _ = page.ask("POST", "/api/scans", {"path": ""}, X_Reading_Page=page.key, Origin="http://evil.org")
    assert status == 403
    own = f"http://127.0.0.1:{page.port}"
    assert page.ask("POST", "/api/scans", {"path": ""}, X_Reading_Page=page.key, Origin=own)[0] == 200


def test_a_token_opens_the_page(serve, films):
    page = serve(films, host="0.0.0.0", token="a secret")
    for path in ("/api/state", "/static/main.js", "/locale/en.json", "/api/folders"):
        assert page.ask("GET", path)[0] == 401
    status, form, _ = page.ask("GET", "/")
    assert status == 401 and b'name="token"' in form and b"key" not in form
    assert page.ask("GET", "/?token=wrong")[0] == 401
    status, _, headers = page.ask("GET", "/?token=a+secret")
    assert status == 303 and headers["location"] == "/"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and re.search("samesite=strict", cookie, re.I)
    assert page.ask("GET", "/api/state", Cookie=cookie.partition(";")[0])[0] == 200
    assert page.ask("GET", "/api/state", Cookie=f"{COOKIE}=wrong")[0] == 401
    assert page.ask("GET", "/api/state", Cookie="=;;,\x80")[0] == 401
