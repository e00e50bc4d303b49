"""Write synthetic four-view exams as DICOM, in VinDr-Mammo's folders and tables."""

from __future__ import annotations

import functools
from pathlib import Path


def phantom(*, out: Path, exams: int, seed: int = 0) -> None:
    """Write synthetic four-view exams, to try everything without a patient's image.

    Args:
        out: folder to write; then 'mammo-monai datalist phantom --root OUT ...'.
        exams: how many, four images each.
        seed: the same seed gives the same files.
    """
    from tqdm import tqdm

    from mammo_monai.phantom import write_phantoms

    bar = functools.partial(tqdm, desc="drawing", unit="exam", disable=None)
    write_phantoms(out, exams, seed, progress=bar)
    print(
        f"{exams} synthetic exams in {out}; next: mammo-monai datalist phantom --root {out} --out FILE --labels birads3"
    )
