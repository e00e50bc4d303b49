from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mammo_monai import cli
from mammo_monai.errors import MammoError

HEAVY = ("torch", "monai", "mlflow", "sklearn", "pandas", "matplotlib", "ignite")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Twelve patients whose names look like numbers, one 8-bit image each."""
    rows = [f"{i:02d}.png,{i:03d},{'145'[i % 3]}" for i in range(12)]
    (tmp_path / "45").write_text("image,patient,birads\n" + "\n".join(rows) + "\n")
    for i in range(12):
        Image.fromarray(np.full((8, 8), 100 + i, np.uint8)).save(tmp_path / f"{i:02d}.png")
    return tmp_path


def datalist(root: Path, *more: str) -> list[str]:
    return ["datalist", "table", "--csv", "45", "--root", str(root), "--labels", "birads3", *more]


def test_datalist_prints_counts_and_the_file(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = own / "1"  # a path like a number stays a path
    assert cli.run(datalist(own, "--out", str(out), "--ratios", "1,1,1", "--seed", "7")) == 0
    printed = capsys.readouterr().out
    content = json.loads(out.read_text())
    assert [line.split() for line in printed.splitlines()[1:4]] == [
        [section, *map(str, content["counts"][section].values()), "4", "4"]
        for section in ("training", "validation", "test")
    ]
    assert str(out) in printed and content["digest"][:12] in printed
    assert content["seed"] == 7 and content["ratios"] == [1, 1, 1]
    patients = {item["patient"] for section in ("training", "validation", "test") for item in content[section]}
    assert patients == {f"{i:03d}" for i in range(12)}  # "004" is not 4


def test_datalist_prints_what_was_left_out_and_that_a_map_is_a_stand_in(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "03.png").unlink()
    assert cli.run(datalist(own, "--out", str(own / "d.json"))) == 0
    assert "left out: 1 missing-file" in capsys.readouterr().out


def test_verify_table(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["verify", "table", "--csv", "45", "--root", str(own)]) == 0
    assert "table: complete" in capsys.readouterr().out
    (own / "03.png").unlink()
    (own / "04.png").write_bytes(b"")
    assert cli.run(["verify", "--json", "table", "--csv", "45", "--root", str(own)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["missing"] == ["03.png"] and list(report["unreadable"]) == ["04.png"]
    assert report["counts"]["images"] == {"found": 12, "published": None}


def test_verify_pixels(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = (own / "05.png").read_bytes()
    (own / "05.png").write_bytes(data[: len(data) // 2])
    assert cli.run(["verify", "table", "--csv", "45", "--root", str(own), "--pixels"]) == 1
    assert "05.png" in capsys.readouterr().out


@pytest.mark.real
def test_verify_says_that_a_part_is_not_the_published_whole(
    mini_mias: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["verify", "mini_mias", "--root", str(mini_mias)]) == 1
    printed = capsys.readouterr().out
    assert ["images", "196", "322", "differs"] in [line.split() for line in printed.splitlines()]
    assert "missing: 0 files" in printed and "unreadable: 0 files" in printed
    assert "mini_mias: NOT as published (7 counts differ)" in printed


@pytest.mark.parametrize(
    "args",
    [
        ["bogus"],
        ["labels", "extra"],
        ["labels", "__class__"],
        ["labels", "-"],
        ["labels", "--", "--interactive"],
        ["labels", "--bogus"],
        ["phantom", "--out", "OUT", "--exams", "2", "--bogus", "1"],
        ["phantom", "--out", "--exams", "2"],
        ["phantom", "--exams", "2"],
        ["phantom", "--out", "OUT", "--exams", "2.5"],
        ["phantom", "--out", "OUT", "--exams", "1,2"],
        ["phantom", "--out", "OUT", "--exams", "2", "--seed=-1"],
        ["datalist"],
        ["datalist", "table", "--root", ".", "--labels", "birads3", "--out"],
        ["datalist", "table", "surplus", "--root", ".", "--labels", "birads3", "--out", "OUT"],
        ["datalist", "mini_mias", "--root", ".", "--labels", "birads3", "--out", "OUT", "--csv", "x"],
        ["datalist", "table", "--root", ".", "--labels", "birads3", "--out", "OUT", "--csv", "x", "--ratios", "a,b"],
        ["verify", "table", "--root", ".", "--json=3"],
    ],
)
def test_arguments_that_are_not_understood_are_code_2_and_run_nothing(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(args) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1 and captured.out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "args",
    [
        ["datalist", "mini_mias", "--root", "nowhere", "--labels", "mias3", "--out", "OUT"],
        ["datalist", "mini_mias", "--root", ".", "--labels", "mias3", "--out", "OUT"],
        ["datalist", "mini_mias", "--root", ".", "--labels", "nosuch", "--out", "OUT"],
        ["datalist", "nosuch", "--root", ".", "--labels", "mias3", "--out", "OUT"],
        ["verify", "vindr", "--root", "."],
    ],
)
def test_an_expected_failure_is_one_line_and_code_1(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(args) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1


def test_a_message_of_several_lines_is_still_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(args: list[str]) -> int:
        raise MammoError("a file\nwith a break in its name")

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert cli.run([]) == 1
    assert capsys.readouterr().err == "error: a file with a break in its name\n"


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(args: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_dispatch", interrupt)
    assert cli.run([]) == 130


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"], ["datalist", "--help"], ["verify", "mini_mias", "-h"]])
def test_help_says_research_use_only(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(args) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: mammo-monai") and "Research use only" in printed


def test_every_verb_is_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(cli.__file__).parent
    verbs = {path.stem.replace("_", "-") for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert {"datalist", "verify", "phantom", "labels", "version"} <= verbs
    cli.run(["--help"])
    overview = capsys.readouterr().out
    for verb in verbs:
        assert f"\n  {verb} " in overview
        assert cli.run([verb, "--help"]) == 0


def test_labels_and_datasets_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["labels"]) == 0
    assert "birads3: classes 045, 1, 23 from birads" in capsys.readouterr().out
    assert cli.run(["datasets"]) == 0
    assert "mini_mias" in capsys.readouterr().out
    assert cli.run(["datasets", "table"]) == 0
    assert "--patient" in capsys.readouterr().out
    assert cli.run(["version"]) == cli.run(["--version"]) == 0
    assert capsys.readouterr().out.count("0.1.0") == 2


def test_main_exits_with_the_code() -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["bogus"])
    assert stop.value.code == 2


def test_light_verbs_import_nothing_heavy_and_a_closed_pipe_is_quiet(own: Path) -> None:
    """The only test with processes: one that lists its modules, one whose reader goes away."""
    args = datalist(own, "--out", str(own / "d.json"))
    code = (
        "import sys; from mammo_monai import cli\n"
        f"assert [cli.run(a) for a in ({args!r}, ['--help'], ['phantom', '--help'], ['labels'])] == [0] * 4\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert listed.stdout.splitlines()[-1] == "[]"

    reading, writing = os.pipe()
    os.close(reading)
    gone = subprocess.run(
        [sys.executable, "-m", "mammo_monai", "labels"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (gone.returncode, gone.stderr) == (141, b"")


def test_crops_draws_every_box_and_lists_what_it_left_out(
    phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "films"
    shutil.copytree(next((phantoms / "images").iterdir()), folder)
    assert cli.run(["crops", str(folder), "--out", str(tmp_path / "a.png"), "--columns", "2", "--tile", "100"]) == 0
    sheet = cv2.imread(str(tmp_path / "a.png"))
    assert sheet.shape == (200, 200, 3)
    for row in (slice(0, 100), slice(100, 200)):
        for column in (slice(0, 100), slice(100, 200)):
            assert (sheet[row, column] == (0, 255, 0)).all(-1).sum() > 100
    (folder / "notes.txt").write_text("no image")
    assert cli.run(["crops", str(folder), "--out", str(tmp_path / "a.png")]) == 1
    assert "notes.txt" in capsys.readouterr().out
