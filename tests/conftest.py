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


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty synthetic exams of 160x128 pixels with a ``datalist.json`` of the birads3 classes; read-only for tests."""
    from mammo_monai.datasets import adapters, datalist, labels
    from mammo_monai.phantom import write_phantoms

    root = write_phantoms(tmp_path_factory.mktemp("phantoms") / "set", 20, 3, rows=160, cols=128)
    records = adapters.read("phantom", root)
    made = datalist.build(records, labels.load("birads3"), root, name="phantom", method="official")
    datalist.write(made, root / "datalist.json")
    return root


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]
