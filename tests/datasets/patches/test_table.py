from __future__ import annotations

import pytest

from mammo_monai.datasets.patches.table import find_patches
from mammo_monai.errors import MammoError

HEADER = "path,row_min,col_min,row_max,col_max"


def table(tmp_path, *lines, header=HEADER):
    path = tmp_path / "boxes.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_rows_become_items_and_other_columns_are_not_looked_at(tmp_path):
    made = table(tmp_path, "a/1.dcm,-5,0,20,30,R,0.7", header=f"{HEADER},laterality,p_malignant")
    expected = {"image": str(tmp_path / "set/a/1.dcm"), "path": "a/1.dcm", "box": [-5, 0, 20, 30], "turn": 0}
    unknown = {"patient": "", "exam": "", "view": ""}
    assert find_patches(tmp_path / "set", made) == [{**expected, **unknown, "laterality": "R"}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.png,0,0,9", "4 cells under a header of 5"),
        ("a.png,9,0,9,9", "line 2, column 'row_max': expected more than the 9 of row_min"),
        ("a.png,0,9,9,1", "line 2, column 'col_max'"),
        ("a.png,0.5,0,9,9", "a whole number of pixels, found '0.5'"),
        ("a.png,0,0,9,1e3", "a whole number of pixels"),
        ("a.png,0,0,9," + "9" * 5000, "a whole number of pixels"),
        ("a.png,0,0,9,100000000000000000000", "a whole number of pixels"),
        ("a.png,0,,9,9", "column 'col_min': expected a value"),
        (",0,0,9,9", "column 'path': expected a value"),
    ],
)
def test_a_box_that_is_none_is_named(tmp_path, line, message):
    with pytest.raises(MammoError) as raised:
        find_patches(tmp_path, table(tmp_path, line))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_copy_says_how_it_is_laid_down(tmp_path):
    header = f"{HEADER},turn"
    items = find_patches(tmp_path, table(tmp_path, "a.png,0,0,9,9,6", "a.png,0,0,9,9,", header=header))
    assert [item["turn"] for item in items] == [6, 0]
    for turn in ("8", "-1", "1.5", "left"):
        with pytest.raises(MammoError, match="column 'turn': expected a whole number from 0 to 7"):
            find_patches(tmp_path, table(tmp_path, f"a.png,0,0,9,9,{turn}", header=header))


def test_no_table_another_table_and_a_patch_list(tmp_path):
    with pytest.raises(MammoError, match="columns path, row_min, col_min, row_max, col_max"):
        find_patches(tmp_path, None)
    with pytest.raises(MammoError, match="no column 'row_min'"):
        find_patches(tmp_path, table(tmp_path, "a.png,1", header="path,row"))
    with pytest.raises(MammoError, match="no such file"):
        find_patches(tmp_path, tmp_path / "none.csv")
    patches = tmp_path / "masses.json"
    patches.write_text(
        '{"classes": ["benign", "malignant"],\n"training": [\n{"image": "a.png", "box": [0, 0, 9, 9]}\n]}\n'
    )
    with pytest.raises(MammoError, match="evaluate"):
        find_patches(tmp_path, patches)
