"""Where a download of CBIS-DDSM keeps its tables and images, whichever program fetched them.

The tables name ``<series name>/<study UID>/<series UID>/000000.dcm``, as old exports had it. The NBIA retriever
writes ``CBIS-DDSM/<series name>/<date and study>/<series>/1-1.dcm``. Only the series name is common to both, so it
alone leads from a table to the files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mammo_monai.datasets.lookup import index
from mammo_monai.errors import MammoError

_TABLE = re.compile(r"(mass|calc)_case_description_(train|test)_set\.csv")
_SERIES = re.compile(r"(Mass|Calc)-(Training|Test)_P_\w+_(LEFT|RIGHT)_\w+")


@dataclass(frozen=True, slots=True)
class Files:
    """What lies below a root; image paths are posix and relative to it.

    Attributes:
        root: the data set's folder.
        tables: case-description CSVs by file name.
        series: DICOM files by series name ("Mass-Training_P_00001_LEFT_CC", with "_1" for its first abnormality).
    """

    root: Path
    tables: Mapping[str, Path]
    series: Mapping[str, Sequence[str]]

    def of(self, series: str) -> Sequence[str]:
        """The files of one series, none when its folder is not there or empty."""
        return self.series.get(series, ())

    def mammogram(self, series: str, stated: str) -> str | None:
        """The one file of a mammogram's series; None when it is not there.

        Raises:
            MammoError: several files, and not one of them is the ``stated`` one.
        """
        found = self.of(series)
        same = [path for path in found if path.endswith(stated)]
        if len(found) > 1 and not same:
            raise _two(self.root / found[0], self.root / found[1], f"expected one mammogram of {series}")
        return next(iter(same or found), None)


def find(root: Path) -> Files:
    """Look through ``root`` once.

    Raises:
        MammoError: two tables of one name, or two folders of one series.
    """
    tables: dict[str, Path] = {}
    series: dict[str, list[str]] = defaultdict(list)
    above: dict[str, str] = {}
    for key, path in index(root, "*", _key).items():
        name, _, inside = key.partition("/")
        if not inside:
            tables[name] = root / path
            continue
        folders = path.removesuffix(key)
        if above.setdefault(name, folders) != folders:
            raise _two(root / above[name] / name, root / folders / name, "both hold this series")
        series[name].append(path)
    return Files(root, tables, series)


def _key(path: PurePosixPath) -> str | None:
    """A table's name; an image's path from its series name on."""
    if _TABLE.fullmatch(path.name):
        return path.name
    depth = next((at for at, part in enumerate(path.parts[:-1]) if _SERIES.fullmatch(part)), None)
    return None if depth is None or path.suffix.lower() != ".dcm" else "/".join(path.parts[depth:])


def _two(first: Path, second: Path, why: str) -> MammoError:
    return MammoError(f"{first} and {second}: {why}; move one of them out of the root", "two-files-one-id")
