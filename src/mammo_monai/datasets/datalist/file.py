"""A datalist on disk: written whole or not at all, read only as it was written, and never with a leak."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.datalist.content import KEYS, PREPARED, digest_of
from mammo_monai.datasets.leakage import guard
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

AGAIN: Final = "write it again with 'mammo-monai datalist' (patches: 'mammo-monai patches')"

_TEXTS: Final = KEYS - {"label", "findings"}


def write(datalist: Mapping[str, Any], out: Path) -> None:
    """Write a datalist, one line per image, the same bytes each time; a failure leaves an earlier file alone.

    Raises:
        MammoError: something stands in two sections, or the file cannot be written.
    """
    guard(datalist)
    head = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in datalist.items() if key not in SECTIONS]
    lists = [f'"{section}": [\n' + ",\n".join(map(json.dumps, datalist[section])) + "\n]" for section in SECTIONS]
    write_text(out, "{\n" + ",\n".join([*head, *lists]) + "\n}\n")


def read(path: str | Path) -> dict[str, Any]:
    """A datalist as it was written.

    Raises:
        MammoError: missing, no datalist of this version, edited since it was written (its digest differs), or a
            patient, an exam or a file's content in two sections.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MammoError(f"{path}: no such datalist; {AGAIN}", "missing-datalist") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MammoError(f"{path}: cannot be read as a datalist ({error}); {AGAIN}", "bad-datalist") from None
    if not _complete(content):
        raise MammoError(
            f"{path}: not a datalist of this mammo-monai (classes, digest, a list or an entry of its items missing); "
            f"{AGAIN}",
            "bad-datalist",
        )
    if content["digest"] != digest_of(content["classes"], content):
        raise MammoError(f"{path}: edited after it was written (its digest differs); {AGAIN}", "edited-datalist")
    guard(content, near=False)
    return content


def _complete(content: object) -> bool:
    """Whether all is there that readers take for granted, each of its type."""
    return (
        isinstance(content, dict)
        and {"classes", "digest", *SECTIONS} <= set(content)
        and all(isinstance(content[key], list) for key in ("classes", *SECTIONS))
        and all(isinstance(name, str) for name in content["classes"])
        and all(_sound(item, len(content["classes"])) for section in SECTIONS for item in content[section])
    )


def _sound(item: object, classes: int) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() >= KEYS
        and type(item["label"]) is int
        and 0 <= item["label"] < classes
        and isinstance(item["findings"], list)
        and all(isinstance(item[key], str) for key in _TEXTS)
        and isinstance(item.get(PREPARED, ""), str)
    )
