from __future__ import annotations

import plistlib
import re
from pathlib import Path

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.dicom.image import read_image
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams

EXAMS, SEED, ROWS, COLS = 12, 3, 160, 128
IMAGES = [(exam, side, view) for exam in plan_exams(EXAMS, SEED) for side in "LR" for view in ("CC", "MLO")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "set"
    return write_phantoms(out, EXAMS, SEED, layout="inbreast", rows=ROWS, cols=COLS)


def test_the_table_has_the_quirks_of_the_original(root: Path) -> None:
    header, *rows = (root / "INbreast.csv").read_text().splitlines()
    assert header == "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads"
    cells = [row.split(";") for row in rows]
    assert len(cells) == 4 * EXAMS and {tuple(row[:2]) for row in cells} == {("removed", "removed")}
    assert {row[7] for row in cells} >= {"1", "2", "3", "4a", "4c", "5", "6"}
    assert any(row[6].isspace() for row in cells) and any(row[6].endswith("  ") for row in cells)


def test_names_and_region_files_are_those_of_the_original(root: Path) -> None:
    names = [path.name for path in (root / "AllDICOMs").iterdir()]
    assert len(names) == 4 * EXAMS
    assert all(re.fullmatch(r"2\d{7}_[0-9a-f]{16}_MG_[LR]_(CC|ML)_ANON\.dcm", name) for name in names)
    words, lengths = set(), set()
    for path in (root / "AllXML").iterdir():
        (image,) = plistlib.loads(path.read_bytes())["Images"]
        assert image["NumberOfROIs"] == len(image["ROIs"]) > 0
        words |= {roi["Name"] for roi in image["ROIs"]}
        lengths |= {roi["NumberOfPoints"] for roi in image["ROIs"]}
        assert all(
            re.fullmatch(r"\(-?\d+\.\d{6}, -?\d+\.\d{6}\)", xy) for roi in image["ROIs"] for xy in roi["Point_px"]
        )
    assert lengths == {1, 8} and words >= {"Mass", "mass ", "Assymetry"} and words & {"", "Point 1"}


def test_the_adapter_finds_every_image_and_its_truth(root: Path) -> None:
    records = adapters.read("inbreast", root)
    assert len(records) == len(IMAGES) and len({record.patient for record in records}) == EXAMS
    for record, (exam, side, view) in zip(records, IMAGES, strict=True):
        assert (root / record.image).is_file() and all((root / name).is_file() for name in record.others)
        assert (record.laterality, record.view) == (side, view)
        stated = {4: ("4A", "4B", "4C"), 5: ("5", "6")}.get(exam.birads[side], (str(exam.birads[side]),))
        assert record.birads in stated and record.density in (None, exam.density)
        truth = expose(exam, side, view, ROWS, COLS).findings
        outlined = [finding for finding in record.findings if finding.outline]
        clipped = False
        for finding, marked in zip(outlined, truth, strict=True):
            xmin, ymin, xmax, ymax = marked.box
            inside = (max(ymin, 0), max(xmin, 0), min(ymax, ROWS), min(xmax, COLS))
            assert finding.box == pytest.approx(inside, abs=1e-5)
            rows, cols = zip(*finding.outline, strict=True)
            assert (min(rows), min(cols), max(rows), max(cols)) == pytest.approx((ymin, xmin, ymax, xmax), abs=1e-5)
            clipped |= inside != (ymin, xmin, ymax, xmax)
        assert record.notes == (("box-clipped",) if clipped else ())
        for point in set(record.findings) - set(outlined):
            row, col = point.box[:2]
            assert any(m.box[1] <= row <= m.box[3] and m.box[0] <= col <= m.box[2] for m in truth) or clipped
    notes = [record.notes for record in records]
    assert 0 < notes.count(("box-clipped",)) < len(notes)


def test_the_images_are_readable(root: Path) -> None:
    assert {read_image(path).pixels.shape for path in sorted((root / "AllDICOMs").iterdir())[:8]} == {(ROWS, COLS)}


def test_a_half_downloaded_set_is_still_read(root: Path, tmp_path: Path) -> None:
    for name in ("INbreast.csv", *(f"AllXML/{path.name}" for path in (root / "AllXML").iterdir())):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((root / name).read_bytes())
    records = adapters.read("inbreast", tmp_path)
    assert len(records) == len(IMAGES)
    assert all("patient-unknown" in record.notes and "*" in record.image for record in records)
    assert sum(len(record.findings) for record in records) == sum(
        len(record.findings) for record in adapters.read("inbreast", root)
    )
