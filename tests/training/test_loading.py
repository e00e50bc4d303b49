from __future__ import annotations

import pytest
import torch
from monai.data import MetaTensor

from mammo_monai.errors import MammoError
from mammo_monai.training.loading import drop_last, patches, plain_batch, whole_images


@pytest.mark.parametrize(
    ("samples", "batch", "world", "drop"), [(17, 8, 1, True), (16, 8, 1, False), (33, 8, 2, True), (5, 8, 1, False)]
)
def test_a_last_batch_of_one_is_dropped(samples, batch, world, drop):
    assert drop_last(samples, batch, world) is drop


@pytest.mark.parametrize(("samples", "batch", "world"), [(10, 1, 1), (1, 8, 1), (2, 8, 2)])
def test_batches_of_one_only_are_refused(samples, batch, world):
    with pytest.raises(MammoError, match="batch_size 2 or more"):
        drop_last(samples, batch, world)


def test_the_network_gets_plain_tensors_and_the_batch_keeps_its_metadata():
    batch = {"image": MetaTensor(torch.ones(2, 3, 4, 4), meta={"patient": "p"}), "label": torch.tensor([0, 1])}
    image, label = plain_batch(batch, "cpu")
    assert type(image) is torch.Tensor
    assert torch.equal(label, batch["label"])
    assert batch["image"].meta["patient"] == "p"


WHOLE, PATCH, FINDING = {"image": "a"}, {"image": "a", "box": [0, 0, 1, 1], "finding": -1}, {"image": "a", "finding": 0}


def test_whole_images_and_patches_are_not_taken_for_each_other():
    assert whole_images([WHOLE], "list.json") == [WHOLE] and patches([PATCH], "list.json") == [PATCH]
    for wrong in (PATCH, FINDING):
        with pytest.raises(MammoError, match=r"list\.json: its items are patches or findings"):
            whole_images([WHOLE, wrong], "list.json")
    with pytest.raises(MammoError, match=r"list\.json: its items are whole images"):
        patches([PATCH, WHOLE], "list.json")
