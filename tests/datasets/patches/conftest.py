"""Drawn films of 600 x 500 pixels whose breast is the half ellipse of ``on_breast``, and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mammo_monai.datasets import datalist, labels
from mammo_monai.datasets.patches import build
from mammo_monai.datasets.records import Finding, Record

ROWS, COLS = 600, 500


def on_breast() -> np.ndarray:
    rows, cols = np.mgrid[:ROWS, :COLS]
    return ((rows - 300) / 280) ** 2 + (cols / 400) ** 2 < 1


@pytest.fixture(scope="session")
def film() -> np.ndarray:
    tissue = np.random.default_rng(0).integers(90, 200, (ROWS, COLS))
    return np.where(on_breast(), tissue, 5).astype(np.uint8)


@pytest.fixture
def make_list(tmp_path: Path, film: np.ndarray) -> Callable[..., dict[str, Any]]:
    """A datalist of one film per patient, twelve patients, each with the findings that ``findings(patient)`` gives."""

    def make(findings: Callable[[int], Sequence[Finding]], patients: int = 12, **options: Any) -> dict[str, Any]:
        records = []
        for i in range(patients):
            found = tuple(findings(i))
            worst = {finding.pathology for finding in found}
            pathology = "malignant" if "malignant" in worst else "benign" if worst else "normal"
            Image.fromarray(film).save(tmp_path / f"f{i}.png")
            records.append(Record(f"f{i}.png", f"p{i}", f"e{i}", "L", "CC", pathology=pathology, findings=found))
        return datalist.build(records, labels.load("normal_abnormal"), tmp_path, name="drawn", **options)

    return make


@pytest.fixture
def cut(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def cut(made: dict[str, Any], *policies: str, labels_: str = "lesion5", **options: Any) -> dict[str, Any]:
        return build(made, tmp_path, labels.load(labels_), policies=policies, **options)

    return cut
