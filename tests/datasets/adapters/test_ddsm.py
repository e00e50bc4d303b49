from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

SQUARE = "10 20 2 2 2 2 4 4 4 4 6 6 6 6 0 0 0 0 #"  # columns 10..14, rows 20..24
Films = Mapping[str, str | None]


def abnormality(
    kind: str = "MASS SHAPE OVAL MARGINS ILL_DEFINED",
    pathology: str = "BENIGN",
    birads: str = "3",
    outlines: str = f"BOUNDARY\n{SQUARE}\n",
    total: int = 1,
) -> str:
    types = "".join(f"LESION_TYPE {one}\n" for one in kind.split("|"))
    return f"{types}ASSESSMENT {birads}\nSUBTLETY 3\nPATHOLOGY {pathology}\nTOTAL_OUTLINES {total}\n{outlines}"


def overlay(*abnormalities: str, announced: int | None = None) -> str:
    parts = "".join(f"ABNORMALITY {n}\n{one}" for n, one in enumerate(abnormalities, 1))
    return f"TOTAL_ABNORMALITIES {len(abnormalities) if announced is None else announced}\n{parts}"


def write(
    root: Path,
    volume: str,
    exam: str,
    overlays: Films = MappingProxyType({}),
    *,
    digitizer: str = "HOWTEK",
    films: bool = True,
    silent: str = "",
) -> Path:
    """A case of four films of 100 x 80 pixels; ``overlays`` by film, None for one announced and not there; ``silent``
    names one that is there without being announced."""
    case = root / volume / f"case{exam[2:6]}"
    case.mkdir(parents=True)
    stem = exam.replace("-", "_")
    lines = [
        f"filename {exam}",
        "PATIENT_AGE 61",
        "FILM_TYPE REGULAR",
        "DENSITY 2",
        f"DIGITIZER {digitizer}",
        "SELECTED",
    ]
    for film in ("LEFT_CC", "LEFT_MLO", "RIGHT_CC", "RIGHT_MLO"):
        marked = "OVERLAY" if film in overlays and film != silent else "NON_OVERLAY"
        lines.append(f"{film} LINES 100 PIXELS_PER_LINE 80 BITS_PER_PIXEL 12 RESOLUTION 43.5 {marked}")
        if films:
            (case / f"{stem}.{film}.LJPEG").write_bytes(b"film")
        if text := overlays.get(film):
            (case / f"{stem}.{film}.OVERLAY").write_text(text)
    (case / f"{exam}.ics").write_text("\n".join(lines))
    return root


def read(root: Path, **options: str) -> dict[str, Record]:
    return {f"{r.exam} {r.laterality} {r.view}": r for r in adapters.read("ddsm", root, **options)}


def one(tmp_path: Path, *abnormalities: str, **kept: object) -> Record:
    write(tmp_path, "cancers/cancer_01", "A-0001-1", {"LEFT_CC": overlay(*abnormalities)}, **kept)  # type: ignore[arg-type]
    return read(tmp_path)["A-0001-1 L CC"]


def test_a_film_and_its_case(tmp_path: Path) -> None:
    record = one(tmp_path, abnormality())
    case = "cancers/cancer_01/case0001"
    assert record.image == f"{case}/A_0001_1.LEFT_CC.LJPEG"
    assert record.others == (f"{case}/A-0001-1.ics", f"{case}/A_0001_1.LEFT_CC.OVERLAY")
    assert (record.patient, record.exam, record.laterality, record.view) == ("A-0001", "A-0001-1", "L", "CC")
    assert (record.density, record.birads, record.pathology) == ("B", "3", "benign")
    assert record.extra["age"] == "61" and record.extra["volume"] == "cancer_01"
    assert (record.extra["vendor"], record.extra["device"], record.extra["site"]) == ("HOWTEK", "HOWTEK MGH", "MGH")
    assert record.extra["resolution"] == "43.5"
    assert record.source == "A-0001-1.ics:7" and record.notes == () and record.excluded is None


def test_outline_and_box_come_from_the_chain(tmp_path: Path) -> None:
    (found,) = one(tmp_path, abnormality()).findings
    assert found.box == (20, 10, 25, 15)  # half-open around whole pixels
    assert found.outline is not None
    assert set(found.outline) == {(20, 10), (20, 14), (24, 14), (24, 10)}
    assert found.categories == ("MASS",)


