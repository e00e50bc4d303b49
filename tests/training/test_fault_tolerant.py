from __future__ import annotations

import pytest
import torch
from monai.data import DataLoader

from mammo_monai.errors import MammoError
from mammo_monai.training.fault_tolerant import FaultTolerantDataset, image_shape


def read(item):
    if item["image"] == "bad":
        raise MammoError("bad: cut short; copy it again", "truncated-pixels")
    if item["image"] == "bug":
        raise ZeroDivisionError
    return {**item, "image": torch.ones(1, 2, 3)}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_file_is_an_item_with_its_reason_and_the_rest_go_on(workers):
    data = [{"image": name, "path": name} for name in ("a", "bad", "c")]
    (batch,) = DataLoader(FaultTolerantDataset(data, read, (1, 2, 3)), batch_size=3, num_workers=workers)
    assert batch["error"] == ["", "truncated-pixels: bad: cut short; copy it again", ""]
    assert batch["path"] == ["a", "bad", "c"]
    assert batch["image"].sum((1, 2, 3)).tolist() == [6, 0, 6]


def test_a_bug_is_not_taken_for_a_bad_file():
    with pytest.raises(RuntimeError, match="applying transform") as error:
        FaultTolerantDataset([{"image": "bug", "path": "bug"}], read, (1, 2, 3))[0]
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_image_shape():
    assert image_shape(3, 64) == (3, 64, 64)
    assert image_shape(1, [10, 20]) == (1, 10, 20)
