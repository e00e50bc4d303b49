"""List the label maps and what each does with every value."""

from __future__ import annotations

import textwrap


def labels() -> None:
    """List the label maps: classes in the order of the network's outputs, the values each is made of, and a note.

    A value that no class names is left out of a datalist and counted there; so is unknown, always.
    """
    from mammo_monai.datasets import labels as maps

    for label_map in map(maps.load, maps.names()):
        print(f"{label_map.name}: classes {', '.join(label_map.classes)} from {label_map.source_field}")
        width = max(map(len, label_map.classes))
        for name in label_map.classes:
            values = ", ".join(value for value, mapped in label_map.map.items() if mapped == name)
            print(f"    {name:{width}} <- {values}")
        print(textwrap.fill(label_map.note, 100, initial_indent="    ", subsequent_indent="    "), end="\n\n")
