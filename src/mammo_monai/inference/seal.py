"""One checksum of everything in a bundle that an answer depends on, from the bytes, before anything of it is run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.networks.checkpoints import Weights, members, sha256

CONFIGS = ("inference.json", "metadata.json")


def bundle_digest(bundle: Path, weights: Weights | None = None) -> str:
    """SHA-256 over names and SHA-256s of configs, weights, their cards, decisions and exports.

    Args:
        bundle: its folder.
        weights: files to be used instead of its own ``models/model.pt``; a word such as "none" has no file.

    Raises:
        MammoError: a config cannot be read (``missing-bundle``).
    """
    files = [bundle / "configs" / name for name in CONFIGS]
    if lacking := [file for file in files if not file.is_file()]:
        raise MammoError(f"{lacking[0]}: no such config; BUNDLE is the folder of a bundle", "missing-bundle")
    for checkpoint in map(Path, members(weights or bundle / "models" / "model.pt")):
        folder = checkpoint.expanduser().parent
        if checkpoint.expanduser().is_file():
            files += [*folder.glob(f"{checkpoint.stem}.*"), *folder.glob("decision*.json")]
    lines = sorted({f"{file.name} {sha256(file)}" for file in files if file.is_file()})
    return hashlib.sha256("\n".join(lines).encode(errors="backslashreplace")).hexdigest()
