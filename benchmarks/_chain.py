"""The bundle's own preprocessing and configs, as its JSON has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser
from monai.transforms import Compose

BUNDLE = Path(__file__).resolve().parents[1] / "bundles" / "birads_classifier"
SIZE = (512, 512)


def parser(name: str, **overrides: Any) -> ConfigParser:
    """The config ``name`` of the bundle with ids set anew; ``__`` in a keyword stands for ``#``."""
    config = ConfigParser()
    config.read_config(BUNDLE / "configs" / name)
    config["spatial_size"] = list(SIZE)
    for key, value in overrides.items():
        config[key.replace("__", "#")] = value
    return config


def chain(first: str = "LoadImaged", last: str = "NormalizeIntensityd", **reader: Any) -> Compose:
    """The transforms of ``inference.json`` from class ``first`` to class ``last``; ``reader`` sets its options."""
    config = parser("inference.json")
    for key, value in reader.items():
        config[f"preprocessing#transforms#0#reader#{key}"] = value
    steps = config.get_parsed_content("preprocessing").transforms
    names = [type(step).__name__ for step in steps]
    return Compose(steps[names.index(first) : names.index(last) + 1])
