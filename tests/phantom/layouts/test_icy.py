from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mammo_monai.datasets import adapters, labels
from mammo_monai.datasets.selection import select
from mammo_monai.dicom.image import read_image
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams

EXAMS, SEED, ROWS, COLS = 14, 3, 160, 128
IMAGES = [(exam, side, view) for exam in plan_exams(EXAMS, SEED) for side in "LR" for view in ("CC", "MLO")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "set"
    return write_phantoms(out, EXAMS, SEED, layout="icy", rows=ROWS, cols=COLS)


def test_every_image_has_a_file_of_its_name_and_every_shape_occurs(root: Path) -> None:
    documents = list(root.rglob("*.xml"))
    images = {path.with_suffix("") for path in root.rglob("*") if path.suffix in (".png", ".dcm")}
    assert len(documents) == 4 * EXAMS and images == {path.with_suffix("") for path in documents}
    rois = [roi for path in documents for roi in ET.parse(path).getroot().iterfind("rois/roi")]
    shapes = {roi.findtext("classname", "").rpartition(".")[2] for roi in rois}
    assert shapes == {"ROI2DRectangle", "ROI2DEllipse", "ROI2DPolygon", "ROI2DArea"}
    names = {roi.findtext("name") for roi in rois}
    assert {"BI-RADS 0", "incomplete", "BI-RADS 1", "Normal "} <= names and any(name.isdigit() for name in names)


def test_the_adapter_finds_every_image_and_its_truth(root: Path) -> None:
    records = {
        (record.exam, record.laterality, record.view): record
        for record in adapters.read("icy", root, incomplete="exclude")
    }
    assert len(records) == len(IMAGES)
    choices = []
    for exam, side, view in IMAGES:
        (folder,) = {name for name, _, _ in records if name.startswith(f"{1903000000 + exam.number}_")}
        record = records[folder, side, view]
        choices.append("incomplete" if record.excluded else "regions" if record.findings else "normal")
        if record.excluded:
            assert (record.excluded, record.birads, record.findings) == ("incomplete", "0", ())
            continue
        truth = expose(exam, side, view, ROWS, COLS).findings
        assert record.birads == str(exam.birads[side])
        clipped = False
        for finding, marked in zip(record.findings, truth, strict=True):
            xmin, ymin, xmax, ymax = marked.box
            inside = (max(ymin, 0), max(xmin, 0), min(ymax, ROWS), min(xmax, COLS))
            assert finding.box == pytest.approx(inside) and finding.birads == record.birads
            clipped |= inside != (ymin, xmin, ymax, xmax)
        assert record.notes == (("box-clipped",) if clipped else ())
    assert {choice: choices.count(choice) > 4 for choice in choices} == dict.fromkeys(
        ("normal", "regions", "incomplete"), True
    )


def test_the_incomplete_are_counted_or_kept(root: Path) -> None:
    birads3 = labels.load("birads3")
    used, left_out = select(adapters.read("icy", root, incomplete="exclude"), birads3, root)
    kept, nothing = select(adapters.read("icy", root), birads3, root)
    assert set(left_out) == {"incomplete"} and not nothing
    assert len(used) + len(left_out["incomplete"]) == len(kept) == len(IMAGES)


def test_the_images_are_readable(root: Path) -> None:
    png, dicom = next(iter(sorted(root.rglob("*.png")))), next(iter(sorted(root.rglob("*.dcm"))))
    assert read_image(png).pixels.shape == read_image(dicom).pixels.shape == (ROWS, COLS)
    assert read_image(png).pixels.dtype == "uint16"
