from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.datasets import adapters, labels
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.selection import select
from mammo_monai.errors import MammoError

# Made up after the original's form: prose around the rows, trailing blanks, *NOTE 3*, a lesion without coordinates.
INFO = """MINIMAMMOGRAPHIC DATABASE
mdb is the prefix of every film.
1st column: MIAS database reference number.

mdb901 G CIRC B 500 400 50
mdb902 F NORM\x20
mdb903 D CALC B 100 24 10
mdb903 D SPIC M 600 1000 20
mdb904 F CIRC B
mdb905 D CALC M *NOTE 3*
mdb906 D NORM
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Info.txt").write_text(INFO, encoding="ascii")
    return tmp_path


def test_a_row_is_a_film_with_its_circle_counted_from_the_top(root: Path) -> None:
    film = adapters.read("mini_mias", root)[0]
    assert (film.image, film.patient, film.exam) == ("mdb901.pgm", "mdb901-902", "mdb901-902")
    assert (film.laterality, film.view, film.pathology) == ("R", "MLO", "benign")
    assert film.findings[0].circle == (1024 - 400, 500, 50)
    assert film.findings[0].categories == ("CIRC",)
    assert film.birads is None and film.density is None and film.extra == {"tissue": "G"}
    assert film.source == "Info.txt:5"


def test_odd_films_are_right_and_a_pair_is_a_patient(root: Path) -> None:
    films = adapters.read("mini_mias", root)
    assert [film.laterality for film in films] == ["R", "L"] * 3
    assert len({film.patient for film in films}) == 3
    assert all(films[i].patient == films[i + 1].patient for i in (0, 2, 4))


def test_several_rows_are_one_film_with_the_worst_pathology(root: Path) -> None:
    film = adapters.read("mini_mias", root)[2]
    assert [finding.pathology for finding in film.findings] == ["benign", "malignant"]
    assert film.pathology == "malignant"


def test_lesions_without_coordinates_are_findings_without_circle(root: Path) -> None:
    films = adapters.read("mini_mias", root)
    assert [film.findings[0].circle for film in films[3:5]] == [None, None]
    assert [film.pathology for film in films[3:]] == ["benign", "malignant", "normal"]
    assert films[5].findings == ()


@pytest.mark.parametrize(
    "row",
    [
        "mdb907 G",
        "mdb907 X NORM",
        "mdb907 G CIRC B 1 2",
        "mdb907 G CIRC",
        "mdb07 G NORM",
        "mdb907 G NORM B 1 2 3",
    ],
)
def test_a_row_that_is_none_is_named(root: Path, row: str) -> None:
    with (root / "Info.txt").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(MammoError, match=r"Info\.txt, line 12: .*expected") as error:
        adapters.read("mini_mias", root)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("mdb906 D NORM", "line 12: expected one more lesion of mdb906, in tissue D, found 'mdb906 D NORM'"),
        ("mdb906 D CIRC B 1 2 3", "line 12: expected one more lesion"),
        ("mdb907 F CIRC B 1 2 3\nmdb907 G CIRC B 1 2 3", "line 13: expected one more lesion of mdb907, in tissue F"),
        ("mdb907 F CIRC B 1025 2 3", "line 12: expected a circle on a film of 1024x1024 pixels"),
    ],
)
def test_a_row_that_contradicts_its_film_is_named(root: Path, row: str, message: str) -> None:
    with (root / "Info.txt").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(MammoError) as error:
        adapters.read("mini_mias", root)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_film_listed_twice_apart_is_an_error_of_the_selection(root: Path) -> None:
    with (root / "Info.txt").open("a") as file:
        file.write("mdb901 G CIRC M 500 400 50\n")
    with pytest.raises(MammoError, match=r"Info\.txt:12: image 'mdb901\.pgm' was listed at Info\.txt:5"):
        select(adapters.read("mini_mias", root), labels.load("birads3"), root)


def test_published_counts_agree_with_each_other() -> None:
    published = adapters.load("mini_mias").PUBLISHED
    assert published["pathology normal"] + published["images with findings"] == published["images"]
    assert published["pathology normal"] + published["findings"] == 330  # the rows of Info.txt
    assert published["images"] == 2 * published["patients"]


def test_no_film_or_no_table(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match=r"Info\.txt: no such file"):
        adapters.read("mini_mias", tmp_path)
    (tmp_path / "Info.txt").write_text("a readme\n")
    with pytest.raises(MammoError, match="lists no film"):
        adapters.read("mini_mias", tmp_path)


@pytest.mark.real
def test_the_real_films(mini_mias: Path) -> None:
    records = adapters.read("mini_mias", mini_mias)
    assert len(records) == 196 and len({record.patient for record in records}) == 98
    assert all((mini_mias / record.image).is_file() for record in records)
    # Info.txt as grep counts it: 203 rows, 124 of them NORM, 79 lesions, 3 without coordinates.
    counts = count(records)
    assert counts["pathology normal"] == 124
    assert counts["findings"] == 79
    assert counts["findings with circle"] == 76
    two = next(record for record in records if record.image == "mdb005.pgm")
    assert [finding.circle for finding in two.findings] == [(1024 - 133, 477, 30), (1024 - 168, 500, 26)]
