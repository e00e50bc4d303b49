from __future__ import annotations

import pytest
import torch
from monai.data import DataLoader, MetaTensor
from monai.transforms import Compose, EnsureChannelFirstd, LoadImaged

from mammo_monai.dicom.image import read_tags
from mammo_monai.dicom.reader import MammoReader
from mammo_monai.errors import MammoError
from mammo_monai.training.fault_tolerant import FaultTolerantDataset, image_shape


def read(item):
    if item["image"] == "bad":
        raise MammoError("bad: cut short; copy it again", "truncated-pixels")
    if item["image"] == "bug":
        raise ZeroDivisionError
    return {**item, "image": MetaTensor(torch.ones(1, 2, 3))}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_file_is_an_item_with_its_reason_and_the_rest_go_on(workers):
    data = [{"image": name, "path": name} for name in ("a", "bad", "c")]
    (batch,) = DataLoader(FaultTolerantDataset(data, read, (1, 2, 3)), batch_size=3, num_workers=workers)
    assert batch["error"] == ["", "truncated-pixels: bad: cut short; copy it again", ""]
    assert batch["path"] == ["a", "bad", "c"]
    assert batch["image"].sum((1, 2, 3)).tolist() == [6, 0, 6]


def test_whatever_a_file_makes_the_chain_raise_is_a_row_and_a_traceback_in_the_log(caplog):
    item = FaultTolerantDataset([{"image": "bug", "path": "bug"}], read, (1, 2, 3))[0]
    assert item["error"].startswith("unexpected: ZeroDivisionError")
    assert "Traceback" in caplog.text


def test_a_refused_image_keeps_the_identity_of_its_tags_and_its_neighbours_keep_theirs(phantoms, tmp_path):
    """One bad file in a batch must not take patient and side from the others (MONAI drops metadata that one lacks)."""
    good, bad = sorted((phantoms / "images").rglob("*.dicom"))[:2]
    whole = bad.read_bytes()
    cut = tmp_path / "cut.dicom"
    cut.write_bytes(whole[: len(whole) // 2])
    chain = Compose([LoadImaged("image", reader=MammoReader(), image_only=True), EnsureChannelFirstd("image")])
    shape = tuple(chain({"image": str(good)})["image"].shape)
    data = [{"image": str(path), "path": path.name} for path in (good, cut)]
    (batch,) = DataLoader(FaultTolerantDataset(data, chain, shape), batch_size=2)
    assert batch["error"][0] == ""
    assert batch["error"][1].startswith("truncated-pixels")
    for row, path in enumerate((good, bad)):
        tags = read_tags(path)
        for name, key in (("patient", "patient"), ("exam", "study"), ("laterality", "laterality"), ("view", "view")):
            assert batch["identity"][name][row] == tags[key] != ""


def test_image_shape():
    assert image_shape(3, 64) == (3, 64, 64)
    assert image_shape(1, [10, 20]) == (1, 10, 20)
