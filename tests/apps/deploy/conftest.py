"""The application in this process, and a bundle with small weights; nothing is imported before it is asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="session")
def trained(small_bundle: Callable[..., Path]) -> Path:
    """The BI-RADS bundle with weights; read-only for tests."""
    return small_bundle()


@pytest.fixture
def bundle(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(trained, tmp_path / "birads_classifier"))


@pytest.fixture
def study(phantoms: Path, tmp_path: Path) -> Path:
    """A copy of one phantom exam, four views, in a folder that a test may fill with more."""
    first = min(path for path in (phantoms / "images").iterdir() if path.is_dir())
    shutil.copytree(first, tmp_path / "in" / "exam")
    return tmp_path / "in"


@pytest.fixture
def run(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Function that runs the application and gives its exit code and the content of ``result.json``, {} without one."""
    monkeypatch.syspath_prepend(str(repository / "apps" / "deploy"))
    from mammo_deploy.application import main

    def go(source: Path, model: Path, *arguments: str, out: Path = tmp_path / "out") -> tuple[int, dict[str, Any]]:
        code = main(["deploy", "-i", str(source), "-o", str(out), "-m", str(model), *arguments])
        summary = out / "result.json"
        return code, json.loads(summary.read_text()) if summary.is_file() else {}

    return go
