from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.dicom.tags import BLANK, tags

Write = Callable[..., Path]


def code(value: str, scheme: str = "SCT", **more: Any) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "meaning"
    for keyword, content in more.items():
        setattr(item, keyword, Sequence(content))
    return item


def header(**elements: Any) -> Dataset:
    data = Dataset()
    for keyword, value in elements.items():
        setattr(data, keyword, Sequence(value) if isinstance(value, list) and isinstance(value[0], Dataset) else value)
    return data


@pytest.mark.parametrize(
    ("elements", "side", "conflict"),
    [
        ({"ImageLaterality": "R"}, "R", ""),
        ({"Laterality": "L"}, "L", ""),
        ({"ImageLaterality": "r ", "Laterality": "L"}, "R", "laterality: ImageLaterality R, Laterality L"),
        ({"ImageLaterality": "", "Laterality": "L"}, "L", ""),
        ({"ImageLaterality": "B"}, "", ""),
        ({}, "", ""),
    ],
)
def test_laterality(elements: dict[str, Any], side: str, conflict: str) -> None:
    meta = tags(header(**elements))
    assert (meta["laterality"], meta["conflict"]) == (side, conflict)


def test_laterality_of_an_enhanced_image() -> None:
    anatomy = header(FrameAnatomySequence=[header(FrameLaterality="R")])
    assert tags(header(SharedFunctionalGroupsSequence=[anatomy]))["laterality"] == "R"


@pytest.mark.parametrize(
    ("value", "scheme", "view"),
    [
        ("399162004", "SCT", "CC"),
        ("R-10242", "SRT", "CC"),
        ("R-10226", "SNM3", "MLO"),
        ("399368009", "SCT", "MLO"),
        ("R-10224", "SRT", "ML"),
        ("399352003", "SCT", "LM"),
        ("R-1024A", "SRT", "XCCL"),
        ("T-04000", "SRT", ""),
    ],
)
def test_view_codes(value: str, scheme: str, view: str) -> None:
    assert tags(header(ViewCodeSequence=[code(value, scheme)]))["view"] == view


def test_view_code_outranks_view_position_and_says_so() -> None:
    meta = tags(header(ViewCodeSequence=[code("R-10242", "SRT")], ViewPosition="MLO"))
    assert meta["view"] == "CC"
    assert meta["conflict"] == "view: ViewCodeSequence CC, ViewPosition MLO"


@pytest.mark.parametrize(
    ("position", "view"), [("MLO", "MLO"), (" cc", "CC"), ("RMLO", "MLO"), ("L-CC", "CC"), ("LM", "LM")]
)
def test_view_position(position: str, view: str) -> None:
    assert tags(header(ViewPosition=position))["view"] == view


def test_view_modifiers() -> None:
    modifiers = [code("R-102D6", "SRT"), code("442581004"), code("999")]
    meta = tags(header(ViewCodeSequence=[code("R-10242", "SRT", ViewModifierCodeSequence=modifiers)]))
    assert meta["view_modifiers"] == "magnification, nipple in profile"


@pytest.mark.parametrize(("value", "density"), [("F-01711", "A"), ("129719003", "D"), ("R-00339", "")])
def test_density(value: str, density: str) -> None:
    item = header(ConceptCodeSequence=[code(value)])
    assert tags(header(AcquisitionContextSequence=[item]))["density"] == density


@pytest.mark.parametrize(("age", "years"), [("049Y", 49.0), ("006M", 0.5), ("old", math.nan), ("", math.nan)])
def test_age(age: str, years: float) -> None:
    data = Dataset()
    data.add_new("PatientAge", "LO", age)
    assert tags(data)["age"] == pytest.approx(years, nan_ok=True)


def test_spacing_prefers_the_detector() -> None:
    assert tags(header(ImagerPixelSpacing=[0.07, 0.08], PixelSpacing=[0.1, 0.1]))["pixel_spacing"] == [0.07, 0.08]
    assert tags(header(PixelSpacing=[0.1, 0.2]))["pixel_spacing"] == [0.1, 0.2]
    assert tags(header(ImagerPixelSpacing=[0, 0], NominalScannedPixelSpacing=[0.05, 0.05]))["pixel_spacing"] == [
        0.05,
        0.05,
    ]
    assert all(map(math.isnan, tags(Dataset())["pixel_spacing"]))  # type: ignore[arg-type]


def test_presentation_shape_against_photometric_interpretation() -> None:
    meta = tags(header(PhotometricInterpretation="MONOCHROME2", PresentationLUTShape="INVERSE"))
    assert meta["conflict"] == "MONOCHROME2 with PresentationLUTShape INVERSE"
    assert tags(header(PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"))["conflict"] == ""


def test_read_tags_is_read_image_without_pixels(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, WindowCenter=2000, WindowWidth=100, PatientAge="049Y", ImagerPixelSpacing=[0.1, 0.1])
    image, alone = read_image(path).meta, read_tags(path)
    differing = {key for key in image if image[key] != alone[key]}
    assert differing == {"voi"}
    assert set(alone) == set(BLANK)


def test_a_damaged_name_or_spacing_is_unknown_not_an_error(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, ImagerPixelSpacing=[0.1, 0.1])
    data = path.read_bytes()
    damaged = (
        data.replace(b"0.1\\0.1", b"0.1\\abc")
        .replace(b"LO\x02\0GE", b"SH\x02\0GE")
        .replace(b"CS\x02\0MG", b"FD\x02\0MG")
    )
    assert damaged != data
    path.write_bytes(damaged)
    image = read_image(path, voi="none")
    np.testing.assert_array_equal(image.pixels, ramp)
    assert all(map(math.isnan, image.meta["pixel_spacing"]))  # type: ignore[arg-type]


def test_read_tags_of_what_is_refused(write: Write, ramp: np.ndarray) -> None:
    assert read_tags(write(np.stack([ramp] * 3), NumberOfFrames=3))["patient"] == "P1"


def test_batches_collate(write: Write, ramp: np.ndarray) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.data import default_collate

    batch = default_collate([read_image(write(ramp)).meta, dict(BLANK)])
    assert batch["patient"] == ["P1", ""]
    assert torch.isnan(batch["age"]).all()
    assert len(batch["pixel_spacing"]) == 2
