"""What a reader may submit, and which of the bundle's classes it means."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets import labels, values
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

CLASS: Final = "class"
"""The field of a label that names one of the bundle's classes itself."""
SCOPES: Final = ("image", "breast")
LARGEST: Final = 65536
"""Bytes of a label file."""
_SPELLINGS: Final[dict[str, Callable[[str], str]]] = {"birads": values.birads, "pathology": values.pathology}
_KEYS: Final = ("of", "laterality", "patient", "reader", "note")


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it was submitted.

    Attributes:
        field: "birads", "pathology" or whatever the label map reads, or "class".
        value: in the one spelling we use.
        class_name: the bundle's class.
        of: "image" or "breast".
        laterality: "L", "R", or "" for that of the image.
        patient: what a file that does not name its patient belongs to; "" for what the file says.
        reader: who read it, as text.
        note: free text.
    """

    field: str
    value: str
    class_name: str
    of: str = "image"
    laterality: str = ""
    patient: str = ""
    reader: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """The labels a server takes: values of its label map, or the classes themselves."""

    label_map: LabelMap

    @classmethod
    def of(cls, class_names: Sequence[str], name: str) -> LabelRule:
        """The rule of a bundle's classes.

        Args:
            class_names: in the order of the network's outputs.
            name: of a label map, or "" for the classes alone.

        Raises:
            MammoError: no such label map, or it leads to other classes.
        """
        own = LabelMap(CLASS, CLASS, tuple(class_names), {c: c for c in class_names}, "the bundle's own classes")
        label_map = labels.load(name) if name else own
        if list(label_map.classes) != list(class_names):
            raise MammoError(
                f"label map {name} leads to {', '.join(label_map.classes)}, the bundle's classes are "
                f"{', '.join(class_names)}; name the map of its training with --conf labels NAME",
                "other-classes",
            )
        return cls(label_map)

    def read(self, file: Path) -> Label:
        """The label in a file.

        Raises:
            MammoError: no JSON object, an unknown key, a value that is no label here, or none or two of them.
        """
        if file.stat().st_size > LARGEST:
            raise MammoError(f"the label has more than {LARGEST} bytes; {self.expected}", "bad-label")
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise MammoError(f"the label is not JSON ({error}); {self.expected}", "bad-label") from None
        return self.parse(content)

    def parse(self, content: Any) -> Label:
        """The label that plain data says; see :meth:`read`."""
        fields = dict.fromkeys((self.label_map.source_field, CLASS))
        if not isinstance(content, dict) or not all(isinstance(text, (str, int)) for text in content.values()):
            raise MammoError(f"the label is no JSON object of texts; {self.expected}", "bad-label")
        if unknown := [key for key in content if key not in (*fields, *_KEYS)]:
            raise MammoError(f"the label has a key {unknown[0]!r}; {self.expected}", "bad-label")
        told = [field for field in fields if field in content]
        if len(told) != 1:
            raise MammoError(f"the label says {' and '.join(told) or 'nothing'}; {self.expected}", "bad-label")
        more = {key: str(content[key]).strip() for key in _KEYS if key in content}
        of, side = more.pop("of", SCOPES[0]), more.pop("laterality", "")
        if of not in SCOPES or side not in ("", "L", "R"):
            raise MammoError(
                f"the label is of {of!r}, laterality {side!r}; 'of' is one of {', '.join(SCOPES)}, 'laterality' L or R",
                "bad-label",
            )
        value, class_name = self._class(told[0], str(content[told[0]]).strip())
        return Label(told[0], value, class_name, of, side, **more)

    def record(self, label: Label, record: Record) -> Record:
        """A record of the labelled image with what the label says."""
        return replace(
            record,
            birads=label.value if label.field == "birads" else record.birads,
            pathology=label.value if label.field == "pathology" else record.pathology,
            extra={**record.extra, CLASS: label.class_name},
        )

    @property
    def of_classes(self) -> LabelMap:
        """A label map for those records: whichever field was submitted, the class stands in one."""
        ours = self.label_map
        return LabelMap(ours.name, CLASS, ours.classes, {name: name for name in ours.classes}, ours.note)

    @property
    def expected(self) -> str:
        """What a label looks like here."""
        ours = self.label_map
        return (
            f'expected such as {{"{ours.source_field}": "{next(iter(ours.map))}"}} with one of {", ".join(ours.map)}, '
            f'or {{"{CLASS}": ...}} with one of {", ".join(ours.classes)}; besides {", ".join(_KEYS)}'
        )

    def _class(self, field: str, text: str) -> tuple[str, str]:
        """The value in our spelling and its class."""
        known = {name: name for name in self.label_map.classes} if field == CLASS else dict(self.label_map.map)
        try:
            value = _SPELLINGS.get(field, str)(text) if field != CLASS else text
            return value, known[value]
        except (ValueError, KeyError):
            raise MammoError(f"{text!r} is no {field} this server knows; {self.expected}", "unknown-class") from None
