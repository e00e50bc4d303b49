"""mini-MIAS: 322 digitised film mammograms (MLO) of 161 women, United Kingdom, 1994.

Holds 8-bit PGM films of 1024x1024 pixels at 200 micron and ``Info.txt``: 330 rows, since a film has one row
per lesion; 207 films are normal, 115 show 123 lesions, 119 of them marked with a circle. No BI-RADS and no ACR
density: the background tissue (F fatty, G fatty-glandular, D dense-glandular) stays in ``extra["tissue"]``.

Read as: a patient (and exam) is a pair of films (odd, even); odd is right, even is left; a film's pathology
is that of its worst lesion; row = 1024 - y, because the labels' origin is the bottom left; a lesion without
coordinates (as ``*NOTE 3*`` says, or without a word: mdb059) is a finding without circle. The circles of
mdb212 and mdb214 lie off the breast in the original and are kept as they are.

Licence: research only, see its ``Licence.txt``. Cite: J. Suckling et al., "The Mammographic Image Analysis
Society Digital Mammogram Database", Exerpta Medica International Congress Series 1069 (1994), 375-378.
Obtain: http://peipa.essex.ac.uk/info/mias.html.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from mammo_monai.datasets.records import Finding, Record
from mammo_monai.datasets.tables import read_text
from mammo_monai.errors import MammoError

PUBLISHED = {
    "patients": 161,
    "images": 322,
    "view MLO": 322,
    "pathology normal": 207,
    "images with findings": 115,
    "findings": 123,
    "findings with circle": 119,
}

_SIZE = 1024
_SEVERITY = {"B": "benign", "M": "malignant"}
_WORST_FIRST = ("malignant", "benign")
_ROW = re.compile(
    r"mdb(?P<number>\d{3})\s+(?P<tissue>[FGD])\s+"
    r"(?:NORM|(?P<kind>CALC|CIRC|SPIC|MISC|ARCH|ASYM)\s+(?P<severity>[BM])"
    r"(?:\s+(?P<x>\d+)\s+(?P<y>\d+)\s+(?P<radius>\d+)|\s+\*NOTE 3\*)?)"
)


def records(root: Path) -> list[Record]:
    """Every film ``Info.txt`` lists, in its order.

    Raises:
        MammoError: ``Info.txt`` is missing, has no films, a row that is none or one that contradicts its film's
            other rows.
    """
    info = root / "Info.txt"
    rows = []
    for line, text in enumerate(read_text(info).splitlines(), 1):
        if not re.match(r"mdb\d", text):
            continue  # the file begins and ends with prose
        row = _ROW.fullmatch(text.strip())
        if row is None:
            raise _wrong(info, line, "'mdbNNN tissue class [severity [x y radius]]'", text)
        rows.append((line, row))
    if not rows:
        raise MammoError(f"{info}: lists no film (no line starts with mdbNNN)", "empty-table")
    return [_film(info, list(film)) for _, film in groupby(rows, key=lambda numbered: numbered[1]["number"])]


def _film(info: Path, rows: list[tuple[int, re.Match[str]]]) -> Record:
    line, first = rows[0]
    for further, row in rows[1:]:
        if row["tissue"] != first["tissue"] or not (row["kind"] and first["kind"]):
            raise _wrong(info, further, f"one more lesion of mdb{first['number']}, in tissue {first['tissue']}", row[0])
    for at, row in rows:
        if row["x"] and max(int(row["x"]), int(row["y"])) > _SIZE:
            raise _wrong(info, at, f"a circle on a film of {_SIZE}x{_SIZE} pixels", row[0])
    number = int(first["number"])
    odd = number - 1 + number % 2
    patient = f"mdb{odd:03d}-{odd + 1:03d}"
    findings = tuple(_finding(row) for _, row in rows if row["kind"])
    found = {finding.pathology for finding in findings}
    return Record(
        image=f"mdb{first['number']}.pgm",
        patient=patient,
        exam=patient,
        laterality="R" if number % 2 else "L",
        view="MLO",
        pathology=next((worst for worst in _WORST_FIRST if worst in found), "normal"),
        findings=findings,
        extra={"tissue": first["tissue"]},
        source=f"Info.txt:{line}",
    )


def _wrong(info: Path, line: int, expected: str, text: str) -> MammoError:
    return MammoError(
        f"{info}, line {line}: expected {expected}, found {text.strip()[:60]!r}; correct the row", "bad-value"
    )


def _finding(row: re.Match[str]) -> Finding:
    circle = None
    if row["x"]:
        circle = (float(_SIZE - int(row["y"])), float(row["x"]), float(row["radius"]))
    return Finding((row["kind"],), circle=circle, pathology=_SEVERITY[row["severity"]])
