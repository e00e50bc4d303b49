"""From what a table says of a case to the class that the model knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.tables import Row
from mammo_monai.errors import MammoError
from mammo_monai.readings.table import LABELS


@dataclass(frozen=True)
class Classes:
    """The model's classes.

    Attributes:
        names: in the order of the probabilities.
        label_map: what makes a class of a category; None where tables name the classes themselves.
    """

    names: tuple[str, ...]
    label_map: LabelMap | None = None

    def __post_init__(self) -> None:
        if self.label_map and sorted(self.label_map.classes) != sorted(self.names):
            raise MammoError(
                f"option --labels: {self.label_map.name} has the classes {', '.join(self.label_map.classes)}, the "
                f"predictions {', '.join(self.names)}; name the map that the model was trained with",
                "other-classes",
            )

    @property
    def words(self) -> tuple[str, ...]:
        """Texts that name a class as they stand, even one that says unknown elsewhere, such as "none"."""
        return () if self.label_map else self.names

    def of(self, row: Row, column: str, text: str) -> int | None:
        """Index of the class that a table states.

        Args:
            row: where it is stated, for errors.
            column: likewise.
            text: what is stated, not blank.

        Returns:
            None where it has no class (BI-RADS 6).

        Raises:
            MammoError: it is no category and no class.
        """
        if self.label_map is None:
            if text not in self.names:
                raise row.wrong(column, f"one of the classes {', '.join(self.names)} (or --labels), found {text!r}")
            return self.names.index(text)
        try:
            category = LABELS.get(self.label_map.source_field, str)(text)
        except ValueError as error:
            raise row.wrong(column, f"{error}, found {text!r}") from None
        name = self.label_map.map.get(category)
        return None if name is None else self.names.index(name)


def first_of(row: Row, names: Sequence[str], option: str) -> str:
    """The first of these columns that a table has; "" is none.

    Raises:
        MammoError: it has none of them.
    """
    wanted = [name for name in names if name]
    found = next((name for name in wanted if name in row.cells), None)
    if found is None:
        raise MammoError(
            f"{row.path}: no column {' or '.join(map(repr, wanted))}; it has {', '.join(map(repr, row.cells))}; "
            f"name it with --{option}",
            "missing-column",
        )
    return found
