from __future__ import annotations

import numpy as np
import pytest
import torch

from mammo_monai.errors import MammoError
from mammo_monai.transforms import turns

ROWS, COLS = 5, 3


@pytest.mark.parametrize("turn", range(8))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_turns_are_numpys_and_can_be_undone(turn, dtype):
    plane = np.arange(ROWS * COLS).reshape(ROWS, COLS).astype(dtype)
    expected = np.rot90(np.fliplr(plane) if turn >= 4 else plane, turn % 4)
    made = turns.turned(torch.from_numpy(plane.copy())[None], turn)
    np.testing.assert_array_equal(made[0].numpy(), expected)
    np.testing.assert_array_equal(turns.turned_back(made, turn)[0].numpy(), plane)


def test_no_two_turns_are_the_same():
    plane = torch.arange(9).reshape(1, 3, 3)
    assert len({tuple(turns.turned(plane, turn).flatten().tolist()) for turn in range(turns.TURNS)}) == 8


@pytest.mark.parametrize("turn", range(8))
def test_the_affine_leads_to_the_pixel_each_was(turn):
    rows, cols = np.indices((ROWS, COLS))
    laid = [turns.turned(torch.from_numpy(axis), turn).numpy() for axis in (rows, cols)]
    matrix = turns.affine(turn, (ROWS, COLS))
    for row, col in np.ndindex(laid[0].shape):
        np.testing.assert_allclose(matrix @ [row, col, 0, 1], [laid[0][row, col], laid[1][row, col], 0, 1])


@pytest.mark.parametrize("turn", [-1, 8, 0.5])
def test_there_is_no_ninth(turn):
    with pytest.raises(MammoError, match="from 0 to 7"):
        turns.check(turn)
