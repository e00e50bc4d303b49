"""Options that hold several words."""

from __future__ import annotations


def names(text: str) -> list[str]:
    """The words between the commas, without empty ones."""
    return [name.strip() for name in text.split(",") if name.strip()]
