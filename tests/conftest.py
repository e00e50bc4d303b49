"""What every test may ask for: the real films, where they are, and a small phantom data set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real films and DICOM files (``MAMMO_SHARED`` or ``../shared/data``); skips where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("MAMMO_SHARED", default))
    if not root.is_dir():
        pytest.skip(f"real films are not here ({root}); set MAMMO_SHARED to their folder")
    return root


@pytest.fixture(scope="session")
def mini_mias(shared_data: Path) -> Path:
    """Root of the real mini-MIAS films."""
    return shared_data / "mini-mias"


@pytest.fixture(scope="session")
def mg_dicom(shared_data: Path) -> Path:
    """Folder of real mammography DICOM files."""
    return shared_data / "mg-dicom"
