"""Patch lists of whole data sets by the command: phantoms in three layouts, and the real films of mini-MIAS."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mammo_monai import cli
from mammo_monai.phantom import write_phantoms

SECTIONS = ("training", "validation", "test")
LIST_LABELS = {"vindr": "birads3", "cbis_ddsm": "benign_malignant", "mini_mias": "normal_abnormal"}


def command(verb: str, *args: object) -> None:
    assert cli.run([verb, *map(str, args)]) == 0


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def box_of(finding: dict[str, Any]) -> tuple[float, float, float, float]:
    if finding["box"]:
        return tuple(finding["box"])
    row, col, radius = finding["circle"]
    return row - radius, col - radius, row + radius, col + radius


def check(images: dict[str, Any], made: dict[str, Any]) -> None:
    """Every patch is in its image's section; a lesion's holds its centre, a background's touches none."""
    for section in SECTIONS:
        own = {item["image"]: item for item in images[section]}
        for item in made[section]:
            findings = own[item["image"]]["findings"]
            top, left, bottom, right = item["box"]
            if item["finding"] >= 0:
                assert item["findings"] == [findings[item["finding"]]]
                if item["findings"][0]["mask"] is None:
                    low, first, high, last = box_of(item["findings"][0])
                    assert top <= (low + high) / 2 <= bottom and left <= (first + last) / 2 <= right
            else:
                for low, first, high, last in (box_of(finding) for finding in findings if not finding["mask"]):
                    assert not (top < high and low < bottom and left < last and first < right)


