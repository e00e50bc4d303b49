"""Files that an engine made of a network, beside its weights, with a card that binds them to the weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.files import replacing, write_text
from mammo_monai.networks.checkpoints import Weights, digest, members

EXACT = 1e-4
"""Largest difference of a probability from torch's that an exact engine may have."""
PACKAGES = ("mammo-monai", "torch", "openvino")


@dataclass(frozen=True, slots=True)
class Card:
    """What an export is.

    Attributes:
        engine: that made it and runs it.
        weights_sha256: of the weights, see :func:`mammo_monai.networks.checkpoints.digest`.
        tta: the test-time augmentation that is part of it.
        image_shape: (C, H, W) of its input.
        files: SHA-256 by suffix.
        versions: of the packages that made it.
        largest_difference: of a probability from torch's, on the images that were tried.
    """

    engine: str
    weights_sha256: str
    tta: str
    image_shape: tuple[int, ...]
    files: Mapping[str, str]
    versions: Mapping[str, str]
    largest_difference: float


def path_of(engine: str, weights: Weights, tta: str) -> Path:
    """The card, such as ``model.openvino.json`` beside ``model.pt``; the files have its name and their suffixes.

    Of several checkpoints, or with test-time augmentation, it has a name of its own.
    """
    first, *others = sorted(map(str, members(weights)))
    several = f".{digest(weights)[:12]}" if others else ""
    variants = "" if tta == "none" else f".{tta}"
    file = Path(first).expanduser()
    return file.with_name(f"{file.stem}{several}{variants}.{engine}.json")


def write(
    files: Mapping[str, bytes],
    engine: str,
    weights: Weights,
    tta: str,
    image_shape: Sequence[int],
    largest_difference: float,
) -> list[Path]:
    """Write the files and last their card: until then an earlier card refuses them.

    Args:
        files: content by suffix.
        engine: that made them.
        weights: that the network was filled from.
        tta: the test-time augmentation that is part of it.
        image_shape: (C, H, W) of its input.
        largest_difference: of a probability from torch's.

    Returns:
        what was written.

    Raises:
        MammoError: reason ``not-writable``.
    """
    path = path_of(engine, weights, tta)
    written = [path.with_suffix(suffix) for suffix in files]
    for file, content in zip(written, files.values(), strict=True):
        with replacing(file) as temporary:
            temporary.write_bytes(content)
    sums = {suffix: _sha256(content) for suffix, content in files.items()}
    card = Card(engine, digest(weights), tta, tuple(image_shape), sums, _versions(), largest_difference)
    write_text(path, json.dumps(asdict(card), indent=2) + "\n")
    return [*written, path]


def read(
    engine: str, suffixes: Sequence[str], weights: Weights, tta: str, image_shape: Sequence[int]
) -> dict[str, bytes]:
    """Content of the files by suffix, as it was exported.

    Raises:
        MammoError: there is no export (``export-missing``), its card cannot be read (``bad-card``), it is of other
            weights, augmentation or size (``export-mismatch``), or a file was changed (``export-digest``).
    """
    path = path_of(engine, weights, tta)
    again = f"export these weights with: mammo-monai export BUNDLE --engine {engine} --weights ... --tta {tta}"
    if not path.is_file():
        raise MammoError(f"{path}: these weights have no export for engine '{engine}'; {again}", "export-missing")
    card = _card(path, again)
    wanted = (engine, digest(weights), tta, tuple(image_shape))
    if (card.engine, card.weights_sha256, card.tta, card.image_shape) != wanted:
        theirs, ours = (
            f"weights {sha256[:12]}, tta {of!r}, {'x'.join(map(str, shape))}"
            for sha256, of, shape in ((card.weights_sha256, card.tta, card.image_shape), wanted[1:])
        )
        raise MammoError(f"{path}: exported from {theirs}, asked for {ours}; {again}", "export-mismatch")
    return {suffix: _content(path.with_suffix(suffix), card.files.get(suffix), again) for suffix in suffixes}


def _card(path: Path, again: str) -> Card:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        card = Card(**{**content, "image_shape": tuple(content["image_shape"]), "files": dict(content["files"])})
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MammoError(f"{path}: is no card of an export ({type(error).__name__}); {again}", "bad-card") from error
    return card


def _content(file: Path, sha256: str | None, again: str) -> bytes:
    """The bytes that are checked are those that are used: nobody can exchange the file in between."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise MammoError(f"{file}: cannot be read ({error.strerror or error}); {again}", "export-missing") from error
    if _sha256(content) != sha256:
        raise MammoError(f"{file}: was changed after its export; {again}", "export-digest")
    return content


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES if find_spec(name.replace("-", "_"))}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
