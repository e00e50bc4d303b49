"""Test on what training has never met: all images of one vendor, site or other value; the rest is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mammo_monai.datasets.records import Record, value
from mammo_monai.datasets.splits.methods import OPEN
from mammo_monai.errors import MammoError


def assign(records: Sequence[Record], *, by: str, test: str) -> list[str]:
    """Test where the attribute has one of the values; "<attribute>-unknown" where it has none.

    Args:
        records: images.
        by: a text field of a record or one of its extra columns ("vendor").
        test: values of that field, separated by commas; case does not matter.

    Raises:
        MammoError: a value that no image has, or nothing left to train on.
    """
    held = [value(record, by) for record in records]
    found = Counter(text for text in held if isinstance(text, str))
    asked = {text.strip().lower() for text in test.split(",") if text.strip()}
    unmet = asked - {text.lower() for text in found}
    if unmet or not asked:
        known = ", ".join(f"{text} ({count})" for text, count in found.most_common(10)) or "no value at all"
        raise MammoError(
            f"--by {by} --test {test}: no image has {', '.join(sorted(unmet))!r}; found {known}", "no-holdout"
        )
    if asked == {text.lower() for text in found}:
        raise MammoError(f"--by {by} --test {test}: nothing is left to train on; name fewer values", "no-holdout")
    return [
        f"{by}-unknown" if not isinstance(text, str) else "test" if text.lower() in asked else OPEN for text in held
    ]
