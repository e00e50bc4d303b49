"""Images that ``mammo-monai prepare`` has put through a bundle's deterministic transforms; see decision 11."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.training.cache_entry import SUFFIX, read_facts

Read = Callable[[str], dict[str, Any]]


def is_prepared(item: Mapping[str, Any]) -> bool:
    """Whether the item's image is a file of a prepared store."""
    return str(item.get("image", "")).endswith(SUFFIX)


def read_prepared(item: Mapping[str, Any], steps: Sequence[Sequence[str]], read: Read) -> dict[str, Any]:
    """The tensors of a prepared image.

    Args:
        item: its ``image`` is the path of the file.
        read: from the file's path to its tensors, see :mod:`mammo_monai.training.cache_entry`.
        steps: of the transforms it has to come from, see :func:`mammo_monai.training.deterministic_part.steps`.

    Raises:
        MammoError: ``missing-file``, ``torn-store``, or ``prepared-differently`` when it comes from other transforms.
    """
    path = item["image"]
    try:
        made = read_facts(path).get("steps", [])
        tensors = read(path)
    except OSError as error:
        raise MammoError(
            f"{path}: cannot be read ({error.strerror}); prepare the datalist again", "missing-file"
        ) from None
    except ValueError as error:
        raise MammoError(f"{path}: damaged ({error}); delete it and prepare the datalist again", "torn-store") from None
    if list(map(list, steps)) != made:
        raise MammoError(
            f"{path}: {_difference(made, steps)}; prepare the datalist again with this bundle and these options, or "
            "use the original data set and datalist",
            reason="prepared-differently",
        )
    return tensors


def _difference(made: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]) -> str:
    names = [[step[0] for step in part] for part in (made, wanted)]
    if names[0] != names[1]:
        return f"it was prepared by {', '.join(names[0]) or 'nothing'}, and training would apply {', '.join(names[1])}"
    differing = [old[0] for old, new in zip(made, wanted, strict=True) if list(old) != list(new)]
    return f"it was prepared with other parameters of {', '.join(differing)}"
