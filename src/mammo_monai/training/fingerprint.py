"""A text that tells two transforms apart by what they do, the same in every process."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import types
from collections.abc import Mapping, Set
from enum import Enum
from typing import Any

import numpy as np
import torch

from mammo_monai.errors import MammoError

_STATE = ("_tracing", "R")
"""Attributes MONAI gives its transforms at run time; they are not parameters."""


def fingerprint(value: Any) -> str:
    """SHA-256 over the canonical JSON of ``value``: classes by qualified name, objects by all their attributes.

    Neither memory addresses nor hashes of strings enter it, so processes and machines agree.

    Raises:
        MammoError: reason ``not-cacheable``, naming a parameter that has no stable text (a lambda, an open file).
    """
    return hashlib.sha256(json.dumps(_plain(value, "transforms", ()), sort_keys=True).encode()).hexdigest()


def _plain(value: Any, where: str, parents: tuple[int, ...]) -> Any:
    """``value`` as lists, dictionaries and texts; ``where`` is its place, for the error."""
    if id(value) in parents:
        raise _refused(value, where, "refers to itself")
    inner = (*parents, id(value))
    match value:
        case Enum():
            return [_name(type(value), where), value.name]
        case None | bool() | int() | str():
            return value
        case float() | complex() | bytes() | slice() | range() | torch.dtype() | torch.device() | np.dtype():
            return [_name(type(value), where), repr(value)]
        case os.PathLike():
            return ["path", os.fspath(value)]
        case np.ndarray() | np.generic():
            return [str(value.dtype), list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
        case torch.Tensor():
            return ["tensor", _plain(value.detach().cpu().numpy(), where, inner)]
        case functools.partial():
            return ["partial", _plain([value.func, value.args, value.keywords], where, inner)]
        case types.MethodType():
            return ["method", value.__func__.__qualname__, _plain(value.__self__, where, inner)]
        case type() | types.FunctionType() | types.BuiltinFunctionType() | np.ufunc():
            return ["named", _name(value, where)]
        case types.ModuleType():
            return ["module", value.__name__]
        case list() | tuple():
            return [_plain(part, f"{where}[{i}]", inner) for i, part in enumerate(value)]
        case Set():
            return ["set", sorted((_plain(part, where, inner) for part in value), key=json.dumps)]
        case Mapping():
            pairs = ((_plain(k, where, inner), _plain(v, f"{where}[{k!r}]", inner)) for k, v in value.items())
            return ["mapping", sorted(pairs, key=lambda pair: json.dumps(pair[0], sort_keys=True))]
    return [_name(type(value), where), _attributes(value, where, inner)]


def _attributes(value: Any, where: str, parents: tuple[int, ...]) -> dict[str, Any]:
    if dataclasses.is_dataclass(value):
        attributes = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif hasattr(value, "__dict__"):
        attributes = vars(value)
    else:
        raise _refused(value, where, "has no attributes to tell it by")
    return {name: _plain(part, f"{where}.{name}", parents) for name, part in attributes.items() if name not in _STATE}


def _name(value: Any, where: str) -> str:
    name = getattr(value, "__qualname__", value.__name__)
    if "<" in name:
        raise _refused(value, where, "is defined inside a function or is a lambda")
    return f"{getattr(value, '__module__', '')}.{name}"


def _refused(value: Any, where: str, why: str) -> MammoError:
    return MammoError(
        f"{where} ({type(value).__name__}) {why}, so cached items cannot be told from stale ones; use a named "
        "function or plain value, or cache_dir=None",
        reason="not-cacheable",
    )
