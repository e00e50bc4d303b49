from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.errors import MammoError


def write(root: Path, text: str | bytes, name: str = "t.csv") -> Path:
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def test_columns_of_the_fields_own_names(tmp_path: Path) -> None:
    root = write(tmp_path, "image,patient,exam,laterality,view,birads,density,pathology,split,age\n"
                           "a/1.png,045,E1,left,mlo,4a,2,BENIGN,test,61\n")  # fmt: skip
    (record,) = adapters.read("table", root, csv="t.csv")
    assert (record.image, record.patient, record.exam) == ("a/1.png", "045", "E1")
    assert (record.laterality, record.view, record.birads) == ("L", "MLO", "4A")
    assert (record.density, record.pathology, record.split) == ("B", "benign", "test")
    assert record.extra == {"age": "61"} and record.source == "t.csv:2"


def test_named_columns_a_semicolon_a_byte_order_mark_and_windows_paths(tmp_path: Path) -> None:
    root = write(tmp_path, "﻿Datei;Pat;BI-RADS;Seite\nx\\y.png;7;2.0;R\nz.png;8;;\n")
    first, second = adapters.read(
        "table",
        root,
        csv=str(root / "t.csv"),
        image="Datei",
        patient="Pat",
        birads="BI-RADS",
        laterality="Seite",
    )
    assert (first.image, first.patient, first.exam, first.birads) == ("x/y.png", "7", "7", "2")
    assert (second.birads, second.laterality, second.view) == (None, None, None)


def test_windows_encoding(tmp_path: Path) -> None:
    root = write(tmp_path, "image\tpatient\tbirads\nbrüste.png\tMüller\t1\n".encode("cp1252"))
    assert adapters.read("table", root, csv="t.csv")[0].patient == "Müller"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_excel_writes(tmp_path: Path, encoding: str) -> None:
    root = write(tmp_path, "image\tpatient\tbirads\r\nbrüste.png\tMüller\t4a\r\n".encode(encoding))
    (record,) = adapters.read("table", root, csv="t.csv")
    assert (record.image, record.patient, record.birads) == ("brüste.png", "Müller", "4A")


def test_age_vendor_device_and_site_mean_the_same_in_every_data_set(tmp_path: Path) -> None:
    root = write(tmp_path, "image,patient,PatientAge,Hersteller,device,site\n1.png,p,061Y,GE,Pristina,\n")
    (record,) = adapters.read("table", root, csv="t.csv", age="PatientAge", vendor="Hersteller")
    assert record.extra == {"age": "61", "vendor": "GE", "device": "Pristina"}


@pytest.mark.parametrize("option", ["age", "site", "birads", "patient"])
def test_an_error_names_the_option_that_mends_it(tmp_path: Path, option: str) -> None:
    root = write(tmp_path, "image,patient\n1.png,p\n")
    with pytest.raises(MammoError, match=rf"no column 'x'; .* with --{option} NAME; it has 'image', 'patient'"):
        adapters.read("table", root, csv="t.csv", **{option: "x"})


@pytest.mark.parametrize("unknown", ["", "NA", "n/a", "NaN", "unknown", " "])
def test_unknown_is_unknown(tmp_path: Path, unknown: str) -> None:
    root = write(tmp_path, f"image,patient,birads,density\n1.png,p,{unknown},{unknown}\n")
    record = adapters.read("table", root, csv="t.csv")[0]
    assert record.birads is None and record.density is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"image,birads\n1.png,2\n", "no column 'patient'; name the one that holds the patient with --patient NAME"),
        (b"image,patient,birads\n1.png,p,BI-RADS 9\n", "t.csv, line 2, column 'birads': expected a BI-RADS category"),
        (b"image,patient,birads\n1.png,,2\n", "t.csv, line 2, column 'patient': expected a value"),
        (b"image,patient,pathology\n1.png,p,cancer?\n", "line 2, column 'pathology': expected a pathology"),
        (b"image,patient\n1.png\n", "t.csv, line 2: 1 cells under a header of 2"),
        (b"image,patient\n1.png,p,q\n", "t.csv, line 2: 3 cells under a header of 2"),
        (b"image,patient\n1.png,\"p\n", "t.csv, line 2: not a valid table"),
        (b"image,patient,image\n1.png,p,2.png\n", "t.csv: column 'image' stands there twice"),
        (b"image,patient\n", "t.csv: has a header and no rows"),
        (b"", "t.csv: is empty"),
        (b"\n \n", "t.csv: is empty"),
        (b"img,pat\n1.png,p\n", "t.csv: no column 'image'; name the one that holds the image with --image NAME"),
        (b"image,patient\n1.png,p\0\n", "t.csv: not a text file (NUL at 21)"),
        ("image,patient\n1.png,p\n".encode("utf-16-le"), "t.csv: not a text file (NUL at 1)"),
        ("image,patient\n1.png,p\n".encode("utf-32"), "t.csv: not a text file (NUL at"),
        ("image,patient\n1.png,p\n".encode("utf-16")[:-1], "t.csv: neither UTF-8, UTF-16 nor Windows-1252"),
        (b"image,patient\n1.png,\x81\n", "t.csv: neither UTF-8, UTF-16 nor Windows-1252"),
        (b"image,patient,age\n1.png,p,old\n", "column 'age': expected an age in years such as 53 or 053Y"),
        (b"image,patient,birads\n1.png,p,1\n1.png,p,2\n", "t.csv:3: image '1.png' was listed at t.csv:2"),
        (b"PK\x03\x04 and no archive", "t.csv: not a readable workbook"),
        (b"image,patient\n1.png," + b"x" * 200_000 + b"\n", "t.csv, line 2: not a valid table (field larger"),
    ],
)  # fmt: skip
def test_a_hostile_table_is_one_line_that_names_it(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(MammoError) as error:
        adapters.read("table", write(tmp_path, text), csv="t.csv")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_named_column_must_be_there(tmp_path: Path) -> None:
    root = write(tmp_path, "image,patient\n1.png,p\n")
    with pytest.raises(MammoError, match="no column 'grade'"):
        adapters.read("table", root, csv="t.csv", birads="grade")
    with pytest.raises(MammoError, match="has no option --brads"):
        adapters.read("table", root, csv="t.csv", brads="birads")
    with pytest.raises(MammoError, match="--csv"):
        adapters.read("table", root)
    with pytest.raises(MammoError, match=r"u\.csv: no such file"):
        adapters.read("table", root, csv="u.csv")
    with pytest.raises(MammoError, match="cannot be read"):
        adapters.read("table", root, csv="..")
