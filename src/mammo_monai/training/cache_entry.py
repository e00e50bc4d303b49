"""One cached item as bytes: pixels as safetensors, ``meta`` and applied operations as JSON in its header. No pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.utils import reset_ops_id
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from mammo_monai.errors import MammoError
from mammo_monai.transforms.stored_image import StoredImage, stored

SUFFIX = ".safetensors"
_KEY = "entry"
"""One for all: safetensors keeps several in no order, and the same entry is to have the same bytes."""
_LENGTH = 8
"""Bytes in front of a safetensors header that hold its length, little endian."""


def encode(tensors: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> bytes:
    """The bytes of named MetaTensors. Their operations lose the id of the transform object, which other processes do
    not share; MONAI's ``inverse`` then goes by the order alone.

    Args:
        tensors: what is kept.
        facts: plain JSON about the entry, read back by :func:`read_facts`.

    Raises:
        MammoError: reason ``not-cacheable``, for an entry that is no tensor or ``meta`` that JSON cannot hold.
    """
    trail = {}
    for name, value in tensors.items():
        if not isinstance(value, MetaTensor):
            raise MammoError(
                f"item entry {name!r} is {type(value).__name__} after the cached transforms, expected a MetaTensor; "
                "let cache_through name a transform before it is made, or use cache_dir=None",
                reason="not-cacheable",
            )
        value = reset_ops_id(value)
        trail[name] = _to_json({"meta": value.meta, "operations": value.applied_operations}, name)
    pixels = {name: value.as_tensor().detach().cpu().contiguous() for name, value in tensors.items()}
    return save(pixels, metadata={_KEY: json.dumps({"trail": trail, "facts": facts or {}})})


def decode(entry: bytes) -> dict[str, MetaTensor]:
    """The tensors that :func:`encode` was given.

    Raises:
        ValueError: the bytes are torn or of another kind.
    """
    try:
        pixels = load(entry)
        header = json.loads(entry[_LENGTH : _LENGTH + int.from_bytes(entry[:_LENGTH], "little")])
        trail = {name: _from_json(part) for name, part in json.loads(header["__metadata__"][_KEY])["trail"].items()}
        return {
            name: MetaTensor(pixels[name], meta=part["meta"], applied_operations=part["operations"])
            for name, part in trail.items()
        }
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"not a cache entry: {error}") from error


def read_entry(path: str | os.PathLike[str]) -> dict[str, MetaTensor]:
    """The tensors of an entry's file.

    Raises:
        OSError: no such file.
        ValueError: torn, or of another kind.
    """
    return decode(Path(path).read_bytes())


def open_entry(path: str | os.PathLike[str]) -> dict[str, StoredImage]:
    """The tensors of an entry's file, of which windows are read when they are needed.

    Raises:
        OSError: no such file.
        ValueError: torn, or of another kind.
    """
    try:
        with safe_open(path, framework="pt") as entry:
            trail = json.loads(entry.metadata()[_KEY])["trail"]
            return {name: _stored(entry.get_slice(name), _from_json(part)) for name, part in trail.items()}
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"not a cache entry: {error}") from error


def _stored(pixels: Any, part: Mapping[str, Any]) -> StoredImage:
    """The slice keeps its file open for as long as it lives."""

    def read(rows: slice, cols: slice) -> torch.Tensor:
        return cast(torch.Tensor, pixels[:, rows, cols])

    shape, dtype = tuple(pixels.get_shape()), read(slice(0), slice(0)).dtype
    return stored(shape, dtype, part["meta"], part["operations"], read)


def read_facts(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The facts of an entry's file; its pixels are not read, only that they are all there.

    Raises:
        OSError: no such file.
        ValueError: torn, or of another kind.
    """
    try:
        with safe_open(path, framework="numpy") as entry:
            return dict(json.loads(entry.metadata()[_KEY])["facts"])
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"not a cache entry: {error}") from error


def _to_json(value: Any, where: str) -> Any:
    """JSON that remembers tuples, arrays, tensors and keys that are not texts."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case os.PathLike():
            return os.fspath(value)
        case np.generic():
            return value.item()
        case torch.Tensor():
            array = value.detach().cpu().numpy()
            return {"tensor": [str(array.dtype), list(array.shape), array.ravel().tolist()]}
        case np.ndarray() if value.dtype.kind in "biufU":
            return {"array": [str(value.dtype), list(value.shape), value.ravel().tolist()]}
        case list():
            return [_to_json(part, where) for part in value]
        case tuple():
            return {"tuple": [_to_json(part, where) for part in value]}
        case Mapping():
            return {"mapping": [[_to_json(k, where), _to_json(v, f"{where}.{k}")] for k, v in value.items()]}
    raise MammoError(
        f"{where} in the image's meta is {type(value).__name__}, which a cache entry cannot hold; let the reader give "
        "texts, numbers and arrays, or use cache_dir=None",
        reason="not-cacheable",
    )


def _from_json(value: Any) -> Any:
    match value:
        case {"tensor": [dtype, shape, numbers]}:
            return torch.from_numpy(np.array(numbers, dtype).reshape(shape))
        case {"array": [dtype, shape, numbers]}:
            return np.array(numbers, dtype).reshape(shape)
        case {"tuple": parts}:
            return tuple(_from_json(part) for part in parts)
        case {"mapping": pairs}:
            return {_from_json(k): _from_json(v) for k, v in pairs}
        case list():
            return [_from_json(part) for part in value]
    return value
