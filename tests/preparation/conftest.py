from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mammo_monai.preparation.job import Summary, prepare_datalist

OPTIONS = {"spatial_size": [48, 40]}


@pytest.fixture(scope="session")
def bundle(repository: Path) -> Path:
    return repository / "bundles" / "birads_classifier"


@pytest.fixture
def fill(phantoms: Path, bundle: Path, tmp_path: Path) -> Callable[..., Summary]:
    """Function that prepares the phantoms into ``tmp_path / "store"``; threads save the imports of new processes."""

    def run(**changes: Any) -> Summary:
        given = {
            "datalist": phantoms / "datalist.json",
            "root": phantoms,
            "store": tmp_path / "store",
            "bundle": bundle,
            "options": OPTIONS,
            "make_executor": ThreadPoolExecutor,
            "workers": 2,
        }
        return prepare_datalist(**given | changes)

    return run


@pytest.fixture(scope="session")
def options() -> dict[str, Any]:
    return dict(OPTIONS)