def test_several_kinds_and_cores(tmp_path: Path) -> None:
    kinds = (
        "CALCIFICATION TYPE PUNCTATE DISTRIBUTION CLUSTERED|MASS SHAPE OVAL MARGINS N/A|MASS SHAPE ROUND MARGINS N/A"
    )
    record = one(tmp_path, abnormality(kinds, outlines=f"BOUNDARY\n{SQUARE}\n\tCORE\n12 22 0 4 #\n", total=2))
    assert record.findings[0].categories == ("CALCIFICATION", "MASS")
    assert record.findings[0].box == (20, 10, 25, 15)
    assert record.notes == ("cores-left-out",)


@pytest.mark.parametrize(
    ("start", "box", "note"),
    [
        ("-2 20", (20, 0, 25, 3), "box-clipped"),
        ("78 20", (20, 78, 25, 80), "box-clipped"),
        ("10 98", (98, 10, 100, 15), "box-clipped"),
        ("10 -3", (0, 10, 2, 15), "box-clipped"),
        ("200 20", None, "outline-off-film"),
        ("10 -9", None, "outline-off-film"),
    ],
)
def test_what_leaves_the_film_is_clipped_and_told(tmp_path: Path, start: str, box: object, note: str) -> None:
    outline = f"BOUNDARY\n{SQUARE.replace('10 20', start, 1)}\n"
    record = one(tmp_path, abnormality(outlines=outline))
    assert record.findings[0].box == box and record.notes == (note,)
    for row, col in record.findings[0].outline or ():
        assert 0 <= row <= 99 and 0 <= col <= 79


def test_wrong_totals_are_told(tmp_path: Path) -> None:
    text = overlay(abnormality(total=3), abnormality(), announced=1)
    write(tmp_path, "cancer_01", "A-0001-1", {"LEFT_CC": text})
    record = read(tmp_path)["A-0001-1 L CC"]
    assert len(record.findings) == 2
    assert record.notes == ("abnormalities-miscounted", "outlines-miscounted")


@pytest.mark.parametrize(
    ("pathologies", "expected"),
    [
        (["BENIGN"], "benign"),
        (["BENIGN_WITHOUT_CALLBACK", "BENIGN"], "benign"),
        (["BENIGN", "MALIGNANT"], "malignant"),
        (["UNPROVEN"], None),
        (["UNPROVEN", "BENIGN"], None),
        (["UNPROVEN", "MALIGNANT"], "malignant"),
        ([""], None),
    ],
)
def test_pathology_is_the_worst_and_unknown_is_no_class(tmp_path: Path, pathologies: list[str], expected: str) -> None:
    record = one(tmp_path, *(abnormality(pathology=one) for one in pathologies))
    assert record.pathology == expected


@pytest.mark.parametrize(
    ("given", "worst"), [(["2", "4"], "4"), (["0", "3"], "0"), (["5", "0"], "5"), (["", "1"], "1")]
)
def test_birads_is_the_worst(tmp_path: Path, given: list[str], worst: str) -> None:
    assert one(tmp_path, *(abnormality(birads=category) for category in given)).birads == worst


def test_normal_volumes_are_normal_and_unmarked_films_of_others_are_not(tmp_path: Path) -> None:
    write(tmp_path, "normals/normal_03", "A-0002-1")
    one(tmp_path, abnormality(pathology="MALIGNANT"))
    for normals, right, other_view in (("volumes", None, None), ("breasts", "normal", None)):
        found = read(tmp_path, normals=normals)
        assert {found[f"A-0002-1 {side} {view}"].pathology for side in "LR" for view in ("CC", "MLO")} == {"normal"}
        assert found["A-0002-1 L CC"].birads is None
        assert found["A-0001-1 L CC"].pathology == "malignant"
        assert found["A-0001-1 L MLO"].pathology is other_view  # the other view of the marked breast
        assert found["A-0001-1 R CC"].pathology == found["A-0001-1 R MLO"].pathology == right


def test_a_missing_overlay_makes_no_normal(tmp_path: Path) -> None:
    write(tmp_path, "cancer_01", "A-0001-1", {"LEFT_CC": None})
    write(tmp_path, "normal_01", "A-0002-1", {"LEFT_CC": None})
    found = read(tmp_path, normals="breasts")
    for exam in ("A-0001-1", "A-0002-1"):
        record = found[f"{exam} L CC"]
        assert record.pathology is None and record.notes == ("overlay-missing",)
        assert record.others[1].endswith("LEFT_CC.OVERLAY")  # so that it is looked for
    assert found["A-0001-1 L MLO"].pathology is None and found["A-0001-1 R CC"].pathology == "normal"


