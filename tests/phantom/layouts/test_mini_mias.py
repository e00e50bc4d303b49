from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mammo_monai.datasets import adapters
from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError
from mammo_monai.phantom import write_phantoms
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.layouts import mini_mias
from mammo_monai.phantom.plan import plan_exams

EXAMS, SEED, ROWS, COLS = 16, 3, 160, 128
TOP, LEFT = (1024 - ROWS) // 2, (1024 - COLS) // 2
FILMS = [(exam, side) for exam in plan_exams(EXAMS, SEED) for side in "RL"]  # odd films are right


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "set"
    return write_phantoms(out, EXAMS, SEED, layout="mini_mias", rows=ROWS, cols=COLS)


def test_the_files_are_those_of_the_original(root: Path) -> None:
    names = [f"mdb{number:03d}.pgm" for number in range(1, 2 * EXAMS + 1)]
    assert sorted(path.name for path in root.iterdir()) == sorted([*names, "Info.txt", "phantom.json"])
    for name in names:
        data = (root / name).read_bytes()
        assert data.startswith(b"P5\n1024 1024\n255\n") and len(data) == 17 + 1024**2


def test_info_has_prose_and_every_quirk(root: Path) -> None:
    lines = (root / "Info.txt").read_text().splitlines()
    films = [line for line in lines if line.startswith("mdb0")]
    assert lines[0].startswith("Synthetic") and not lines[-1].startswith("mdb0")
    assert any(line.endswith(" NORM ") for line in films)
    assert any(line.endswith(" CALC M *NOTE 3*") for line in films)
    assert any(line.endswith(" CIRC B") for line in films)  # a lesion without coordinates and without a word
    assert len(films) > len({line.split()[0] for line in films}) == 2 * EXAMS


def test_the_adapter_finds_every_film_and_its_truth(root: Path) -> None:
    records = adapters.read("mini_mias", root)
    assert len(records) == len(FILMS)
    for record, (exam, side) in zip(records, FILMS, strict=True):
        truth = expose(exam, side, "MLO", ROWS, COLS).findings
        birads = exam.birads[side]
        assert (record.laterality, record.view) == (side, "MLO")
        assert record.pathology == ("normal" if birads == 1 else "benign" if birads < 4 else "malignant")
        assert len(record.findings) == len(truth)
        for finding, marked in zip(record.findings, truth, strict=True):
            if finding.circle is None:
                continue
            xmin, ymin, xmax, ymax = marked.box
            row, col, radius = finding.circle
            assert abs(row - TOP - (ymin + ymax) / 2) <= 1 and abs(col - LEFT - (xmin + xmax) / 2) <= 1
            assert abs(radius - max(xmax - xmin, ymax - ymin) / 2) <= 1
    findings = [finding for record in records for finding in record.findings]
    assert 0 < sum(finding.circle is None for finding in findings) < len(findings) / 2


def test_circles_lie_where_the_lesion_brightens_the_pixels(root: Path) -> None:
    checked = 0
    for record, (exam, side) in zip(adapters.read("mini_mias", root), FILMS, strict=True):
        if len(record.findings) != 1 or record.findings[0].circle is None:
            continue
        healthy = np.zeros((1024, 1024))
        window = expose(exam, side, "MLO", ROWS, COLS, lesions=False).brightness
        healthy[TOP : TOP + ROWS, LEFT : LEFT + COLS] = 255 * window
        lit = read_image(root / record.image, voi="none").pixels - healthy > 5
        rows, cols = np.nonzero(lit)
        row, col, radius = record.findings[0].circle
        assert lit.any() and np.hypot(rows - row, cols - col).max() <= radius * 2**0.5 + 1
        assert np.hypot(rows.mean() - row, cols.mean() - col) < radius / 2
        checked += 1
    assert checked >= 5


def test_too_many_exams_and_too_large_films_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="at most 499 exams"):
        mini_mias.files(plan_exams(500, 0)[-1])
    with pytest.raises(MammoError, match="expected at most 1024 x 1024"):
        write_phantoms(tmp_path / "x", 1, 0, layout="mini_mias", rows=1100, cols=900)
