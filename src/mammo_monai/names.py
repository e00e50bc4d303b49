"""Names a user may have mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MANY = 20
"""Names that still fit into a line."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """What to say of the valid names to somebody who wrote ``name``: the nearest ones, else all, or some of many."""
    names = list(valid)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"nearest: {', '.join(near)}"
    if len(names) > MANY:
        return f"choose one of the {len(names)} that there are, such as {', '.join(names[:3])}"
    return f"choose one of {', '.join(names)}" if names else "there are none"


def same(names: Iterable[str]) -> str | None:
    """The first name that stands twice, in whatever case (folders of some systems do not tell case apart)."""
    seen = set[str]()
    for name in names:
        if name.casefold() in seen:
            return name
        seen.add(name.casefold())
    return None
