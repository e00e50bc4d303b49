"""Write a folder of DICOM mammograms again without names, dates, ids and burned-in text."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path


def deidentify(*, input: Path, out: Path, key: Path, review: str = "", corners: str = "", workers: int = 1) -> int:
    """Write the mammograms under INPUT to OUT by PS3.15's basic profile: pseudonyms, moved dates, no text around
    the breast. Files that cannot be cleaned are left out; OUT/audit.csv says why.

    Before OUT is handed on, look at every contact sheet in REVIEW: text on the breast itself is not looked for.
    A run that was killed goes on where it stopped. Exits with 1 when nothing could be written.

    Args:
        input: folder of DICOM files, searched at any depth; only read.
        out: folder to hand on.
        key: file with a secret of 32 bytes or more; the same key gives the same pseudonyms. Keep it apart from OUT.
        review: folder for contact sheets and the list of originals, with identities; OUT-review unless given.
        corners: HEIGHTxWIDTH in per cent of a rectangle to blacken in each corner besides, as '8x30'.
        workers: processes.
    """
    from tqdm import tqdm

    from mammo_monai.cli._table import table
    from mammo_monai.deidentification.audit import WRITTEN
    from mammo_monai.deidentification.folder_job import Job, run
    from mammo_monai.deidentification.pseudonyms import read_key
    from mammo_monai.errors import MammoError

    match = re.fullmatch(r"(\d{1,2})x(\d{1,2})", corners or "0x0")
    if match is None or workers < 1:
        raise MammoError(f"--corners {corners!r} --workers {workers}: expected such as 8x30, and 1 or more", "usage")
    folder = Path(review) if review else out.with_name(f"{out.name}-review")
    if key.resolve().is_relative_to(out.resolve()):
        raise MammoError(f"{key}: the key lies in --out, which is handed on; move it elsewhere", "bad-key")
    job = Job(input, out, folder, read_key(key), (int(match[1]) / 100, int(match[2]) / 100))
    bar = functools.partial(tqdm, desc="cleaning", unit="file", disable=None)
    outcomes = run(job, workers, lambda rows, total: bar(rows, total=total))
    counts = Counter(outcome.outcome for outcome in outcomes)
    altered = sum(outcome.altered for outcome in outcomes)
    print(table([("outcome", "files"), *sorted(counts.items(), key=lambda item: (item[0] != WRITTEN, item))]))
    print(f"{out}: {counts[WRITTEN]} files, pixels changed in {altered}; what was done and why: {out / 'audit.csv'}")
    print(f"{folder}: NOT to be handed on; look at changed-*.png and unchanged-*.png before {out} is")
    return 0 if counts[WRITTEN] else 1
