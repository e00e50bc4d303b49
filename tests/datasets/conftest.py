"""A small data set in VinDr-Mammo's layout, with each of its quirks, and records to split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mammo_monai.datasets.records import Record

IMAGE = ("study_id", "series_id", "image_id", "laterality", "view_position", "height", "width")
BREAST = (*IMAGE, "breast_birads", "breast_density", "split")
FINDING = (
    *IMAGE, "breast_birads", "breast_density", "finding_categories", "finding_birads",
    "xmin", "ymin", "xmax", "ymax", "split",
)  # fmt: skip
FINDINGS = (
    # image, categories, BI-RADS, xmin, ymin, xmax, ymax of 1000 rows x 800 columns
    ("s0_RCC", "\"['Mass', 'Skin Thickening']\"", "BI-RADS 4", "-3.5", "20", "99.5", "1004"),
    ("s0_RCC", "['Nipple Retraction']", "", "10", "20", "810", "40"),
    ("s0_RMLO", "['Suspicious Calcification']", "BI-RADS 5", "1", "2", "3", "4"),
    ("s1_LCC", "['No Finding']", "", "", "", "", ""),
)


class VinDr:
    """The two tables as lists of rows, so that a test may spoil one before it writes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        birads = ["4", "1", "2", "5", "3", "1", "2", "1", "1", "4"]
        self.breasts = [
            [f"s{i}", f"e{i}", f"s{i}_{side}{view}", side, view, "1000", "800",
             f"BI-RADS {birads[i] if side == 'R' else 1}", "DENSITY C", "test" if i in (3, 8) else "training"]
            for i in range(10) for side in "LR" for view in ("CC", "MLO")
        ]  # fmt: skip
        by_image = {row[2]: row for row in self.breasts}
        self.findings = [[*by_image[image][:9], *rest, by_image[image][9]] for image, *rest in FINDINGS]

    def write(self) -> Path:
        for name, header, rows in (
            ("breast-level", BREAST, self.breasts),
            ("finding", FINDING, self.findings),
        ):
            text = "\n".join(",".join(row) for row in [header, *rows]) + "\n"
            (self.root / f"{name}_annotations.csv").write_text(text, encoding="utf-8")
        for row in self.breasts:
            file = self.root / "images" / row[0] / f"{row[2]}.dicom"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"not read by the adapter")
        return self.root


@pytest.fixture
def vindr(tmp_path: Path) -> VinDr:
    return VinDr(tmp_path)


@pytest.fixture
def make_records(tmp_path: Path) -> Callable[[Sequence[tuple[str, str]]], list[Record]]:
    """Records, with a file each under ``tmp_path``, from pairs of patient and BI-RADS ("" is unknown)."""

    def make(pairs: Sequence[tuple[str, str]]) -> list[Record]:
        records = [
            Record(f"i{i:05d}.png", patient, f"exam of {patient}", birads=birads or None, source=f"t.csv:{i + 2}")
            for i, (patient, birads) in enumerate(pairs)
        ]
        for record in records:
            (tmp_path / record.image).write_bytes(b"x")
        return records

    return make
