"""What every test may ask for: the real films, where they are, and a small phantom data set."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .golden import Golden
from .golden import make as make_golden
from .small_bundle import network, write_bundle

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

try:
    from hypothesis import settings
except ImportError:  # the environments of the applications do without
    pass
else:  # a busy machine is no failure
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")


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


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow store whose tables exist already: making them takes seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Function that makes a BI-RADS bundle with small random weights and the card a training would have left."""

    def make(seed: int = 0) -> Path:
        import torch

        torch.manual_seed(seed)
        return write_bundle(tmp_path_factory.mktemp("bundle"), network().state_dict())

    return make


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """An exam, a bundle and what they give in every environment; read-only for tests."""
    return make_golden(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """``needs("Orthanc", ORTHANC)``: skip where a program is absent, fail where ``MAMMO_STRICT`` forbids that."""

    def check(what: str, *there: object) -> None:
        if not all(there):
            (pytest.fail if os.environ.get("MAMMO_STRICT") else pytest.skip)(f"{what}: not here; see scripts/")

    return check


@pytest.fixture(scope="session")
def changed() -> Callable[..., Path]:
    """Function that copies a DICOM file with other attributes, as an object of its own; None takes one out."""

    def copy(source: Path, target: Path, **attributes: object) -> Path:
        import pydicom

        dataset = pydicom.dcmread(source)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        for keyword, value in attributes.items():
            if value is None:
                del dataset[keyword]
            else:
                setattr(dataset, keyword, value)
        dataset.save_as(target, enforce_file_format=False)
        return target

    return copy