@pytest.fixture(scope="module", params=sorted(LIST_LABELS))
def phantom(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    root = write_phantoms(folder / "set", 16, 1, layout=request.param, rows=256, cols=208)
    out = folder / "images.json"
    command("datalist", request.param, "--root", root, "--out", out, "--labels", LIST_LABELS[request.param],
            "--fingerprints", "none", "--ratios", "60,20,20", "--seed", 3)  # fmt: skip
    return request.param, root, out


def test_phantoms_in_the_layouts_of_data_sets(
    phantom: tuple[str, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout, root, images = phantom
    policy, labels = (
        ("context", "benign_malignant") if layout == "cbis_ddsm" else ("tile,background", LIST_LABELS[layout])
    )
    sizes = () if layout == "cbis_ddsm" else ("--size", 48, "--stride", 24, "--normal_share", 0.5)
    out = tmp_path / "patches.json"
    command("patches", images, "--root", root, "--out", out, "--policy", policy, "--labels", labels, *sizes)
    made = load(out)
    check(load(images), made)
    assert {item["policy"] for section in SECTIONS for item in made[section]} == set(policy.split(","))
    findings = sum(len(item["findings"]) for section in SECTIONS for item in load(images)[section])
    with_patch = sum(part["all"]["findings"] for part in made["report"].values())
    left_out = made["outcomes"].get(policy.split(",")[0], {}).get("left_out", {})
    assert with_patch == findings - sum(left_out.values()) > 0
    printed = capsys.readouterr().out
    for section in SECTIONS:
        row = next(line.split() for line in printed.splitlines() if line.startswith(f"{section} all"))
        assert list(map(int, row[2:])) == list(made["report"][section]["all"].values())
    assert all(f"{count} {code}" in printed for code, count in left_out.items()) and made["digest"][:12] in printed


@pytest.fixture(scope="module")
def films(mini_mias: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    out = tmp_path_factory.mktemp("films") / "images.json"
    command("datalist", "mini_mias", "--root", mini_mias, "--out", out, "--labels", "normal_abnormal",
            "--fingerprints", "none")  # fmt: skip
    return mini_mias, out


def rows(root: Path, *kinds: str) -> list[list[str]]:
    """The lesions of ``Info.txt`` whose film is there, in plain code: film, tissue, kind, severity[, x, y, radius]."""
    lines = [line.split() for line in (root / "Info.txt").read_text().splitlines() if re.match(r"mdb\d", line)]
    return [row for row in lines if (root / f"{row[0]}.pgm").exists() and row[2] in kinds]


@pytest.mark.real
def test_masses_of_mini_mias(films: tuple[Path, Path], tmp_path: Path) -> None:
    root, images = films
    masses = rows(root, "CIRC", "SPIC", "MISC")
    located = [row for row in masses if len(row) == 7]
    command("patches", images, "--root", root, "--out", tmp_path / "p.json", "--policy", "context",
            "--labels", "benign_malignant", "--kinds", "mass")  # fmt: skip
    made = load(tmp_path / "p.json")
    check(load(images), made)
    for severity, name in (("B", "benign"), ("M", "malignant")):
        assert sum(made["counts"][s][name] for s in SECTIONS) == sum(row[3] == severity for row in located)
    expected = sorted(
        (f"{film}.pgm", side, 1024 - int(y), int(x))
        for film, _, _, _, x, y, radius in located
        for side in [max(64, 4 * int(radius))]  # twice the diameter
    )
    found = [(i["image"], *i["box"]) for s in SECTIONS for i in made[s]]
    assert expected == sorted((n, b - t, (t + b) // 2, (left + right) // 2) for n, t, left, b, right in found)
    left_out = made["outcomes"]["context"]["left_out"]
    assert left_out == {
        "no-coordinates": len(masses) - len(located),
        "kind-calcification-not-asked": len(rows(root, "CALC")),
        "kind-other-not-asked": len(rows(root, "ARCH", "ASYM")),
    }


@pytest.mark.real
def test_five_classes_of_mini_mias(films: tuple[Path, Path], tmp_path: Path) -> None:
    root, images = films
    command("patches", images, "--root", root, "--out", tmp_path / "p.json", "--policy", "tile,background",
            "--labels", "lesion5")  # fmt: skip
    made = load(tmp_path / "p.json")
    check(load(images), made)
    # mdb212 is the circle of radius 3 that lies in the air above the breast
    calcifications = [row for row in rows(root, "CALC") if len(row) == 7 and row[0] != "mdb212"]
    masses = [row for row in rows(root, "CIRC", "SPIC", "MISC") if len(row) == 7]
    findings = sum(part["all"]["findings"] for part in made["report"].values())
    assert findings == len(calcifications) + len(masses)
    assert made["outcomes"]["tile"]["left_out"]["off-breast"] == 1
    tiny = [row for row in calcifications + masses if 2 * int(row[6]) < 16]
    assert made["outcomes"]["tile"]["kept"]["tiny"] == 5 * len(tiny) > 0
    for section in SECTIONS:
        normal = made["counts"][section]["normal"]
        assert normal == pytest.approx(0.85 * len(made[section]), abs=1)
        patients = {other: {i["patient"] for i in made[other]} for other in SECTIONS}
        assert not any(patients[section] & patients[other] for other in SECTIONS if other != section)
    windows = [i for s in SECTIONS for i in made[s] if i["policy"] == "background"]
    assert all(min(i["box"]) >= 0 and max(i["box"]) <= 1024 for i in windows)
    for item in windows[:: len(windows) // 20]:
        header, _, pixels = (root / item["image"]).read_bytes().partition(b"255\n")
        assert header.startswith(b"P5")
        top, left, bottom, right = item["box"]
        window = np.frombuffer(pixels, np.uint8).reshape(1024, 1024)[top:bottom, left:right]
        assert (window > 20).mean() > 0.8, item["image"]


@pytest.mark.parametrize(("option", "value"), [("--normal_share", "much"), ("--depth", "3"), ("--scale", "big")])
def test_wrong_arguments_exit_with_two(
    phantom: tuple[str, Path, Path], tmp_path: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, root, images = phantom
    args = ["patches", images, "--root", root, "--out", tmp_path / "p", "--policy", "context", "--labels", "lesion5"]
    assert cli.run([*map(str, args), option, value]) == 2
    assert option in capsys.readouterr().err and not (tmp_path / "p").exists()
