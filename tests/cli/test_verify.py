from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mammo_monai import cli

PGM = b"P5 40 50 255\n" + bytes(range(250)) * 8


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Nine images and their table."""
    rows = [f"{i}.pgm,p{i},L" for i in range(9)]
    (tmp_path / "t.csv").write_text("image,patient,laterality\n" + "\n".join(rows) + "\n")
    for i in range(9):
        (tmp_path / f"{i}.pgm").write_bytes(PGM[:-1] + bytes([i]))
    return tmp_path


def verify(root: Path, *more: str) -> int:
    return cli.run(["verify", "table", "--csv", "t.csv", "--root", str(root), *more])


def test_complete(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(own) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("table: complete\n") and "duplicates: 0 groups of equal content" in printed


def test_every_problem_is_named_with_its_row_and_long_lists_are_cut(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(7):
        (own / f"{i}.pgm").unlink()
    (own / "7.pgm").write_bytes(PGM)
    (own / "8.pgm").write_bytes(PGM)
    (own / "extra.pgm").write_bytes(PGM)
    assert verify(own) == 1
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("missing: 7 files")
    assert lines[at + 1 : at + 7] == [f"  {i}.pgm (t.csv:{i + 2})" for i in range(5)] + [
        "  ... and 2 more (--json names all)"
    ]
    assert "  7.pgm (t.csv:9) = 8.pgm (t.csv:10)" in lines
    assert lines[lines.index("unlisted: 1 images no table names") + 1] == "  extra.pgm"
    assert lines[-1] == "table: NOT complete"


def test_a_file_name_that_is_no_text(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(os.fsdecode(bytes(own) + b"/\xff.pgm")).write_bytes(PGM)
    assert verify(own) == 0
    assert "  \\udcff.pgm" in capsys.readouterr().out


def test_json_has_every_key(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(own, "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == {
        "dataset", "root", "counts", "differences", "missing", "unreadable", "unlisted", "duplicates", "conflicts",
        "notes", "excluded", "ok",
    }  # fmt: skip


def test_labels_only_says_what_is_missing_and_judges_the_labels(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "3.pgm").unlink()
    (own / "4.pgm").write_bytes(b"not opened")
    assert verify(own, "--labels-only") == 0
    printed = capsys.readouterr().out
    assert "missing: 1 files\n  3.pgm (t.csv:5)\n" in printed and "unreadable" not in printed
    assert printed.endswith("table: labels as published, files missing\n")
    assert verify(own, "--labels-only", "--pixels") == 2


def test_pixels_name_the_image_without_a_breast(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "3.pgm").write_bytes(b"P5 40 50 255\n" + bytes(2000))
    assert verify(own, "--pixels") == 1
    assert "  3.pgm (t.csv:5): breast: pixels none found" in capsys.readouterr().out


def test_an_adapters_own_counts_for_its_options(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mammo_monai.datasets.adapters import table

    monkeypatch.setattr(table, "published", lambda **options: {"images": len(options["csv"])}, raising=False)
    assert verify(own) == 1
    assert ["images", "9", "5", "differs"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_datasets_shows_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["datasets", "rsna"]) == 0
    assert "--files (default train_images/{patient}/{image}.dcm)" in capsys.readouterr().out
