"""The page's words, in each language of ``locale/``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

LOCALE: Final = Path(__file__).resolve().parents[1] / "locale"
COOKIE: Final = "language"
FIRST: Final = "en"


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages there are."""
    return tuple(sorted(path.stem for path in LOCALE.glob("*.json")))


@cache
def texts(language: str) -> dict[str, str]:
    """Every text by its key; those of :data:`FIRST` for a language that is not there."""
    chosen = language if language in languages() else FIRST
    content: dict[str, str] = json.loads((LOCALE / f"{chosen}.json").read_text(encoding="utf-8"))
    return content
