from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.data import DataLoader, Dataset, MetaTensor
from monai.transforms import Compose, EnsureChannelFirstd, LoadImage, LoadImaged, SpatialCropd

from mammo_monai.dicom.reader import MammoReader
from mammo_monai.errors import MammoError, cause

Write = Callable[..., Path]


def load(path: Path | list[Path], **options: Any) -> MetaTensor:
    return LoadImage(reader=MammoReader(**options), dtype=None)(path)


def test_float32_is_row_column_and_unrounded(write: Write, ramp: np.ndarray) -> None:
    image = load(write(ramp, WindowCenter=2048, WindowWidth=4096))
    assert image.dtype == torch.float32
    np.testing.assert_allclose(image.numpy(), np.clip((ramp - 2047.5) / 4095 + 0.5, 0, 1) * 65535, rtol=1e-6)


@pytest.mark.parametrize(("bits", "kind"), [(8, torch.uint8), (12, torch.uint16)])
def test_stored_integers_are_not_widened(write: Write, ramp: np.ndarray, bits: int, kind: torch.dtype) -> None:
    words = (ramp >> (12 - bits)).astype(np.uint8 if bits == 8 else np.uint16)
    image = load(write(words, bits=bits), output="stored", voi="none")
    assert image.dtype == kind
    np.testing.assert_array_equal(image.numpy(), words)


def test_meta_for_monai(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, ImagerPixelSpacing=[0.1, 0.1])
    meta = load(path).meta
    assert meta["original_channel_dim"] == "no_channel"
    assert tuple(meta["spatial_shape"]) == ramp.shape
    np.testing.assert_array_equal(meta["affine"], np.eye(4))
    assert meta["filename_or_obj"] == meta["source"] == str(path)
    assert (meta["laterality"], meta["view"], meta["pixel_spacing"]) == ("L", "CC", [0.1, 0.1])


def test_affine_of_a_reduced_image_leads_to_source_pixels(write: Write) -> None:
    import imagecodecs

    words = np.zeros((512, 640), np.uint16)
    words[300, 200] = 4095
    frame = imagecodecs.jpeg2k_encode(words, codecformat="j2k", reversible=True)
    image = load(write(words, syntax="1.2.840.10008.1.2.4.90", frames=[frame]), reduce_to=128)
    assert image.shape == (128, 160)
    row, column = np.unravel_index(int(image.argmax()), image.shape)
    source = image.affine.numpy() @ [row, column, 0, 1]
    assert source[:2].tolist() == [300, 200]


def test_several_files_become_channels(write: Write, ramp: np.ndarray) -> None:
    paths = [write(ramp, name="a.dcm"), write(ramp // 2, name="b.dcm")]
    image = LoadImage(reader=MammoReader(output="stored", voi="none"), dtype=None, ensure_channel_first=True)(paths)
    assert image.shape == (2, *ramp.shape)
    np.testing.assert_array_equal(image.numpy(), [ramp, ramp // 2])
    other = write(ramp[:10], name="c.dcm")
    with pytest.raises(MammoError, match=r"sizes .* differ"):
        load([paths[0], other])


@pytest.mark.parametrize("by", ["instance", "class", "name"])
def test_refusal_keeps_its_reason_through_load_image(tmp_path: Path, by: str) -> None:
    """LoadImage hides what ``read`` raises behind a report on all its readers."""
    bad = tmp_path / "notes.txt"
    bad.write_text("not an image " * 40)
    reader = {"instance": MammoReader(), "class": MammoReader, "name": "mammo_monai.dicom.reader.MammoReader"}[by]
    with pytest.raises(MammoError) as error:
        LoadImage(reader=reader, dtype=None)(bad)
    assert error.value.reason == "unsupported-format"
    assert str(bad) in str(error.value)


def test_refusal_is_the_cause_behind_a_dictionary_transform(write: Write, ramp: np.ndarray) -> None:
    item = {"image": str(write(ramp, PartialView="YES"))}
    chain = Compose([LoadImaged(keys="image", reader=MammoReader(), dtype=None), EnsureChannelFirstd(keys="image")])
    with pytest.raises(RuntimeError) as error:
        chain(item)
    found = cause(error.value)
    assert found is not None
    assert found.reason == "special-view"


def test_items_batch_in_a_worker(write: Write, ramp: np.ndarray, tmp_path: Path) -> None:
    import cv2

    png = tmp_path / "x.png"
    cv2.imwrite(str(png), ramp)
    items = [{"image": str(path)} for path in (write(ramp), png)]
    chain = Compose(
        [
            LoadImaged(keys="image", reader=MammoReader(output="stored", voi="none"), dtype=None),
            EnsureChannelFirstd(keys="image"),
            SpatialCropd(keys="image", roi_start=(1, 2), roi_end=(31, 42)),
        ]
    )
    batch = next(iter(DataLoader(Dataset(items, chain), batch_size=2, num_workers=1)))
    assert batch["image"].shape == (2, 1, 30, 40)
    assert batch["image"].dtype == torch.uint16
    np.testing.assert_array_equal(batch["image"][1, 0].numpy(), ramp[1:31, 2:42])


def test_options_reach_the_file(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, WindowCenter=[1, 2], WindowWidth=[10, 20])
    assert load(path, voi=1).meta["voi"] == "LINEAR 2/20"
    with pytest.raises(MammoError):
        load(path, max_pixels=10)
    assert load(path, max_pixels=10, allow=["too-many-pixels"]).shape == ramp.shape
    with pytest.raises(MammoError):
        MammoReader(allow=["everything"])


def test_any_name_is_a_name(tmp_path: Path) -> None:
    assert MammoReader().verify_suffix(tmp_path / "1.2.840.113619")
