"""Exams annotated in Icy: beside each image one XML file of its name that holds its regions and its label.

The format of HMU-TL, 7,912 images of Vietnamese women (Hanoi Medical University Hospital; BI-RADS 0..5: 2,224 /
2,829 / 1,343 / 784 / 638 / 94 images; L-CC 1,951, L-MLO 1,953, R-CC 2,005, R-MLO 2,003). Where to obtain it is not
stated: this adapter is for data of your own in the same form, so no counts are expected of it.

What the description of HMU-TL says: radiologists choose one of three for every image: normal (BI-RADS 1); regions,
each with a BI-RADS of 2 to 5; incomplete assessment (BI-RADS 0). Regions are drawn in Icy and stored "with the same
name as the image file". An exam is a folder such as ``1903005130_Lxxxxxxxx-46`` with the images L-CC, L-MLO, R-CC,
R-MLO.

What it leaves open and is assumed here: the choice is the name of a region, "BI-RADS 2".."BI-RADS 5" ("4A".."4C" as
well) for a lesion, "BI-RADS 1" or "normal", "BI-RADS 0" or "incomplete" for the whole image, of which the shape
means nothing; an image's BI-RADS is its worst region's, unknown if one of them has no name. The folder is the exam;
what stands before its first ``_`` is the patient, so exams of one woman under two numbers are not joined. The mass
is the only kind of lesion spoken of. An image whose name does not end in side and view has neither.

Options: ``incomplete`` is "keep" (such an image is one of BI-RADS 0, which HMU-TL's own classes count in) or "exclude"
(it is left out as "incomplete"); ``empty`` is what a file without any region means, "unknown" or "normal".
An image without a file has no label and the note "no-region-file"; a file without an image stands for a missing
``.png``. A box is clipped to its image (note "box-clipped"; off the image there is none, "box-off-image"); a painted
area gives its bounds.

Cite for the format: the study of 7,912 images with ResNet-50 (macAUC 0.754) that describes HMU-TL; F. de Chaumont et
al., "Icy: an open bioimage informatics platform for extended reproducible research", Nature Methods 9 (2012), 690-696.
Licence: that of your data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from mammo_monai.datasets import icy_regions, values
from mammo_monai.datasets.lookup import index
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.regions import Region, finding, image_shape, wrong
from mammo_monai.errors import MammoError

PUBLISHED: dict[str, int] = {}

_IMAGES = frozenset((".png", ".dcm", ".dicom", ".tif", ".tiff", ".jpg", ".jpeg", ".pgm"))
_WORDS = {"normal": "1", "incomplete": "0", "incomplete assessment": "0"}
_NORMAL, _INCOMPLETE = "1", "0"
_SIDE_AND_VIEW = re.compile(r"(?:.*[-_ ])?([LR])[-_ ](CC|MLO)", re.IGNORECASE)
_CHOICES = {"incomplete": ("exclude", "keep"), "empty": ("unknown", "normal")}


def records(root: Path, *, incomplete: str = "keep", empty: str = "unknown") -> list[Record]:
    """Every image and every region file below ``root``, by path.

    Raises:
        MammoError: an option is none of its values; two images with one name; an image outside an exam's folder; a
            region file that is none, names a region otherwise than a BI-RADS category or makes more than one of the
            three choices.
    """
    for option, given in (("incomplete", incomplete), ("empty", empty)):
        if given not in _CHOICES[option]:
            raise MammoError(f"--{option} {given!r}: choose one of {', '.join(_CHOICES[option])}", "bad-option")
    images = index(root, "*", lambda path: _name(path) if path.suffix.lower() in _IMAGES else None)
    drawn = index(root, "*.xml", _name)
    if not images and not drawn:
        raise MammoError(f"{root}: holds no image and no Icy file; is this the data set's own folder?", "empty-folder")
    left_out = "incomplete" if incomplete == "exclude" else None
    unmarked = _NORMAL if empty == "normal" else None
    return [_image(root, images.get(name), drawn.get(name), left_out, unmarked) for name in sorted({*images, *drawn})]


def _name(path: PurePosixPath) -> str:
    return path.with_suffix("").as_posix()


def _image(root: Path, image: str | None, drawn: str | None, left_out: str | None, unmarked: str | None) -> Record:
    path = PurePosixPath(image or PurePosixPath(drawn or "").with_suffix(".png"))
    exam = path.parent.name
    if not exam:
        raise MammoError(
            f"{root / path}: lies in no exam's folder; expected NUMBER_.../L-CC.png and --root above them", "bad-layout"
        )
    regions = icy_regions.read(root / drawn) if drawn else []
    labels = [_label(region) for region in regions]
    birads = _choice(root / (drawn or path), labels) if regions else unmarked if drawn else None
    lesions = [] if birads in (_NORMAL, _INCOMPLETE) else regions
    shape = image_shape(root / image) if image and lesions else None
    found = [finding(region, ("Mass",), shape, label) for region, label in zip(lesions, labels, strict=False)]
    notes = {note for _, note in found if note} | ({"no-region-file"} if drawn is None else set())
    named = _SIDE_AND_VIEW.fullmatch(path.stem)
    return Record(
        image=str(path),
        patient=exam.partition("_")[0],
        exam=exam,
        laterality=named[1].upper() if named else None,
        view=named[2].upper() if named else None,
        birads=birads,
        findings=tuple(mark for mark, _ in found),
        others=(drawn,) if drawn else (),
        notes=tuple(sorted(notes)),
        excluded=left_out if birads == _INCOMPLETE else None,
        source=drawn or str(path),
    )


def _choice(where: Path, labels: Sequence[str | None]) -> str | None:
    """The one of the three that the regions' labels make: "1", "0" or the worst lesion's category."""
    known = {label for label in labels if label}
    if known & {_NORMAL, _INCOMPLETE} and (len(known) > 1 or None in labels):
        raise wrong(where, "expected one choice of normal, regions and incomplete, found several")
    return None if None in labels else max(known)  # as text, 4 < 4A < 4B < 4C < 5


def _label(region: Region) -> str | None:
    """The category a region's name says, None when it has no name."""
    name = region.name.lower()
    try:
        return _WORDS.get(name) or values.birads(name) if name else None
    except ValueError as error:
        raise wrong(region.where, f"expected {error} as its name, found {region.name[:40]!r}") from None
