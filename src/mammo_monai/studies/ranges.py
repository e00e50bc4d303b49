"""What a search may choose from: a range or choices for some ids of a bundle's config."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from mammo_monai.errors import MammoError
from mammo_monai.names import nearest

if TYPE_CHECKING:
    from optuna.trial import Trial

Ranges = Mapping[str, Mapping[str, Any]]
KEYS = ("low", "high", "log", "step", "choices")


def read(path: Path) -> Ranges:
    """Ranges from JSON, as ``{"learning_rate": {"low": 1e-5, "high": 0.01, "log": true}, "amp": {"choices": [true]}}``.

    A range has ``low`` and ``high``, both included, and ``log`` (drawn evenly on the logarithm) or ``step``; of whole
    numbers it gives whole numbers. ``choices`` may be anything that JSON can hold.

    Raises:
        MammoError: unreadable, an unknown key (with the nearest), or a range that holds nothing.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise MammoError(f"{path}: cannot be read as ranges ({error}); expected JSON", "bad-ranges") from None
    if not isinstance(content, dict) or not content:
        raise MammoError(f'{path}: expected an object such as {{"batch_size": {{"choices": [8, 16]}}}}', "bad-ranges")
    for name, given in content.items():
        if fault := _fault(given):
            raise MammoError(f"{path}: {name}: {fault}", "bad-ranges")
    return content


def suggest(trial: Trial, ranges: Ranges) -> dict[str, Any]:
    """One value for every id, as Optuna's sampler has it; choices are known to Optuna as JSON texts."""
    return {name: _suggest(trial, name, given) for name, given in ranges.items()}


def _suggest(trial: Trial, name: str, given: Mapping[str, Any]) -> Any:
    if "choices" in given:
        return json.loads(trial.suggest_categorical(name, [json.dumps(choice) for choice in given["choices"]]))
    low, high, log, step = given["low"], given["high"], given.get("log", False), given.get("step")
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, log=log, step=step or 1)
    return trial.suggest_float(name, low, high, log=log, step=step)


def _fault(given: object) -> str:
    """What is wrong with one range; "" if nothing is."""
    if not isinstance(given, dict):
        return 'expected {"low": ..., "high": ...} or {"choices": [...]}'
    for key in given:
        if key not in KEYS:
            return f"unknown key {key!r}; {nearest(key, KEYS)}"
    if "choices" in given:
        several = isinstance(given["choices"], list) and given["choices"]
        return "" if several and len(given) == 1 else '"choices" must be a list with something in it, and stand alone'
    low, high, step = given.get("low"), given.get("high"), given.get("step")
    if not (_number(low) and _number(high) and low < high):
        return f'expected numbers "low" < "high", found {low!r} and {high!r}'
    if not isinstance(given.get("log", False), bool):
        return '"log" must be true or false'
    if given.get("log") and (low <= 0 or step is not None):
        return '"log" needs a "low" above 0 and no "step"'
    whole = isinstance(low, int) and isinstance(high, int)
    if step is not None and not (_number(step) and step > 0 and (isinstance(step, int) or not whole)):
        return '"step" must be a number above 0, a whole one in a range of whole numbers'
    return ""


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
