"""The verbs report, compare and card on small tables."""

from __future__ import annotations

import json
import shutil

import pytest

from mammo_monai.cli import run

LINES = [
    f"{i}.png,{i % 9},{('benign', 'malignant')[i % 2]},{0.3 + i % 5 / 10:.1f},{0.7 - i % 5 / 10:.1f}" for i in range(40)
]


@pytest.fixture
def tables(tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for shift, folder in enumerate(folders):
        folder.mkdir()
        lines = [line if i % 7 else line.rsplit(",", 2)[0] + ",0.5,0.5" for i, line in enumerate(LINES)]
        text = "\n".join(["path,patient,label,p_benign,p_malignant", *(LINES if shift else lines)])
        (folder / "predictions.csv").write_text(text + "\n")
    return folders


def test_report_and_card(tables, tmp_path, capsys, repository):
    out = tmp_path / "out"
    assert run(["report", str(tables[0]), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{out / 'report.html'}" in printed and "not known without the datalist" in printed
    bundle = shutil.copytree(
        repository / "bundles" / "mass_patch", tmp_path / "bundle", ignore=shutil.ignore_patterns("models", "cache")
    )
    assert run(["card", str(bundle), "--report", str(out / "report.json")]) == 0
    metrics = json.loads((bundle / "configs" / "metadata.json").read_text())["eval_metrics"]
    assert metrics["n"] == 40 and metrics["patients"] == 9


def test_compare(tables, tmp_path, capsys):
    assert run(["compare", *map(str, tables), "--out", str(tmp_path / "out"), "--figures", "accuracy"]) == 0
    printed = capsys.readouterr().out
    assert "| one |" in printed and "| two |" in printed and "1 difference is looked at" in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"compare.md", "compare.csv", "compare.png"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["report", "nowhere", "--out", "o"], "nowhere"),
        (["compare", "nowhere", "--out", "o"], "nowhere"),
        (["compare", "a", "a/", "--out", "o"], "name each once"),
        (["card", "nowhere"], "nowhere"),
    ],
)
def test_errors_are_one_line(args, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(args) != 0
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and words in error
    assert list(tmp_path.iterdir()) == []
