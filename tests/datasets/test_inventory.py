from __future__ import annotations

from pathlib import Path

from mammo_monai.datasets import inventory

PGM = b"P5 2 2 255\n\0\1\2\3"


def write(root: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def test_missing_is_what_is_no_file(tmp_path: Path) -> None:
    write(tmp_path, here=b"", folder__x=b"")
    assert inventory.missing(tmp_path, ["here", "gone", "folder", "here/below"]) == ["gone", "folder", "here/below"]


def test_unlisted_are_images_and_files_named_like_listed_ones(tmp_path: Path) -> None:
    write(tmp_path, listed=PGM, other=PGM, folder__third=PGM, readme=b"text")
    write(tmp_path, **{".hidden": PGM, ".cache__x": PGM, "a.xml": b"<x/>", "b.xml": b"<x/>", "t.csv": b"a,b\n"})
    assert inventory.unlisted(tmp_path, ["listed"]) == ["folder/third", "other"]
    assert inventory.unlisted(tmp_path, ["listed.png", "a.xml"]) == ["b.xml", "folder/third", "listed", "other"]
    assert inventory.unlisted(tmp_path, ["./listed", "folder//third", "other"]) == []


def test_duplicates_are_files_of_equal_content(tmp_path: Path) -> None:
    long = bytes(300_000)
    middle = long[:150_000] + b"\1" + long[150_001:]  # same size, same ends
    write(tmp_path, a=b"one", b=b"two", c=b"one", d__e=b"one", f=long, g=middle, h=long, i=b"", j=b"")
    names = ["f", "a", "b", "c", "d/e", "g", "h", "i", "j", "gone", "away"]
    assert inventory.duplicates(tmp_path, names) == [["a", "c", "d/e"], ["f", "h"]]
    assert inventory.duplicates(tmp_path, ["a", "a"]) == []


def test_only_files_of_one_size_are_read(tmp_path: Path, monkeypatch) -> None:
    write(tmp_path, a=b"1", b=b"22", c=b"333")
    monkeypatch.setattr(Path, "open", None)
    assert inventory.duplicates(tmp_path, "abc") == []
