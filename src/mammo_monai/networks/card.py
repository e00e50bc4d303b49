"""``model.json``: what the weights beside it were trained as, so that evaluation and inference need not be told
again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError


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
