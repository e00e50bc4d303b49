"""What is stored must come back through the standard's formulas, written out here for themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from mammo_monai.phantom.presentation import VOIS, store


def displayed(stored, ds, photometric):
    """PS3.3 C.11.2 and C.7.6.3.1.2 on 12-bit values without a modality LUT; 0 = black to 1 = white."""
    x = stored.astype(float)
    if "VOILUTSequence" in ds:
        item = ds.VOILUTSequence[0]
        entries, first, bits = item.LUTDescriptor
        table = np.frombuffer(item.LUTData, "<u2")
        assert len(table) == entries
        y = table[np.clip(x - first, 0, entries - 1).astype(int)] / (2**bits - 1)
    elif "WindowCenter" in ds:
        c, w = (np.atleast_1d(np.array(v, float))[0] for v in (ds.WindowCenter, ds.WindowWidth))
        function = ds.get("VOILUTFunction", "LINEAR")
        if function == "LINEAR":
            low, high = c - 0.5 - (w - 1) / 2, c - 0.5 + (w - 1) / 2
            y = np.where(x <= low, 0, np.where(x > high, 1, (x - (c - 0.5)) / (w - 1) + 0.5))
        elif function == "LINEAR_EXACT":
            y = np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 1, (x - c) / w + 0.5))
        else:
            assert function == "SIGMOID"
            y = 1 / (1 + np.exp(-4 * (x - c) / w))
    else:
        y = x / 4095
    return 1 - y if photometric == "MONOCHROME1" else y


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("voi", VOIS)
def test_stored_values_are_displayed_as_the_brightness_they_came_from(voi, photometric):
    brightness = np.linspace(0, 1, 3001, dtype=np.float32)[None]
    ds = Dataset()
    voi.describe(ds)
    stored = store(brightness, voi, inverted=photometric == "MONOCHROME1")
    assert stored.dtype == np.uint16 and stored.max() <= 4095
    error = displayed(stored, ds, photometric) - brightness
    assert np.abs(error).max() < 0.003
    # No bias: half a stored value too many would show here, far below the rounding of a single pixel.
    inner = (brightness > 0.01) & (brightness < 0.99)
    assert abs(error[inner].mean()) < 4e-5


def test_the_cycle_covers_every_kind_of_voi():
    described = []
    for voi in VOIS:
        ds = Dataset()
        voi.describe(ds)
        described.append(ds)
    assert {ds.get("VOILUTFunction") for ds in described} == {None, "LINEAR", "LINEAR_EXACT", "SIGMOID"}
    assert sum("VOILUTSequence" in ds for ds in described) == 1
    assert sum(len(ds) == 0 for ds in described) == 1
    several = [ds for ds in described if "WindowCenter" in ds and np.size(ds.WindowCenter) == 3]
    assert len(several) == 1 and len(several[0].WindowWidth) == len(several[0].WindowCenterWidthExplanation) == 3


@given(st.floats(0, 1, width=32), st.sampled_from(VOIS), st.booleans())
def test_any_brightness_is_twelve_bits(brightness, voi, inverted):
    stored = store(np.full((1, 1), brightness, np.float32), voi, inverted)
    assert 0 <= int(stored[0, 0]) <= 4095
    if brightness in (0, 1):
        assert stored[0, 0] == 4095 * ((brightness == 1) != inverted)
