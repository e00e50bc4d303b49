"""Files of weights: which ones stand for a network, and the digest that binds other files to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mammo_monai.errors import MammoError

Weights = str | Path | Sequence[str | Path]
"""A checkpoint (or a word that :func:`mammo_monai.networks.weights.load_weights` knows), or several."""


def digest(weights: Weights) -> str:
    """SHA-256 of a file; of several that of their sorted SHA-256s, one a line; "" where one is no file."""
    files = [Path(file).expanduser() for file in members(weights)]
    if not all(file.is_file() for file in files):
        return ""
    each = sorted(sha256(file) for file in files)
    return each[0] if len(each) == 1 else hashlib.sha256("\n".join(each).encode("ascii")).hexdigest()


def members(weights: Weights) -> list[str | Path]:
    """The checkpoints, as a list.

    Raises:
        MammoError: there is none (``weights-missing``), or one twice (``ensemble-differs``).
    """
    files = [weights] if isinstance(weights, str | Path) else list(weights)
    if not files:
        raise MammoError("weights: the list of checkpoints is empty; name one or more", "weights-missing")
    if len(set(map(str, files))) < len(files):
        raise MammoError(f"weights: {', '.join(map(str, files))} names a checkpoint twice; name each once", "usage")
    return files


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
