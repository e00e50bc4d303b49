from __future__ import annotations

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Crop

from mammo_monai.transforms.track import tracked


def image():
    affine = torch.diag(torch.tensor([2.0, 3.0, 1.0, 1.0], dtype=torch.float64))
    return MetaTensor(torch.arange(20).reshape(1, 4, 5), meta={"affine": affine, "patient": "p"})


def test_what_monais_own_crop_would_leave():
    crop, source = Crop(), image()
    expected = crop(source, (slice(1, 3), slice(2, 5)))
    shift = np.eye(4)
    shift[:2, -1] = 1, 2
    found = tracked(crop, source, source.as_tensor()[:, 1:3, 2:5], shift, {"cropped": [1, 1, 2, 0]})
    assert torch.equal(found.as_tensor(), expected.as_tensor()) and torch.equal(found.affine, expected.affine)
    assert found.affine[:2, -1].tolist() == [2.0, 6.0]
    assert found.applied_operations == expected.applied_operations and len(found.applied_operations) == 1
    assert found.meta["patient"] == "p"
    assert crop.inverse(found).shape == source.shape


def test_nothing_moved_and_the_input_untouched():
    transform, source = Crop(), image()
    found = tracked(transform, source, source.as_tensor())
    assert torch.equal(found.affine, source.affine) and len(found.applied_operations) == 1
    found.meta["patient"] = "q"
    assert source.applied_operations == [] and source.meta["patient"] == "p"


def test_without_tracing_pixels_move_but_no_operation_is_recorded():
    transform, source = Crop(), image()
    affine = np.diag([1.0, -1.0, 1.0, 1.0])
    with transform.trace_transform(False):
        found = tracked(transform, source, source.as_tensor().flip(2), affine)
    assert found.applied_operations == [] and found.affine[1, 1] == -3
