from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.datasets.ddsm.overlay import read_overlay
from mammo_monai.errors import MammoError

SQUARE = "10 20 2 2 4 4 6 6 0 0 #"  # from column 10, row 20: right, down, left, up
TEXT = f"""TOTAL_ABNORMALITIES 2
ABNORMALITY 1
LESION_TYPE CALCIFICATION TYPE FINE_LINEAR_BRANCHING DISTRIBUTION LINEAR
LESION_TYPE MASS SHAPE ARCHITECTURAL_DISTORTION MARGINS N/A
ASSESSMENT 4
SUBTLETY 5
PATHOLOGY MALIGNANT
TOTAL_OUTLINES 2
BOUNDARY
{SQUARE}
\tCORE
11 21 0 4 #
ABNORMALITY 2
LESION_TYPE MASS SHAPE OVAL MARGINS CIRCUMSCRIBED
ASSESSMENT 3
SUBTLETY 2
PATHOLOGY BENIGN
TOTAL_OUTLINES 1
BOUNDARY
0 0 1 3 5 7 # 
"""  # noqa: W291


def read(folder: Path, text: str = TEXT, name: str = "A_0001_1.LEFT_CC.OVERLAY"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_overlay(path)


@pytest.mark.parametrize("name", ["A_0001_1.LEFT_CC.OVERLAY", "A_0001_1.LEFT_CC.OVERLAY.gz"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_two_abnormalities(tmp_path: Path, name: str, ending: str) -> None:
    (first, second), miscounted = read(tmp_path, TEXT.replace("\n", ending), name)
    assert not miscounted and not first.miscounted and not second.miscounted
    assert first.lesion_types == (
        "CALCIFICATION TYPE FINE_LINEAR_BRANCHING DISTRIBUTION LINEAR",
        "MASS SHAPE ARCHITECTURAL_DISTORTION MARGINS N/A",
    )
    assert (first.assessment, first.pathology, first.cores) == ("4", "MALIGNANT", 1)
    assert (second.assessment, second.pathology, second.cores) == ("3", "BENIGN", 0)


def test_chain_codes_turn_clockwise_from_up(tmp_path: Path) -> None:
    (first, second), _ = read(tmp_path)
    assert first.boundary.tolist() == [
        *([20, 10], [20, 11], [20, 12], [21, 12], [22, 12], [22, 11], [22, 10], [21, 10], [20, 10]),
    ]
    assert second.boundary.tolist() == [[0, 0], [-1, 1], [0, 2], [1, 1], [0, 0]]


def test_a_chain_may_run_over_several_lines(tmp_path: Path) -> None:
    (first, _), _ = read(tmp_path, TEXT.replace("2 2 4 4", "2 2\n4 4"))
    assert len(first.boundary) == 9


def test_wrong_numbers_of_outlines_and_too_small_ones_of_abnormalities_are_told(tmp_path: Path) -> None:
    text = TEXT.replace("TOTAL_OUTLINES 1", "TOTAL_OUTLINES 3").replace("ABNORMALITIES 2", "ABNORMALITIES 1")
    (first, second), miscounted = read(tmp_path, text)
    assert miscounted and not first.miscounted and second.miscounted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("3 5 7 #", "3 5", "abnormality 2: its BOUNDARY breaks off before '#'"),
        ("11 21 0 4 #", "11 21 0 4", "abnormality 1: its CORE breaks off before '#'"),
        ("2 2 4 4", "2 2 8 4", "abnormality 1: its BOUNDARY is no chain code"),
        ("2 2 4 4", "2 -2 4 4", "no chain code"),
        ("10 20 2", "10 x 2", "no chain code"),
        ("10 20 2", f"{10**30} 20 2", "no chain code"),
        ("0 0 1 3 5 7 #", "0 #", "abnormality 2: its BOUNDARY is no chain code"),
        ("BOUNDARY\n0 0 1 3 5 7 #", "", "abnormality 2: has no BOUNDARY"),
        ("TOTAL_ABNORMALITIES 2", "TOTAL_ABNORMALITIES 3", "announces 3 abnormalities and breaks off after 2"),
        ("TOTAL_ABNORMALITIES 2\n", "", "expected TOTAL_ABNORMALITIES"),
    ],
)
def test_damage_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(MammoError) as caught:
        read(tmp_path, TEXT.replace(old, new))
    assert said in str(caught.value) and "A_0001_1.LEFT_CC.OVERLAY" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(cut=st.integers(0, len(TEXT) - 5))
def test_a_file_cut_anywhere_is_never_taken_for_whole(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    with pytest.raises(MammoError):
        read(tmp_path_factory.mktemp("cut"), TEXT[:cut])


@given(codes=st.lists(st.integers(0, 7), max_size=60), row=st.integers(-99, 9999), col=st.integers(-99, 9999))
def test_every_step_goes_to_a_neighbour(
    tmp_path_factory: pytest.TempPathFactory, codes: list[int], row: int, col: int
) -> None:
    text = TEXT.replace("0 0 1 3 5 7", " ".join(map(str, [col, row, *codes])))
    (_, second), _ = read(tmp_path_factory.mktemp("any"), text)
    assert second.boundary[0].tolist() == [row, col] and len(second.boundary) == len(codes) + 1
    # Angle of a step, clockwise from up, in eighths of a turn.
    steps = np.diff(second.boundary, axis=0)
    assert np.array_equal(np.rint(np.arctan2(steps[:, 1], -steps[:, 0]) / (np.pi / 4)) % 8, codes)
