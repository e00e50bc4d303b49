from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from mammo_monai.datasets import fingerprints as module
from mammo_monai.datasets.fingerprints import Fingerprint, fingerprint, fingerprints
from mammo_monai.errors import MammoError


@pytest.fixture
def films(tmp_path: Path) -> list[str]:
    """Six films, one of them without a breast."""
    rng = np.random.default_rng(0)
    row, col = np.mgrid[:200, :160]
    for i in range(6):
        tissue = cv2.GaussianBlur(rng.normal(size=(200, 160)), (0, 0), 9)
        breast = ((row - 100) / 80) ** 2 + (col / 110) ** 2 < 1
        pixels = np.where(breast & (i != 5), 120 + 30 * tissue / tissue.std(), 5).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"a,{i}.png")
    return [f"a,{i}.png" for i in range(6)]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are opened."""
    seen: list[str] = []

    def watched(file: Path) -> Fingerprint:
        seen.append(file.name)
        return fingerprint(file)

    monkeypatch.setattr(module, "fingerprint", watched)
    return seen


def test_what_they_are(films: list[str], tmp_path: Path) -> None:
    found = fingerprints(tmp_path, films, tmp_path / "t.csv")
    assert sorted(found) == films
    for name, mark in found.items():
        assert isinstance(mark, Fingerprint)
        assert mark.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        assert len(mark.phash) == (0 if name == "a,5.png" else 64)


def test_a_second_time_reads_only_what_is_new_or_changed(films: list[str], tmp_path: Path, reads: list[str]) -> None:
    table = tmp_path / "t.csv"
    first = fingerprints(tmp_path, films[:4], table)
    assert sorted(reads) == films[:4]
    reads.clear()
    stat = (tmp_path / films[0]).stat()
    os.utime(tmp_path / films[0], ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    second = fingerprints(tmp_path, films, table)
    assert sorted(reads) == [films[0], *films[4:]]
    assert {name: second[name] for name in first} == first
    reads.clear()
    assert fingerprints(tmp_path, films, table) == second and reads == []


def test_a_kill_costs_what_was_not_yet_written(films: list[str], tmp_path: Path, reads: list[str]) -> None:
    table = tmp_path / "t.csv"

    def killed(futures: Iterable[Any], total: int) -> Iterable[Any]:
        assert total == 6
        for done, future in enumerate(futures):
            if done == 3:  # what was made is in the file, whatever happens now
                assert len(table.read_text().splitlines()) == 1 + 3
                raise KeyboardInterrupt
            yield future

    with pytest.raises(KeyboardInterrupt):
        fingerprints(tmp_path, films, table, killed)
    reads.clear()
    whole = fingerprints(tmp_path, films, table)
    assert len(reads) == 3
    text = table.read_text()
    for length in range(len(text) - 160, len(text) - 1):  # torn anywhere in the last lines
        table.write_text(text[:length])
        reads.clear()
        assert fingerprints(tmp_path, films, table) == whole
        assert 0 < len(reads) <= 2


@pytest.mark.parametrize(
    "text", ["", "path\n", "a,b,c,d,e\n1,2,3,4,5\n", '"', "\0", "path,size,modified_ns,phash0,sha256\n", "\xff"]
)
def test_a_table_that_is_none_is_made_anew(films: list[str], tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="latin-1")
    assert len(fingerprints(tmp_path, films, tmp_path / "t.csv")) == 6


def test_files_that_cannot_be_read_are_told_from_images_without_a_breast(films: list[str], tmp_path: Path) -> None:
    data = (tmp_path / films[0]).read_bytes()
    (tmp_path / films[0]).write_bytes(data[: len(data) // 2])
    (tmp_path / films[1]).write_bytes(b"x")
    found = fingerprints(tmp_path, films, tmp_path / "t.csv")
    assert all(isinstance(found[name], MammoError) and name in str(found[name]) for name in films[:2])
    assert all(isinstance(found[name], Fingerprint) for name in films[2:])


def test_a_table_that_cannot_be_written(films: list[str], tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="cannot be written"):
        fingerprints(tmp_path, films, tmp_path / films[0] / "t.csv")


@pytest.mark.real
def test_real_dicom_files(mg_dicom: Path) -> None:
    for name in ("GH133.dcm", "GH1376.dcm", "MG1_J2KI"):
        assert len(fingerprint(mg_dicom / name).phash) == 64
