from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.errors import MammoError

HEADER = (
    "site_id,patient_id,image_id,laterality,view,age,cancer,biopsy,invasive,BIRADS,implant,density,machine_id,"
    "difficult_negative_case"
)
ROWS = (
    "2,10006,462822612,L,CC,61.0,0,0,0,,0,,29,False",
    "1,10011,220375232,R,MLO,,1,1,1,0.0,0,C,21,False",
    "1,10025,562340703,L,ML,75,0,1,0,2,1,B,49,True",
)


def write(root: Path, *rows: str, header: str = HEADER) -> Path:
    (root / "train.csv").write_text("\n".join([header, *rows]) + "\n")
    return root


def test_an_image_and_its_breast(tmp_path: Path) -> None:
    first, second, third = adapters.read("rsna", write(tmp_path, *ROWS))
    assert (first.image, first.patient, first.exam) == ("train_images/10006/462822612.dcm", "10006", "10006")
    assert (first.laterality, first.view, first.birads, first.density) == ("L", "CC", None, None)
    assert first.extra == {
        "age": "61", "site": "2", "device": "29",
        "cancer": "0", "biopsy": "0", "invasive": "0", "implant": "0", "difficult_negative_case": "0",
    }  # fmt: skip
    assert (second.birads, second.density, second.source) == ("0", "C", "train.csv:3")
    assert "age" not in second.extra and third.extra["difficult_negative_case"] == "1"


def test_cancer_is_malignant_a_biopsy_without_it_benign_and_nothing_looked_at_unknown(tmp_path: Path) -> None:
    assert [r.pathology for r in adapters.read("rsna", write(tmp_path, *ROWS))] == [None, "malignant", "benign"]


def test_published_names_are_counted(tmp_path: Path) -> None:
    counts = count(adapters.read("rsna", write(tmp_path, *ROWS)))
    assert {name: counts[name] for name in adapters.load("rsna").PUBLISHED} == {
        "patients": 3, "images": 3, "pathology malignant": 1,
    }  # fmt: skip


def test_exports_lie_elsewhere(tmp_path: Path) -> None:
    first = adapters.read("rsna", write(tmp_path, *ROWS), files="png/{patient}_{image}.png")[0]
    assert first.image == "png/10006_462822612.png"
    with pytest.raises(MammoError, match=r"--files 'png/\{patient\}\.png': expected \{image\} in it"):
        adapters.read("rsna", tmp_path, files="png/{patient}.png")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,2,3,L,CC,50,,0,0,1,0,A,1,False", "line 2, column 'cancer': expected a value"),
        ("1,2,3,L,CC,50,maybe,0,0,1,0,A,1,False", "line 2, column 'cancer': expected 0 or 1"),
        ("1,2,3,L,CC,50,0,0,0,7,0,A,1,False", "line 2, column 'BIRADS': expected a BI-RADS category"),
        ("1,,3,L,CC,50,0,0,0,1,0,A,1,False", "line 2, column 'patient_id': expected a value"),
    ],
)
def test_a_spoiled_cell_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(MammoError) as error:
        adapters.read("rsna", write(tmp_path, row))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_renamed_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match=r"train\.csv: no column 'BIRADS'; it has 'site_id'"):
        adapters.read("rsna", write(tmp_path, *ROWS, header=HEADER.replace("BIRADS", "birads")))
    with pytest.raises(MammoError, match=r"train\.csv:3: image .* was listed at train\.csv:2 with other values"):
        adapters.read("rsna", write(tmp_path, ROWS[0], ROWS[0].replace("61.0,0", "61.0,1")))
