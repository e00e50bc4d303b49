from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from mammo_monai import cli
from mammo_monai.description.describe import describe
from mammo_monai.description.montage import write_montage
from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast


@pytest.fixture(scope="module")
def described(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("description")
    args = ["describe", str(phantoms / "datalist.json"), "--out", str(out), "--root", str(phantoms), "--examples", "3"]
    assert cli.run(args) == 0
    return out


def test_tables_figures_and_examples_of_a_real_list(described: Path, phantoms: Path) -> None:
    content = json.loads((phantoms / "datalist.json").read_text())
    with (described / "class_by_view.csv").open(newline="") as file:
        rows = {row[""]: row for row in csv.DictReader(file)}
    for section in ("training", "validation", "test"):
        assert {name: int(rows[name][section]) for name in content["classes"]} == content["counts"][section]
    names = {file.name for file in described.iterdir()}
    assert {"index.html", "birads_breasts.png", "density_breasts.csv", "findings.png", "sections.csv"} <= names
    for index in range(3):
        assert cv2.imread(str(described / f"examples_{index}.png")).shape == (200, 600, 3)
    for figure in described.glob("*.png"):
        assert (np.ptp(cv2.imread(str(figure)), axis=(0, 1)) > 100).all()


def test_the_page_needs_no_other_file(described: Path) -> None:
    page = (described / "index.html").read_text(encoding="utf-8")
    assert page.count("Research use only, not for clinical use.") == 2
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert sources and all(source.startswith("data:image/png;base64,") for source in sources)
    assert "<script" not in page and "http:" not in page and "https:" not in page
    assert page.count("data:image/png") == len(list(described.glob("*.png")))
    assert 'id="examples"' in page and "without the data set's folder" not in page


def test_nothing_of_the_datalist_is_markup(small: dict[str, Any], tmp_path: Path) -> None:
    describe(small, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script" not in page
    assert "&lt;i&gt;ill&lt;/i&gt;" in page and "<i>" not in page and "Skin &lt;b&gt;" in page
    assert "without the data set&#39;s folder" in page or "without the data set's folder" in page
    assert not list(tmp_path.glob("examples_*"))


def test_names_that_matplotlib_would_read_as_mathematics(small: dict[str, Any], tmp_path: Path) -> None:
    small["training"][2]["findings"] = [{"categories": ["$\\frac{$", "x" * 500], "birads": None}]
    describe(small, tmp_path)
    assert (tmp_path / "findings.png").stat().st_size > 1000


def film(path: Path, level: int) -> None:
    pixels = np.zeros((120, 100), np.uint8)
    pixels[20:100, :60] = level
    pixels[30:90, 5:40] = level // 2
    Image.fromarray(pixels).save(path)


def item(name: str, patient: str, **more: object) -> dict[str, Any]:
    return {"image": name, "patient": patient, "dataset": "d", "laterality": "L", "view": "CC", "findings": [], **more}


def test_examples_are_of_different_women_and_what_fails_is_named(tmp_path: Path) -> None:
    for i in range(6):
        film(tmp_path / f"{i}.png", 200)
    items = [*(item(f"{i}.png", "p1") for i in range(5)), item("5.png", "p2"), item("gone.png", "p3")]
    found = write_montage(items, tmp_path, tmp_path / "m.png", count=3, tile=60)
    patients = [shown["patient"] for shown in found.shown]
    assert sorted(patients) == ["p1", "p1", "p2"] and set(patients[:2]) == {"p1", "p2"}
    assert len(found.failed) == 1 and "gone.png" in found.failed[0]
    again = write_montage(items[::-1], tmp_path, tmp_path / "n.png", count=3, tile=60)
    assert again.shown == found.shown
    assert (tmp_path / "m.png").read_bytes() == (tmp_path / "n.png").read_bytes()


def test_a_finding_is_drawn_where_it_is_and_a_patch_is_shown_alone(tmp_path: Path) -> None:
    film(tmp_path / "a.png", 200)
    box = [40, 10, 60, 30]
    with_box = item("a.png", "p", finding=0, findings=[{"box": box, "circle": None}])
    with_circle = item("a.png", "p", finding=0, findings=[{"box": None, "circle": [50, 20, 10]}])
    for name, one in (("b.png", with_box), ("c.png", with_circle)):
        write_montage([one], tmp_path, tmp_path / name, count=1, tile=200)
    drawn = cv2.imread(str(tmp_path / "b.png"))
    assert (drawn == cv2.imread(str(tmp_path / "c.png"))).all()
    rows, cols = np.nonzero((drawn == (0, 255, 0)).all(-1))
    breast = find_breast(cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)).box
    scale = 199 / max(breast[2] - breast[0], breast[3] - breast[1])
    edges = [(edge - breast[i % 2]) * scale for i, edge in enumerate(box)]
    assert [rows.min(), cols.min(), rows.max(), cols.max()] == pytest.approx(edges, abs=2)
    write_montage([item("a.png", "p", box=[-5, 0, 25, 60])], tmp_path, tmp_path / "p.png", count=1, tile=60)
    patch = cv2.imread(str(tmp_path / "p.png"))
    assert not (patch == (0, 255, 0)).all(-1).any()
    outside = write_montage([item("a.png", "p", box=[500, 0, 525, 60])], tmp_path, tmp_path / "q.png", count=1, tile=60)
    assert outside.shown == () and "holds no pixel" in outside.failed[0] and not (tmp_path / "q.png").exists()


def test_a_prepared_image_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    film(tmp_path / "store" / "x.png", 200)
    stored = item("far/away.dcm", "p", prepared="store/x.png", finding=0, findings=[{"box": [4000, 10, 4100, 90]}])
    found = write_montage([stored], tmp_path, tmp_path / "m.png", count=1, tile=120)
    assert found.shown == (stored,) and found.failed == ()
    shown = cv2.imread(str(tmp_path / "m.png"))
    assert shown.shape == (120, 120, 3) and not (shown == (0, 255, 0)).all(-1).any()


def test_a_wrong_root_is_named_and_costs_little(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MammoError, match="no such folder; --root"):
        describe(small, tmp_path / "out", tmp_path / "nowhere")
    assert not (tmp_path / "out").exists()
    many = [item(f"{i}.png", f"p{i}") for i in range(1000)]
    assert len(write_montage(many, tmp_path, tmp_path / "m.png", count=2, tile=60).failed) == 6
    _, failed = describe(small, tmp_path / "out", tmp_path)
    assert len(failed) == 8
    assert "No image of this class could be shown." in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.parametrize("args", [["--examples", "0"], ["--root"], ["--tile", "3"]])
def test_options_that_are_not_understood(args: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["describe", "list.json", "--out", str(tmp_path / "out"), *args]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "out").exists()


def test_failures_are_one_line(phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["describe", str(tmp_path / "none.json"), "--out", str(tmp_path / "out")]) == 1
    (tmp_path / "file").write_text("")
    assert cli.run(["describe", str(phantoms / "datalist.json"), "--out", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_an_empty_list(small: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="no image"):
        describe({**small, "training": [], "test": []}, tmp_path)
