"""``model.json``: what the weights beside it were trained as, so that evaluation and inference need not be told
again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError

logger = logging.getLogger(__name__)


def card(weights: str) -> dict[str, Any]:
    """Content of the ``.json`` beside a weights file: backbone, classes, spatial size, checksum, run; {} where there
    is none.

    Raises:
        MammoError: the file is there but is not a JSON object.
    """
    path = Path(weights).with_suffix(".json")
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MammoError(
            f"{path}: cannot be read as JSON ({error}); restore it from the training's folder", "bad-card"
        ) from error
    if not isinstance(content, dict):
        raise MammoError(f"{path}: expected a JSON object; restore it from the training's folder", "bad-card")
    return content


def class_names(trained: Mapping[str, Any], assumed: Sequence[str]) -> list[str]:
    """Classes that weights were trained on, by their card; without one the bundle's own, with a warning."""
    if "class_names" in trained:
        return list(trained["class_names"])
    logger.warning("no model.json beside the weights: classes %s are assumed", ", ".join(assumed))
    return list(assumed)


def agreed_class_names(trained: Mapping[str, Any], listed: Sequence[str]) -> list[str]:
    """The classes of a datalist, which must be those that the weights were trained on.

    Raises:
        MammoError: they differ, so labels and probabilities would not mean the same.
    """
    if trained and list(trained.get("class_names", listed)) != list(listed):
        raise MammoError(
            f"the weights were trained on classes {', '.join(trained['class_names'])}, the datalist has "
            f"{', '.join(listed)}; write the datalist with the label map {trained.get('label_map', 'of the training')}",
            "other-classes",
        )
    return list(listed)
