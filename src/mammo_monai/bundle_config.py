"""A bundle's own config with some of its ids set anew, for what works beside ``monai.bundle run``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.errors import MammoError

if TYPE_CHECKING:
    from monai.bundle.config_parser import ConfigParser


def read_config(bundle: Path, name: str, options: Mapping[str, Any]) -> ConfigParser:
    """One config of a bundle; nothing in it is evaluated yet.

    Args:
        bundle: the bundle's folder. A config is code once its content is asked for: use bundles you trust.
        name: such as "train".
        options: ids that are set anew, such as {"spatial_size": [1024, 832]}.

    Raises:
        MammoError: no such config (``missing-bundle``), or an option that is no id of it (``usage``).
    """
    from monai.bundle.config_parser import ConfigParser

    file = bundle / "configs" / f"{name}.json"
    if not file.is_file():
        raise MammoError(f"{file}: no such config; BUNDLE is the folder of a bundle", "missing-bundle")
    parser = ConfigParser()
    parser.read_config(str(file))
    unknown = sorted(set(options) - set(parser.get()))
    if unknown:
        raise MammoError(f"{file}: no id {unknown[0]!r} to set; its ids: {', '.join(parser.get())}", "usage")
    parser.update({"bundle_root": str(bundle), **options})
    return parser


def as_values(options: Mapping[str, str]) -> dict[str, Any]:
    """Options of the command line, or cells, as config values: JSON where a text is JSON, else the text itself."""
    return {name: _value(text) for name, text in options.items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
