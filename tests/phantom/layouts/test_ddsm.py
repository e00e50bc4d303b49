from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mammo_monai.datasets import adapters
from mammo_monai.datasets.records import Record
from mammo_monai.dicom.codestream import inspect
from mammo_monai.dicom.ddsm.content import content
from mammo_monai.dicom.image import read_image
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.layouts import ddsm
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam, plan_exams

EXAMS, SEED, ROWS, COLS = 10, 3, 160, 128


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "ddsm"
    return write_phantoms(folder, EXAMS, SEED, layout="ddsm", rows=ROWS, cols=COLS)


@pytest.fixture(scope="module")
def found(root: Path) -> dict[str, Record]:
    return {record.image: record for record in adapters.read("ddsm", root)}


def views() -> Iterator[tuple[Exam, str, str]]:
    return ((exam, side, view) for exam in plan_exams(EXAMS, SEED) for side in LATERALITIES for view in VIEWS)


def test_the_adapter_finds_every_film_with_its_labels(root: Path, found: dict[str, Record]) -> None:
    assert len(found) == 4 * EXAMS
    for exam, side, view in views():
        record = found[ddsm.film_path(exam, side, view).as_posix()]
        assert (record.laterality, record.view, record.density) == (side, view, exam.density)
        assert record.extra["age"] == str(exam.age)
        assert record.birads == (str(exam.birads[side]) if exam.birads[side] > 1 else None)
        assert all((root / other).is_file() for other in record.others)
        assert record.excluded is None
    assert {record.pathology for record in found.values()} == {"normal", "benign", "malignant", None}
    # Everything on disk belongs to a record, but for the set's own two files.
    owned = {path for record in found.values() for path in (record.image, *record.others)}
    on_disk = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert on_disk - owned == {"DDSM_README", "phantom.json"}


def test_outlines_are_the_lesions_boxes_clipped_to_the_film(found: dict[str, Record]) -> None:
    clipped = 0
    for exam, side, view in views():
        record = found[ddsm.film_path(exam, side, view).as_posix()]
        drawn = expose(exam, side, view, ROWS, COLS).findings
        assert len(record.findings) == len(drawn)
        for marked, finding in zip(drawn, record.findings, strict=True):
            left, top, right, bottom = marked.box
            expected = (max(top, 0), max(left, 0), min(bottom, ROWS), min(right, COLS))
            assert finding.box is not None
            assert np.abs(np.subtract(finding.box, expected)).max() <= 1
            clipped += expected != (top, left, bottom, right)
        assert ("box-clipped" in record.notes) <= (view == "CC" and exam.off_edge)
    assert clipped


def test_films_of_all_digitizers_come_back_on_one_scale(root: Path) -> None:
    worst = dict.fromkeys(("DBA", "HOWTEK", "LUMISYS"), 0.0)
    for exam, side, view in views():
        brightness = expose(exam, side, view, ROWS, COLS).brightness.astype(np.float64)
        got = read_image(root / ddsm.film_path(exam, side, view)).pixels
        error = np.abs(got - 65535 * (1 - ddsm.DARKEST * (1 - brightness) / 4)).max() / 65535
        vendor = ddsm.digitizer(exam).vendor
        worst[vendor] = max(worst[vendor], error)
    assert worst["HOWTEK"] < 0.0002 and worst["LUMISYS"] < 0.0006  # about one of 4,096 levels
    assert worst["DBA"] < 0.006  # its levels are few where film is dark


def test_every_quirk_is_there(root: Path, found: dict[str, Record]) -> None:
    films = [(found[name], content(root / name, 10**7)) for name in found]
    headers = [inspect(data) for _, data in films]
    assert all(data.startswith(b"\xff\xd8\xff\xc3") for _, data in films)
    assert {(header.rows, header.columns) for header in headers if header} == {(ROWS, COLS), (COLS, ROWS)}
    assert {header.bits for header in headers if header} == {16}
    assert {record.extra["device"] for record, _ in films} == {"DBA MGH", "HOWTEK MGH", "LUMISYS WFU", "HOWTEK ISMD"}
    assert {record.image[-3:] for record, _ in films} == {"PEG", ".gz"}
    overlays = [other for record, _ in films for other in record.others if "OVERLAY" in other]
    assert {other[-3:] for other in overlays} == {"LAY", ".gz"}
    ics = [path.read_bytes() for path in root.rglob("*.ics")]
    assert 0 < sum(b"\r\n" in text for text in ics) < len(ics)
    assert {b"BITS_PER_PIXEL 12" in text for text in ics} == {True, False}
    notes = {note for record, _ in films for note in record.notes}
    assert notes == {"box-clipped", "cores-left-out", "outlines-miscounted"}


def test_same_arguments_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    again = write_phantoms(tmp_path / "again", 2, SEED, layout="ddsm", rows=ROWS, cols=COLS)
    cases = [path.relative_to(again) for path in again.rglob("case*/*") if path.is_file()]
    assert len(cases) > 10
    assert all((again / path).read_bytes() == (root / path).read_bytes() for path in cases)


@pytest.mark.parametrize("box", [(3, 4, 10, 20), (-5, -3, 6, 9), (0, 0, 1, 1), (2, 2, 4, 3)])
def test_a_chain_code_is_closed_and_fills_its_box(box: tuple[int, int, int, int]) -> None:
    column, row, *codes, end = ddsm.chain_code(box).split()
    assert end == "#"
    # Up, then clockwise.
    moves = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
    path = np.cumsum([(int(row), int(column)), *(moves[int(code)] for code in codes)], axis=0)
    assert path[0].tolist() == path[-1].tolist()
    left, top, right, bottom = box
    assert path.min(axis=0).tolist() == pytest.approx([top, left], abs=1)
    assert path.max(axis=0).tolist() == pytest.approx([bottom - 1, right - 1], abs=1)


def test_gzipped_files_are_equal_each_time(root: Path) -> None:
    packed = next(root.rglob("*.gz")).read_bytes()
    assert packed[4:8] == b"\0\0\0\0" and gzip.decompress(packed)  # no time stamp
