"""Write synthetic four-view exams, in the folders and tables of a public data set."""

from __future__ import annotations

import functools
from pathlib import Path


def phantom(*, out: Path, exams: int, seed: int = 0, layout: str = "vindr") -> None:
    """Write synthetic four-view exams, to try everything without a patient's image.

    Args:
        out: folder to write; then 'mammo-monai datalist phantom --root OUT ...'.
        exams: how many, four images each.
        seed: the same seed gives the same files.
        layout: data set whose folders, tables and quirks are imitated; its adapter reads the set.
    """
    from tqdm import tqdm

    from mammo_monai.phantom import write_phantoms

    bar = functools.partial(tqdm, desc="drawing", unit="exam", disable=None)
    write_phantoms(out, exams, seed, layout=layout, progress=bar)
    dataset = "phantom" if layout == "vindr" else layout
    print(
        f"{exams} synthetic exams in {out}; next: mammo-monai datalist {dataset} --root {out} --out FILE --labels MAP"
    )
