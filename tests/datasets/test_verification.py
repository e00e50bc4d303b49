from __future__ import annotations

from pathlib import Path

from mammo_monai.datasets.records import Record
from mammo_monai.datasets.verification import verify
from mammo_monai.errors import MammoError


def check(path: Path) -> None:
    if path.read_bytes() == b"bad":
        raise MammoError(f"{path.name}: not an image", "no-image")


def records(root: Path) -> list[Record]:
    for name, content in (("a", b"good"), ("b", b"bad"), ("c", b"good")):
        (root / name).write_bytes(content)
    return [Record(name, f"p{name}", "e", birads="1") for name in "abc"]


def test_complete(tmp_path: Path) -> None:
    listed = records(tmp_path)
    (tmp_path / "b").write_bytes(b"good")
    report = verify(listed, tmp_path, {"images": 3, "birads 1": 3}, check)
    assert report["ok"] and not report["differences"] and not report["missing"] and not report["unreadable"]
    assert report["counts"]["patients"] == {"found": 3, "published": None}


def test_differences_name_the_counts_that_differ(tmp_path: Path) -> None:
    report = verify(records(tmp_path)[::2], tmp_path, {"images": 3, "patients": 2, "birads 5": 1}, check)
    assert report["differences"] == ["images", "birads 5"] and not report["ok"]
    assert report["counts"]["birads 5"] == {"found": 0, "published": 1}


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    listed = records(tmp_path)
    (tmp_path / "c").unlink()
    report = verify(listed, tmp_path, {}, check)
    assert report["missing"] == ["c"] and not report["ok"]
    assert report["unreadable"] == {"b": {"reason": "no-image", "message": "b: not an image"}}
