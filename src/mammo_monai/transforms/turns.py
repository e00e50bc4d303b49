"""The eight ways to lay down a film: quarter turns, and the same of its mirror image (the dihedral group of a square).

Turn ``t`` mirrors the columns if ``t`` is 4 or more, then turns by ``t % 4`` quarters counterclockwise; 0 changes
nothing. Tensors are moved by their own methods: lists are checked where torch is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError

if TYPE_CHECKING:
    import torch

TURNS: Final = 8
_QUARTER: Final = np.array([[0.0, 1.0], [-1.0, 0.0]])
_LINEAR: Final = tuple(
    np.diag([1.0, -1.0 if turn >= 4 else 1.0]) @ np.linalg.matrix_power(_QUARTER, turn % 4) for turn in range(TURNS)
)
"""Row and column before a turn, by row and column after it, both from the middle."""


def check(turn: int) -> None:
    """Raise for what is none of the eight.

    Raises:
        MammoError: reason ``bad-turn``.
    """
    if turn not in range(TURNS):
        raise MammoError(f"turn {turn}: expected a whole number from 0 to {TURNS - 1}; make the list again", "bad-turn")


def turned(pixels: torch.Tensor, turn: int) -> torch.Tensor:
    """(..., rows, columns) laid down another way; rows and columns exchange for odd turns."""
    if turn == 0:
        return pixels
    mirrored = pixels.flip(-1) if turn >= 4 else pixels
    return mirrored.rot90(turn % 4, (-2, -1)).contiguous()


def turned_back(pixels: torch.Tensor, turn: int) -> torch.Tensor:
    """The inverse of :func:`turned`."""
    if turn == 0:
        return pixels
    straight = pixels.rot90(-turn % 4, (-2, -1))
    return (straight.flip(-1) if turn >= 4 else straight).contiguous()


def affine(turn: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """(4, 4): pixel before the turn under each pixel after it.

    Args:
        turn: which.
        size: rows and columns before.
    """
    middle = (np.array(size) - 1) / 2
    matrix = np.eye(4)
    matrix[:2, :2] = _LINEAR[turn]
    matrix[:2, 3] = middle - _LINEAR[turn] @ (middle[::-1] if turn % 2 else middle)
    return matrix
