from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mammo_monai.datasets import adapters, verification
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.verification import verify


@pytest.fixture
def films(tmp_path: Path) -> list[Record]:
    """Three films a.png, b.png, c.png of left breasts."""
    rows, cols = np.mgrid[:200, :160]
    for i, name in enumerate("abc"):
        image = np.where((rows - 100) ** 2 + cols**2 < (70 + i) ** 2, 180, 5).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    return [
        Record(f"{n}.png", f"p{n}", "e", laterality="L", birads="1", source=f"t.csv:{i}") for i, n in enumerate("abc")
    ]


def test_complete(films: list[Record], tmp_path: Path) -> None:
    for depth in ("labels", "tags", "pixels"):
        report = verify(films, tmp_path, {"images": 3, "birads 1": 3}, depth)
        assert report["ok"] and report["counts"]["patients"] == {"found": 3, "published": None}
        empty = ("differences", "missing", "unreadable", "unlisted", "duplicates", "conflicts", "notes", "excluded")
        assert not any(report[name] for name in empty)


def test_differences_name_the_counts_that_differ(films: list[Record], tmp_path: Path) -> None:
    report = verify(films[::2], tmp_path, {"images": 3, "patients": 2, "birads 5": 1})
    assert report["differences"] == ["images", "birads 5"] and not report["ok"]
    assert report["counts"]["birads 5"] == {"found": 0, "published": 1}
    assert report["unlisted"] == ["b.png"]


def test_missing_and_unreadable_files_and_those_beside_an_image(films: list[Record], tmp_path: Path) -> None:
    (tmp_path / "c.png").unlink()
    (tmp_path / "b.png").write_bytes(b"bad")
    (tmp_path / "a.xml").write_text("<regions/>")
    (tmp_path / "mask.png").write_bytes(b"")
    films[0] = replace(films[0], others=("a.xml", "mask.png", "overlay.xml"))
    report = verify(films, tmp_path, {})
    assert report["missing"] == ["overlay.xml", "c.png"] and not report["ok"]
    reasons = {path: why["reason"] for path, why in report["unreadable"].items()}
    assert reasons == {"b.png": "unsupported-format", "mask.png": "empty-file"}


def test_a_torn_image_is_found_by_its_pixels(films: list[Record], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-30])
    assert verify(films, tmp_path, {})["ok"]
    assert list(verify(films, tmp_path, {}, "pixels")["unreadable"]) == ["a.png"]


def test_duplicates_and_conflicts_are_not_ok_and_what_is_excluded_is_not_held_against_it(
    films: list[Record], tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "a.png", tmp_path / "c.png")
    report = verify(films, tmp_path, {})
    assert report["duplicates"] == [["a.png", "c.png"]] and not report["ok"]
    films = [replace(films[0], laterality="R"), replace(films[1], laterality="R", excluded="side-doubtful")]
    assert verify(films, tmp_path, {})["ok"]
    report = verify(films, tmp_path, {}, "pixels")
    assert [one["path"] for one in report["conflicts"]] == ["a.png"] and not report["ok"]
    assert report["excluded"] == {"side-doubtful": 1}


def test_labels_only_opens_nothing(films: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "read_tags", None)
    monkeypatch.setattr(Path, "open", None)
    (tmp_path / "c.png").unlink()
    report = verify(films, tmp_path, {"images": 3}, "labels")
    assert report["missing"] == ["c.png"] and report["ok"]
    assert not verify(films, tmp_path, {"images": 4}, "labels")["ok"]


def test_notes_are_counted_and_progress_sees_every_image_once(films: list[Record], tmp_path: Path) -> None:
    seen: list[Any] = []

    def progress(opened: Iterable[Any], total: int) -> Iterable[Any]:
        seen.append(total)
        return opened

    twice = [replace(films[0], notes=("box-clipped", "box-clipped")), films[1], films[2], films[2]]
    report = verify(twice, tmp_path, {}, progress=progress)
    assert report["notes"] == {"box-clipped": 2} and seen == [3]


def test_phantoms_are_complete_in_every_encoding(phantoms: Path) -> None:
    records = adapters.read("phantom", phantoms)
    report = verify(records, phantoms, {"images": 80}, "pixels")
    assert report["ok"] and report["counts"]["exams with the four standard views"]["found"] == 20
    swapped = [replace(r, laterality="R" if r.laterality == "L" else "L", view="ML") for r in records[:2]]
    conflicts = verify(swapped, phantoms, {}, "pixels")["conflicts"]
    assert [(c["what"], c["tags"], c["pixels"]) for c in conflicts] == [
        ("laterality", "L", "L"), ("view", "CC", ""), ("laterality", "L", "L"), ("view", "MLO", ""),
    ]  # fmt: skip


@pytest.mark.real
def test_real_films_have_no_conflict_and_swapped_ones_do(mini_mias: Path) -> None:
    records = adapters.read("mini_mias", mini_mias)
    report = verify(records, mini_mias, {}, "pixels")
    assert {name: found for name, found in report.items() if found and name != "counts"} == {"ok": True}
    swapped = [replace(r, laterality="R" if r.laterality == "L" else "L") for r in records]
    assert len(verify(swapped, mini_mias, {}, "pixels")["conflicts"]) >= 0.95 * len(records)


@pytest.mark.real
def test_real_dicom(mg_dicom: Path) -> None:
    names = ("GH133.dcm", "GH1376.dcm", "MG1_J2KI", "OutOfBoundsOverlay.dcm", "jpeg2k_3d.dcm")
    report = verify([Record(name, name, name, laterality="R") for name in names], mg_dicom, {}, "pixels")
    assert set(report["unreadable"]) >= {"GH1376.dcm", "jpeg2k_3d.dcm"}
    assert {(one["path"], one["what"], one["tags"]) for one in report["conflicts"]} >= {
        ("OutOfBoundsOverlay.dcm", "laterality", "L")
    } or "OutOfBoundsOverlay.dcm" in report["unreadable"]
