"""Merge the datalists of several data sets into one."""

from __future__ import annotations

from pathlib import Path


def merge(datalists: str, *, roots: str, out: Path, leaks: str = "error") -> None:
    """Merge DATALISTS (files separated by commas) into one; every image keeps its section.

    Patients are told apart by data set. Equal and near-duplicate images across sections are refused, an image that an
    earlier list holds is left out (altogether if they label it differently), a class that comes from one data set
    alone is warned of. Lists may lack classes, as when normals come from one data set and lesions from another.

    Args:
        datalists: two or more, of equal classes, separated by commas.
        roots: the folder of each one's data set, separated by commas; images become relative to the folder they share.
        out: the JSON file to write.
        leaks: "error", or "drop" to keep the test and leave out of the rest what leaks into it.
    """
    from mammo_monai.cli import _summary
    from mammo_monai.cli._table import table
    from mammo_monai.datasets.datalist import read, write
    from mammo_monai.datasets.merging import merge as merged

    made, common = merged([read(path) for path in datalists.split(",")], [Path(r) for r in roots.split(",")], leaks)
    write(made, out)
    found = made["confounding"]
    sources = list(next(iter(found["table"].values())))
    print(_summary.counts(made))
    print(_summary.balance(made))
    print(table([("", *sources), *((f"class {name}", *row.values()) for name, row in found["table"].items())]))
    if found["cramers_v"] is not None:
        print(f"class by source: Cramer's V {found['cramers_v']:.2f} (0 none, 1 the source tells the class)")
    print(*(f"warning: {text}" for text in found["warnings"]), *_summary.remarks(made), sep="\n")
    print(f"{made['name']}: {_summary.size(made)}, digest {made['digest'][:12]}, in {out}")
    print(f"train with --dataset_dir {common}")
