"""DDSM: 2,620 four-view screening exams on film, digitised at 42 to 50 micron, USA, completed in 1999.

Holds one folder per case, in volumes ``normal_01`` to ``_12`` (695 cases), ``cancer_01`` to ``_15`` (914),
``benign_01`` to ``_14`` (870) and ``benign_without_callback_01`` to ``_02`` (141), as the table of volumes on the data
base's site counts; its README (August 2000) also says 2,620 but lists 702 and 919 for the first two. A case is
``A-1141-1.ics`` (age, ACR density 1..4, digitiser, sizes), four films ``A_1141_1.LEFT_CC.LJPEG`` and, for a film
with marks, ``A_1141_1.LEFT_CC.OVERLAY`` (kind, BI-RADS assessment, pathology, outline). Some files are gzipped.

Read as: a patient is the letter and first number of a case's name (exams of one woman stay together). An image's
pathology and BI-RADS are the worst of its findings; UNPROVEN is unknown, and so is an image on which unknown and
benign findings meet; BENIGN_WITHOUT_CALLBACK is benign. An image of a normal volume is normal, with unknown BI-RADS.
An image without marks in another volume is unknown: the sign may be out of this view. The option
``normals="breasts"`` calls it normal when neither view of its breast is marked; the default ``"volumes"`` does not.
Only the BOUNDARY of an abnormality is read, its COREs are left out and noted. Films of a digitiser without a known
curve to optical density are excluded ("unknown-digitizer"). Pixels: see :mod:`mammo_monai.dicom.ljpeg`.

Licence: see its site, which asks for the citation. Cite: M. Heath, K. Bowyer, D. Kopans, R. Moore, P. Kegelmeyer, "The
Digital Database for Screening Mammography", Proceedings of the Fifth International Workshop on Digital Mammography
(2001), 212-218. Obtain: http://www.eng.usf.edu/cvprg/Mammography/Database.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from mammo_monai.datasets import values
from mammo_monai.datasets.ddsm.marked import finding, worst_birads, worst_pathology
from mammo_monai.datasets.ddsm.overlay import read_overlay
from mammo_monai.datasets.lookup import index
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.dicom.ddsm import digitizer
from mammo_monai.dicom.ddsm.ics import Case, Film, read_ics
from mammo_monai.errors import MammoError

PUBLISHED: Final = {
    "exams": 2_620,
    "exams with the four standard views": 2_620,
    "images": 10_480,
    "view CC": 5_240,
    "view MLO": 5_240,
}
NORMALS: Final = ("volumes", "breasts")
_KINDS: Final = (".ICS", ".LJPEG", ".OVERLAY", ".16_PGM")
_VOLUME: Final = re.compile(r"(normal|cancer|benign|benign_without_callback)_\d+", re.IGNORECASE)


def records(root: Path, *, normals: str = "volumes") -> list[Record]:
    """Every film the ``.ics`` files below ``root`` list, by case.

    Raises:
        MammoError: no case at all, a film that no ``.ics`` lists, two files of one name, or a damaged file.
    """
    if normals not in NORMALS:
        raise MammoError(f"--normals {normals}: expected one of {', '.join(NORMALS)}", "usage")
    files = index(root, "*", _name)
    headers = sorted(name for name in files if name.endswith(".ICS"))
    if not headers:
        raise MammoError(f"{root}: no .ics file in or below it; --root is the folder of the volumes", "missing-table")
    found = [record for name in headers for record in _case(root, files, name, normals)]
    listed = {record.image for record in found}
    stray = next((path for name, path in files.items() if name.endswith(".LJPEG") and path not in listed), None)
    if stray:
        raise MammoError(
            f"{root / stray}: no .ics file lists this film; copy that of its case, or take the film away", "missing-ics"
        )
    return found


def _name(path: PurePosixPath) -> str | None:
    name = path.name.upper().removesuffix(".GZ")
    return name if name.endswith(_KINDS) else None


def _case(root: Path, files: Mapping[str, str], header: str, normals: str) -> list[Record]:
    case = read_ics(root / files[header])
    images = [_image(root, files, header, case, film) for film in case.films.values()]
    if normals == "breasts":
        marked = {record.laterality for record in images if record.findings or "overlay-missing" in record.notes}
        images = [
            record if record.pathology or record.laterality in marked else replace(record, pathology="normal")
            for record in images
        ]
    return images


def _image(root: Path, files: Mapping[str, str], header: str, case: Case, film: Film) -> Record:
    folder = PurePosixPath(files[header]).parent
    stem = f"{case.exam.replace('-', '_')}.{film.name}"
    # A file that is not there is named where it should be.
    image, overlay = (files.get(f"{stem}.{kind}", str(folder / f"{stem}.{kind}")) for kind in ("LJPEG", "OVERLAY"))
    is_marked = f"{stem}.OVERLAY" in files
    findings, notes = _findings(root / overlay, film) if is_marked else ((), set())
    volume = _volume(root, folder)
    notes |= {"overlay-missing"} if film.overlay and not is_marked else set()
    notes |= {"overlay-unannounced"} if is_marked and not film.overlay else set()
    notes |= {"volume-unknown"} if not volume else set()
    scanner = digitizer.find(case.letter, case.digitizer)
    normal = volume.startswith("normal") and not findings and "overlay-missing" not in notes
    comb = files.get(f"TAPE_{case.exam.replace('-', '_')}.COMB.16_PGM")
    return Record(
        image=image,
        patient=case.patient,
        exam=case.exam,
        laterality=film.laterality,
        view=film.view,
        birads=worst_birads(findings),
        pathology="normal" if normal else worst_pathology(findings),
        density=values.density(case.density) if case.density else None,
        findings=findings,
        extra={
            "age": case.age,
            "vendor": scanner.vendor if scanner else case.digitizer,
            "device": f"{scanner.vendor} {scanner.site}" if scanner else case.digitizer,
            "site": scanner.site if scanner else "",
            "volume": volume,
            "resolution": film.resolution,
        },
        others=(files[header], *([overlay] if is_marked or film.overlay else ()), *([comb] if comb else ())),
        notes=tuple(sorted(notes)),
        excluded=None if scanner else "unknown-digitizer",
        source=f"{PurePosixPath(files[header]).name}:{film.line}",
    )


def _findings(path: Path, film: Film) -> tuple[tuple[Finding, ...], set[str]]:
    abnormalities, miscounted = read_overlay(path)
    found = [finding(path, abnormality, film) for abnormality in abnormalities]
    notes = set[str]().union(*(codes for _, codes in found))
    return tuple(one for one, _ in found), notes | ({"abnormalities-miscounted"} if miscounted else set())


def _volume(root: Path, folder: PurePosixPath) -> str:
    """The innermost folder named like a volume, "" where there is none; ``root`` itself may be a volume or a case."""
    parts = (*root.resolve().parts, *folder.parts)
    return next((part.lower() for part in reversed(parts) if _VOLUME.fullmatch(part)), "")