def test_an_overlay_the_header_does_not_announce_is_read_and_told(tmp_path: Path) -> None:
    record = one(tmp_path, abnormality(), silent="LEFT_CC")
    assert record.findings and record.notes == ("overlay-unannounced",)


def test_the_root_may_be_a_volume_or_lie_outside_any(tmp_path: Path) -> None:
    write(tmp_path, "normal_01", "A-0002-1")
    assert read(tmp_path / "normal_01")["A-0002-1 L CC"].pathology == "normal"
    assert read(tmp_path / "normal_01" / "case0002")["A-0002-1 L CC"].pathology == "normal"
    write(tmp_path / "else", ".", "B-0003-1", digitizer="LUMISYS")
    record = read(tmp_path / "else")["B-0003-1 L CC"]
    assert record.pathology is None and record.notes == ("volume-unknown",)


def test_exams_of_one_woman_share_a_patient(tmp_path: Path) -> None:
    write(tmp_path, "cancer_01/first", "A-0001-1")
    write(tmp_path, "cancer_01/second", "A-0001-2")
    found = adapters.read("ddsm", tmp_path)
    assert {r.patient for r in found} == {"A-0001"} and {r.exam for r in found} == {"A-0001-1", "A-0001-2"}


@pytest.mark.parametrize(("exam", "digitizer"), [("B-0001-1", "DBA"), ("E-0001-1", "HOWTEK"), ("A-0001-1", "")])
def test_films_without_a_density_curve_are_excluded_with_a_reason(tmp_path: Path, exam: str, digitizer: str) -> None:
    found = adapters.read("ddsm", write(tmp_path, "cancer_01", exam, digitizer=digitizer))
    assert {record.excluded for record in found} == {"unknown-digitizer"}


def test_labels_without_films_name_where_the_films_should_be(tmp_path: Path) -> None:
    write(tmp_path, "cancer_01", "A-0001-1", {"LEFT_CC": overlay(abnormality())}, films=False)
    assert read(tmp_path)["A-0001-1 R MLO"].image == "cancer_01/case0001/A_0001_1.RIGHT_MLO.LJPEG"


def test_counts(tmp_path: Path) -> None:
    one(tmp_path, abnormality(), abnormality())
    write(tmp_path, "normal_01", "A-0002-1")
    counts = count(adapters.read("ddsm", tmp_path))
    published = adapters.load("ddsm").PUBLISHED
    assert set(published) <= set(counts)
    assert (counts["exams"], counts["exams with the four standard views"], counts["images"]) == (2, 2, 8)
    assert (counts["findings"], counts["finding MASS"], counts["pathology normal"]) == (2, 2, 4)
    assert published["images"] == 4 * published["exams"] == published["view CC"] + published["view MLO"]


def test_a_film_without_header_is_named(tmp_path: Path) -> None:
    write(tmp_path, "cancer_01", "A-0001-1")
    film = tmp_path / "cancer_01" / "A_0009_1.LEFT_CC.LJPEG"
    film.write_bytes(b"film")
    with pytest.raises(MammoError, match=r"no \.ics file lists this film") as caught:
        adapters.read("ddsm", tmp_path)
    assert str(film) in str(caught.value) and caught.value.reason == "missing-ics"


def test_two_files_of_one_case_are_named(tmp_path: Path) -> None:
    write(tmp_path, "cancer_01", "A-0001-1")
    write(tmp_path, "cancer_02", "A-0001-1")
    with pytest.raises(MammoError) as caught:
        adapters.read("ddsm", tmp_path)
    assert "cancer_01/case0001" in str(caught.value) and "cancer_02/case0001" in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (abnormality(outlines="BOUNDARY\n10 20 2 2\n"), "breaks off before '#'"),
        (abnormality(pathology="SURELY"), "expected a pathology"),
        (abnormality(birads="9"), "expected a BI-RADS category"),
    ],
)
def test_a_damaged_overlay_is_named(tmp_path: Path, broken: str, said: str) -> None:
    with pytest.raises(MammoError) as caught:
        one(tmp_path, broken)
    assert said in str(caught.value) and "A_0001_1.LEFT_CC.OVERLAY" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_and_an_unknown_option_are_named(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match=r"no \.ics file"):
        adapters.read("ddsm", tmp_path)
    with pytest.raises(MammoError, match="expected one of volumes, breasts"):
        adapters.read("ddsm", tmp_path, normals="all")
