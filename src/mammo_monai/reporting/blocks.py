"""What a report is made of: sections of blocks. Page, JSON and CSV are three writings of the same blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mammo_monai.evaluation.estimate import Estimate

Cell = str | int | float | Estimate
Rows = list[list[Cell]]


@dataclass(frozen=True)
class Text:
    """A paragraph; a warning stands out."""

    words: str
    warning: bool = False
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    rows: Mapping[str, str]
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Table:
    """Rows under a header; the first cell of each is its name.

    Attributes:
        name: in ``report.json`` and ``figures.csv``; one table of a name in a section.
        title: over the table.
        header: of the columns.
        rows: their cells.
        note: what has to be known to read it.
        folded: whether the page shows it on demand only.
    """

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A PNG in the report's folder, what it shows, and how many such stand side by side."""

    file: str
    caption: str
    columns: int = 1
    kind: str = field(default="picture", init=False)


def titled(figure: str) -> str:
    """The name of a figure for readers: "auc_benign_mass" -> "AUC benign_mass"."""
    family, _, rest = figure.partition("_")
    return _WHOLE.get(figure) or f"{_FAMILIES.get(family, family)} {rest}".strip()


_WHOLE = {
    "macro_auc": "macAUC", "macro_auprc": "macro AUPRC", "macro_f1": "macro F1", "weighted_f1": "weighted F1",
    "brier": "Brier score", "ece": "calibration error",
}  # fmt: skip
_FAMILIES = {"auc": "AUC", "auprc": "AUPRC", "f1": "F1", "pf1": "pF1"}


Block = Text | Facts | Table | Picture


@dataclass(frozen=True)
class Section:
    """A title and blocks; its name is that of its module."""

    title: str
    blocks: Sequence[Block]
    name: str = ""
