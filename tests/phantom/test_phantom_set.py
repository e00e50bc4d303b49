from __future__ import annotations

import ast
import csv
import hashlib
import sys
from pathlib import Path
from unittest.mock import Mock

import pydicom
import pytest

import mammo_monai.phantom
from mammo_monai.errors import MammoError
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.layouts import vindr

BREAST = "study_id,series_id,image_id,laterality,view_position,height,width,breast_birads,breast_density,split"
FINDING = (
    "image_id,study_id,series_id,laterality,view_position,height,width,breast_birads,breast_density,"
    "finding_categories,finding_birads,xmin,ymin,xmax,ymax,split"
)
SIZE = {"rows": 128, "cols": 104}


def digests(root):
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def table(root, name):
    with (root / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    return write_phantoms(tmp_path_factory.mktemp("phantom") / "ten", 10, 0, **SIZE)


def test_tables_have_vindr_columns_and_values(ten):
    for name, header in (("breast-level_annotations.csv", BREAST), ("finding_annotations.csv", FINDING)):
        assert (ten / name).read_text().splitlines()[0] == header
    breasts = table(ten, "breast-level_annotations.csv")
    assert len(breasts) == 40
    assert {row["breast_birads"] for row in breasts} == {f"BI-RADS {n}" for n in range(1, 6)}
    assert {row["breast_density"] for row in breasts} <= {f"DENSITY {d}" for d in "ABCD"}
    assert {row["split"] for row in breasts} == {"training", "test"}
    assert {(row["height"], row["width"]) for row in breasts} == {("128", "104")}
    for row in breasts:
        assert len(row["image_id"]) == len(row["study_id"]) == 32
        assert (ten / "images" / row["study_id"] / f"{row['image_id']}.dicom").is_file()
    assert len(list(ten.rglob("*.dicom"))) == 40


def test_metadata_says_what_the_header_does(ten):
    rows = {row["SOP Instance UID"]: row for row in table(ten, vindr.METADATA)}
    assert set(rows) == {path.stem for path in ten.rglob("*.dicom")}
    for path in sorted(ten.rglob("*.dicom"))[:4]:
        header, row = pydicom.dcmread(path, stop_before_pixels=True), rows[path.stem]
        assert row["Patient's Age"] == header.PatientAge
        assert (row["Manufacturer"], row["Manufacturer's Model Name"]) == (
            header.Manufacturer,
            header.ManufacturerModelName,
        )


def test_both_views_of_a_breast_share_their_labels_and_an_exam_its_split(ten):
    labels, splits = {}, {}
    for row in table(ten, "breast-level_annotations.csv"):
        key = row["study_id"], row["laterality"]
        labels.setdefault(key, set()).add((row["breast_birads"], row["breast_density"]))
        splits.setdefault(row["study_id"], set()).add(row["split"])
    assert {len(values) for values in (*labels.values(), *splits.values())} == {1}


def test_findings_have_vindr_quirks(ten):
    findings = table(ten, "finding_annotations.csv")
    lists = [ast.literal_eval(row["finding_categories"]) for row in findings]
    assert all(isinstance(names, list) for names in lists)
    assert ["Mass", "Suspicious Calcification"] in lists
    for row, names in zip(findings, lists, strict=True):
        empty = names == ["No Finding"]
        assert empty == (row["breast_birads"] == "BI-RADS 1")
        assert all((row[edge] == "") == empty for edge in ("xmin", "ymin", "xmax", "ymax"))
        assert row["finding_birads"] in (("",) if empty else ("", row["breast_birads"]))
    boxed = [row for row in findings if row["xmin"]]
    assert any(float(row["xmin"]) < 0 for row in boxed)
    assert any(float(row["xmax"]) > 104 for row in boxed)
    assert 0 < sum(row["finding_birads"] == "" for row in boxed) < len(boxed) / 2
    assert {row["image_id"] for row in findings} == {r["image_id"] for r in table(ten, vindr.BREASTS)}


def test_same_arguments_give_the_same_bytes_and_another_seed_does_not(ten, tmp_path):
    write_phantoms(tmp_path / "again", 10, 0, **SIZE)
    assert digests(tmp_path / "again") == digests(ten)
    write_phantoms(tmp_path / "other", 1, 1, **SIZE)
    assert not set(digests(tmp_path / "other").values()) & set(digests(ten).values())


def test_exams_do_not_depend_on_how_many_follow(ten, tmp_path):
    few = digests(write_phantoms(tmp_path / "few", 3, 0, **SIZE))
    images = {name: digest for name, digest in few.items() if name.endswith(".dicom")}
    assert len(images) == 12 and images.items() <= digests(ten).items()


def test_a_complete_set_is_left_alone(ten):
    before = {path: path.stat().st_mtime_ns for path in ten.rglob("*")}
    assert write_phantoms(ten, 10, 0, **SIZE) == ten
    assert {path: path.stat().st_mtime_ns for path in ten.rglob("*")} == before


@pytest.mark.parametrize("arguments", [{"exams": 9, "seed": 0}, {"exams": 10, "seed": 1}])
def test_another_set_is_not_overwritten(ten, arguments):
    with pytest.raises(MammoError, match="empty it or choose another") as caught:
        write_phantoms(ten, **arguments, **SIZE)
    assert caught.value.reason == "not-empty" and "\n" not in str(caught.value)


def test_foreign_folders_and_files_are_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(MammoError, match="holds something other"):
        write_phantoms(tmp_path, 1, 0, **SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(MammoError):
        write_phantoms(tmp_path / "mine.txt", 1, 0, **SIZE)
    with pytest.raises(MammoError, match="cannot write"):
        write_phantoms(tmp_path / "mine.txt" / "below", 1, 0, **SIZE)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_a_deleted_image_is_written_again(tmp_path, monkeypatch):
    write_phantoms(tmp_path, 1, 0, **SIZE)
    before = digests(tmp_path)
    next(tmp_path.rglob("*.dicom")).unlink()
    with monkeypatch.context() as patch, pytest.raises(MammoError):
        patch.setattr(vindr, "write_dicom", Mock(side_effect=OSError(28, "No space left on device")))
        write_phantoms(tmp_path, 1, 0, **SIZE)
    assert not list(tmp_path.glob("*.csv"))  # the tables of the earlier, complete set do not stay either
    write_phantoms(tmp_path, 1, 0, **SIZE)
    assert digests(tmp_path) == before


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_set_has_no_tables_and_is_resumed(tmp_path, monkeypatch, failure):
    real, calls = vindr.write_dicom, []

    def failing(path, *args):
        calls.append(path)
        if len(calls) == 6:
            path.write_bytes(b"torn")
            raise failure
        real(path, *args)

    monkeypatch.setattr(vindr, "write_dicom", failing)
    with pytest.raises((KeyboardInterrupt, MammoError)) as caught:
        write_phantoms(tmp_path / "set", 2, 0, **SIZE)
    if isinstance(failure, OSError):
        assert "No space left" in str(caught.value) and str(tmp_path) in str(caught.value)
    assert not list(tmp_path.rglob("*.csv*"))
    monkeypatch.undo()
    write_phantoms(tmp_path / "set", 2, 0, **SIZE)
    assert digests(tmp_path / "set") == digests(write_phantoms(tmp_path / "whole", 2, 0, **SIZE))


@pytest.mark.parametrize(
    "size",
    [{"rows": 64, "cols": 52}, {"rows": 10_000, "cols": 8_000}, {"rows": 128, "cols": 40}, {"rows": -1}],
)
def test_impossible_sizes_are_refused_before_anything_is_written(tmp_path, size):
    with pytest.raises(MammoError, match=r"expected 96\.\.8192 rows"):
        write_phantoms(tmp_path / "x", 1, 0, **size)
    with pytest.raises(MammoError, match="expected at least 1 exam"):
        write_phantoms(tmp_path / "x", 0, 0)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("size", [(96, 58), (97, 116), (333, 271)])
def test_odd_sizes_work(tmp_path, size):
    write_phantoms(tmp_path, 2, 4, rows=size[0], cols=size[1], prevalence={4: 1, 5: 1})
    assert {row["height"] for row in table(tmp_path, vindr.BREASTS)} == {str(size[0])}


def test_phantoms_need_no_heavy_import():
    allowed = {"numpy", "cv2", "pydicom", "imagecodecs", "mammo_monai", *sys.stdlib_module_names}
    for source in Path(mammo_monai.phantom.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed
