"""CBIS-DDSM: digitised film mammograms of DDSM with a mass or calcification, curated by a mammographer, with masks.

Holds 3,032 mammograms (CC and MLO) of 1,566 patients with 3,568 abnormalities: 1,696 rows in the two mass tables
(1,592 mammograms, 892 patients) and 1,872 in the two calcification tables (1,511 mammograms, 753 patients); one
full image per mammogram and table, one mask and one crop per abnormality, as 16- and 8-bit DICOM (about 160 GB);
BI-RADS assessment 0..5, density, shape or type, pathology. No normal films. An official split: train and test tables.

Options: ``kind`` is "both", "mass" or "calc"; both tables of what is asked for have to be below the root.
``boxes`` is "none" or "masks": the box of a finding is that of its mask's nonzero pixels, and thousands of
full-size masks are decoded for that, which takes minutes. ``Finding.mask`` is set whenever the mask is there.

Read as: an image is a (patient, side, view), whichever tables list it, and a patient is one exam (the study UIDs
are one per file). Its pathology and BI-RADS are the worst of all its abnormalities (BI-RADS 5, 4, 0, 3, 2, 1), those
of both types when pooled. A finding is an abnormality; its shape, margins, type, distribution and subtlety stand in
``extra``, in the order of the findings, separated by " | ". ``others`` are masks, crops and, when a film is in mass
and calcification tables, its second copy. Patient, side and view are the tables' alone: in the files PatientID
holds the name of the series and PatientOrientation the view. Where files are absent the tables' paths stand.

Corrects: BENIGN_WITHOUT_CALLBACK is benign. Line breaks inside paths and both spellings of the density column. File
names, whose old and new forms have only the folder of the series in common. Mask and crop, told apart by content
because the tables exchange them. A mask of another size has its box scaled ("mask-scaled"), one of another aspect
has none ("mask-of-another-shape"); further codes stand in :mod:`mammo_monai.datasets.cbis.masks`. Two rows of density
0, which is unknown ("density-unknown"). The train and test tables share 31 patients and 29 images once masses and
calcifications are pooled: such an image counts as test ("in-official-training-and-test"), and every image of such a
patient is noted ("patient-in-official-training-and-test").

Licence: CC BY 3.0. Cite: R. S. Lee et al., "A curated mammography data set for use in computer-aided detection and
diagnosis research", Scientific Data 4 (2017), 170177. Obtain: The Cancer Imaging Archive,
https://doi.org/10.7937/K9/TCIA.2016.7O02S9CY (the four tables are a download of their own).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from mammo_monai.datasets.cbis.abnormalities import DESCRIPTORS, Abnormality, read
from mammo_monai.datasets.cbis.files import Files, find
from mammo_monai.datasets.cbis.masks import Size, box, size, tell
from mammo_monai.datasets.levels import WORST_FIRST
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.errors import MammoError

_PUBLISHED = {
    "both": {
        "patients": 1_566, "images": 3_032, "view CC": 1_428, "view MLO": 1_604,
        "pathology malignant": 1_347, "pathology benign": 1_685, "split training": 2_391, "split test": 641,
        "findings": 3_568, "finding mass": 1_696, "finding calcification": 1_872,
    },
    "mass": {
        "patients": 892, "images": 1_592, "view CC": 743, "view MLO": 849,
        "pathology malignant": 747, "pathology benign": 845, "split training": 1_231, "split test": 361,
        "findings": 1_696, "finding mass": 1_696,
    },
    "calc": {
        "patients": 753, "images": 1_511, "view CC": 717, "view MLO": 794,
        "pathology malignant": 628, "pathology benign": 883, "split training": 1_227, "split test": 284,
        "findings": 1_872, "finding calcification": 1_872,
    },
}  # fmt: skip
PUBLISHED = _PUBLISHED["both"]

_KINDS = {"both": ("mass", "calc"), "mass": ("mass",), "calc": ("calc",)}
_BOXES = ("none", "masks")
_CATEGORY = {"mass": "mass", "calc": "calcification"}
_EXTRA = ("abnormality id", *DESCRIPTORS["mass"], *DESCRIPTORS["calc"], "subtlety")


def published(*, kind: str = "both", boxes: str = "none") -> Mapping[str, int]:
    """The counts of the four tables, whole: how many masks give a box, no table says."""
    _check("kind", kind, _PUBLISHED)
    _check("boxes", boxes, _BOXES)
    return _PUBLISHED[kind]


def records(root: Path, *, kind: str = "both", boxes: str = "none") -> list[Record]:
    """Every image of the tables of ``kind``, in their order.

    Raises:
        MammoError: an unknown option, a table that is missing or spoiled, two files or rows where there is one.
    """
    _check("kind", kind, _KINDS)
    _check("boxes", boxes, _BOXES)
    files = find(root)
    images: dict[tuple[str, str, str], list[Abnormality]] = defaultdict(list)
    splits: dict[str, set[str]] = defaultdict(set)
    for each in read(files.tables, _KINDS[kind]):
        images[each.patient, each.laterality, each.view].append(each)
        splits[each.patient].add(each.split)
    shared = {patient for patient, of in splits.items() if len(of) > 1}
    progress = tqdm(images.values(), desc="telling masks from crops", unit="image", disable=None)
    return [_image(files, rows, rows[0].patient in shared, boxes == "masks") for rows in progress]


def _image(files: Files, rows: Sequence[Abnormality], shared: bool, boxes: bool) -> Record:
    first = rows[0]
    stated = {row.image: row.paths[0] for row in rows}
    there = {name: path for name, stands in stated.items() if (path := files.mammogram(name, stands))}
    image, *copies = [*there.values(), *(path for name, path in stated.items() if name not in there)]
    sizes = {name: size(files.root / path) for name, path in there.items()}
    of_image = next(iter(sizes.values()), None)
    found = [_finding(files, row, sizes.get(row.image), of_image, boxes) for row in rows]
    splits, densities = {row.split for row in rows}, {row.density for row in rows if row.density}
    notes = [note for _, its in found for note in its if note]
    notes += ["in-official-training-and-test"] if len(splits) > 1 else []
    notes += ["patient-in-official-training-and-test"] if shared else []
    notes += ["densities-differ"] if len(densities) > 1 else []
    notes += ["density-unknown"] if any(row.density is None for row in rows) else []
    pairs = [path for row in rows for path in files.of(row.series) or row.paths[1:]]
    return Record(
        image=image,
        patient=first.patient,
        exam=first.patient,
        laterality=first.laterality,
        view=first.view,
        birads=_worst("birads", (row.birads for row in rows)),
        pathology=_worst("pathology", (row.pathology for row in rows)),
        density=densities.pop() if len(densities) == 1 else None,
        findings=tuple(finding for finding, _ in found),
        split="test" if "test" in splits else "training",
        extra=_extra(rows),
        others=tuple(dict.fromkeys([*copies, *pairs])),
        notes=tuple(dict.fromkeys(notes)),
        source=first.row.source,
    )


def _finding(
    files: Files, row: Abnormality, drawn_on: Size | None, image: Size | None, boxes: bool
) -> tuple[Finding, tuple[str | None, ...]]:
    """The finding of a row and what is to be noted about its mask."""
    mask, told = tell([files.root / path for path in files.of(row.series)], drawn_on)
    around, boxed = box(mask, image) if mask and boxes else (None, None)
    finding = Finding(
        (_CATEGORY[row.kind],),
        box=around,
        mask=mask.relative_to(files.root).as_posix() if mask else None,
        birads=row.birads,
        pathology=row.pathology,
    )
    return finding, (told, boxed)


def _extra(rows: Sequence[Abnormality]) -> dict[str, str]:
    columns = {name: [row.row.cells.get(name, "") for row in rows] for name in _EXTRA}
    return {name: " | ".join(cells) for name, cells in columns.items() if any(cells)}


def _worst(field: str, found: Iterable[str | None]) -> str | None:
    known = set(found)
    return next((value for value in WORST_FIRST[field] if value in known), None)


def _check(option: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise MammoError(f"--{option} {value}: expected one of {', '.join(choices)}", "bad-option")
