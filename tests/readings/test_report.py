from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mammo_monai import cli
from mammo_monai.datasets import adapters

READINGS = """image,patient,exam,laterality,view,reader,birads,density,minutes
a/L.png,p1,e1,L,CC,Änna,BI-RADS 2,C,3
a/L.png,p1,e1,L,CC,Ben,BI-RADS 2,C,2
a/R.png,p1,e1,R,CC,Änna,4a,C,3
a/R.png,p1,e1,R,CC,Ben,2,B,2
a/R.png,p1,e1,R,CC,Carl,4A,C,9
b/L.png,p2,e2,L,CC,Änna,1,D,3
b/L.png,p2,e2,L,CC,Ben,,D,3
"""


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    file = tmp_path / "readings.csv"
    file.write_text(READINGS, encoding="cp1252")
    return file


def consensus(readings: Path, *more: str) -> tuple[int, Path]:
    out = readings.parent / "out.csv"
    return cli.run(["consensus", str(readings), "--out", str(out), *more]), out


def test_the_output_is_a_table_of_records(readings: Path) -> None:
    code, out = consensus(readings, "--rule", "arbitration", "--arbiter", "Carl")
    assert code == 0
    records = adapters.read("table", readings.parent, csv=str(out))
    found = [(r.image, r.patient, r.exam, r.laterality, r.view, r.birads, r.density) for r in records]
    assert found == [
        ("a/L.png", "p1", "e1", "L", "CC", "2", "C"),
        ("a/R.png", "p1", "e1", "R", "CC", "4A", "C"),
        ("b/L.png", "p2", "e2", "L", "CC", None, "D"),  # one reading is no consensus
    ]


def test_undecided_cases_are_blank_and_listed_and_can_be_sent_to_the_arbiter(
    readings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = consensus(readings)
    assert code == 0
    printed = capsys.readouterr().out
    assert "birads: 1 agreement, 1 disagreement, 1 one-reading" in printed
    assert "undecided: a/R.png" in printed and "undecided: b/L.png" in printed
    assert "columns not kept: minutes" in printed
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["birads"], row["decided_birads"]) for row in rows] == [
        ("2", "agreement"),
        ("", "disagreement"),
        ("", "one-reading"),
    ]
    assert [rows[1][f"birads_{reader}"] for reader in ("Änna", "Ben", "Carl")] == ["4A", "2", "4A"]
    again = out.rename(out.with_name("again.csv"))  # wide form: readable as it is
    code, _ = consensus(again, "--rule", "arbitration", "--arbiter", "Carl")
    assert code == 0 and "birads: 1 agreement, 1 arbitration, 1 one-reading" in capsys.readouterr().out


def test_json(readings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = consensus(readings, "--rule", "arbitration", "--arbiter", "Carl", "--json", "--labels", "birads")
    report = json.loads(capsys.readouterr().out)
    assert code == 0 and report["interval"] == "patients" and report["cases"] == 3
    assert report["dropped"] == ["density", "minutes"]
    birads = report["labels"]["birads"]
    assert birads["decided"] == {"agreement": 1, "arbitration": 1, "one-reading": 1}
    assert birads["undecided"] == ["b/L.png"]
    assert birads["overruled"] == {
        "Ben": {"read": 2, "overruled": 1},
        "Carl": {"read": 1, "overruled": 0},
        "Änna": {"read": 2, "overruled": 0},
    }
    kinds = {kappa["kind"]: kappa for kappa in birads["kappas"]}
    assert kinds["cohen"]["readers"] == ["Ben", "Änna"] and kinds["cohen"]["agreement"] == 0.5
    # by hand: Ben says 2, 2 and Änna 2, 4A: observed 1/2, expected 1/2, so kappa is 0
    assert kinds["cohen"]["value"] == 0 and kinds["fleiss"]["cases"] == 2


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["--rule", "arbitration", "--arbiter", "Dora"], "no reader 'Dora' to arbitrate", 1),
        (["--rule", "vote"], "no rule 'vote'", 2),
        (["--colour", "x"], "no option --colour", 2),
        (["--image", "film"], "no column 'film'", 1),
    ],
)
def test_failures_are_one_line_and_write_nothing(
    readings: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str, code: int
) -> None:
    returned, out = consensus(readings, *args)
    captured = capsys.readouterr()
    assert (returned, captured.out) == (code, "") and not out.exists()
    assert message in captured.err and captured.err.count("\n") == 1
