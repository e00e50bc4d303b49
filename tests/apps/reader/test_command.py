from __future__ import annotations

import json
import shutil
import socket

import pytest
from reading_page.command import run


@pytest.fixture
def copy(bundle, tmp_path):
    shutil.copytree(bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def command(copy, films, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def start(*more):
        # Weights that cannot be those end whatever should have ended earlier.
        given = ["--bundle", str(copy), "--folder", str(films), "--port", "0", "--weights_sha256", "0" * 64]
        code = run([*given, *more])
        return code, capfd.readouterr()

    return start


def only_error(printed):
    lines = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "Traceback" not in printed.err
    return lines[0]


def test_weights_that_do_not_match_end_it(command):
    code, printed = command()
    assert code == 1 and "0" * 64 in only_error(printed)


def test_a_tampered_bundle_ends_it(command, copy):
    card = copy / "models" / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": "1" * 64}))
    code, printed = command("--weights_sha256", "")
    assert code == 1 and "model.pt" in only_error(printed)


def test_what_is_known_at_once(command, tmp_path, films):
    for more, words in (
        (["--folder", str(tmp_path / "nothing")], "no such folder"),
        (["--readings", str(films / "metadata.csv")], "no column"),
        (["--host", "203.0.113.9"], "cannot listen"),
        (["--port", "99999"], "--port"),
    ):
        code, printed = command(*more)
        assert code == 1 and words in only_error(printed)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, printed = command("--port", str(taken.getsockname()[1]))
        assert code == 1 and "cannot listen" in only_error(printed)


def test_other_addresses_get_a_token(command):
    code, printed = command("--host", "0.0.0.0")
    assert code == 1 and "/?token=" in printed.out and "Research use only" in printed.out
    _, printed = command()
    assert "http://127.0.0.1:" in printed.out and "token" not in printed.out
