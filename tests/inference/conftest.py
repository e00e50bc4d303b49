"""A bundle with small weights of its own, whose card says what a training's would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _made(small_bundle: Callable[..., Path]) -> Path:
    return small_bundle()


@pytest.fixture
def bundle(_made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(_made, tmp_path / "birads_classifier"))
