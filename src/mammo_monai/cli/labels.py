"""List the label maps and what each does with every value."""

from __future__ import annotations

import textwrap


def labels() -> None:
    """List the label maps: classes in the order of the network's outputs, their field, and a note."""
    from mammo_monai.datasets import labels as maps

    for label_map in map(maps.load, maps.names()):
        print(f"{label_map.name}: classes {', '.join(label_map.classes)} from {label_map.source_field}")
        print(textwrap.fill(label_map.note, 100, initial_indent="    ", subsequent_indent="    "))
