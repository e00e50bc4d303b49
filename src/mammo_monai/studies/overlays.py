"""Settings in layers: which ids a bundle has, one overlay over another, and the names in braces filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.names import nearest

Overlay = Mapping[str, Any]

BY_STUDY = ("bundle_root", "output_dir", "tracking_uri", "experiment_name", "run_name", "run_tags", "resume")
"""Ids that the study itself sets for each training."""
NAMES = re.compile(r"\{(row:[^{}]*|[A-Za-z_]\w*)\}")
"""``{row:NAME}`` and ``{KEY}``."""


def read_config(bundle: Path) -> dict[str, Any]:
    """The bundle's ``train.json`` as it is written.

    Raises:
        MammoError: there is none (``missing-bundle``), or it is no JSON object.
    """
    file = bundle / "configs" / "train.json"
    if not file.is_file():
        raise MammoError(f"{file}: no such config; --bundle is the folder of a bundle", "missing-bundle")
    return _object(file)


def read_preset(bundle: Path, name: str) -> Overlay:
    """The overlay ``configs/presets/<name>.json``.

    Raises:
        MammoError: there is none of this name (``unknown-preset``, with the nearest), or it is no JSON object.
    """
    files = {file.stem: file for file in sorted((bundle / "configs" / "presets").glob("*.json"))}
    if name not in files:
        raise MammoError(f"bundle {bundle.name} has no preset {name!r}; {nearest(name, files)}", "unknown-preset")
    return _object(files[name])


def checked(overlay: Overlay, config: Overlay, where: str) -> Overlay:
    """The overlay with ``#`` between the parts of nested ids, every one of which the config has.

    Raises:
        MammoError: an id that the config does not have (``unknown-id``, with the nearest), or one of :data:`BY_STUDY`.
    """
    made = {}
    for key, value in overlay.items():
        name = key.replace("::", "#")
        plain = name.removeprefix("+")
        if plain in BY_STUDY:
            raise MammoError(f"{where}: {plain} is set by the study for each training; leave it out", "reserved-id")
        known: Any = config
        done: list[str] = []
        for part in plain.split("#"):
            inner = _children(known)
            if part not in inner:
                beside = ["#".join([*done, child]) for child in inner]
                raise MammoError(f"{where}: the bundle has no id {key!r}; {nearest(plain, beside)}", "unknown-id")
            known = inner[part]
            done.append(part)
        made[name] = value
    return made


def layered(*overlays: Overlay) -> dict[str, Any]:
    """One overlay of several; a later one replaces an id, and whatever an earlier one set within it."""
    made: dict[str, Any] = {}
    for overlay in overlays:
        for key, value in overlay.items():
            made = {k: v for k, v in made.items() if k != key and not k.startswith(f"{key}#")}
            made[key] = value
    return made


def names_in(value: Any) -> Iterable[str]:
    """The names in braces in all texts of a value."""
    if isinstance(value, str):
        yield from NAMES.findall(value)
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from names_in(part)


def filled(value: Any, meaning: Callable[[str], str]) -> Any:
    """The value with every name in braces replaced by its meaning."""
    if isinstance(value, str):
        return NAMES.sub(lambda found: meaning(found[1]), value)
    if isinstance(value, Mapping):
        return {key: filled(part, meaning) for key, part in value.items()}
    return [filled(part, meaning) for part in value] if isinstance(value, list) else value


def _children(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {str(index): part for index, part in enumerate(value)} if isinstance(value, list) else {}


def _object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MammoError(f"{file}: cannot be read ({error}); expected JSON", "unreadable") from None
    if not isinstance(content, dict):
        raise MammoError(f"{file}: expected a JSON object of ids and values", "unreadable")
    return content
