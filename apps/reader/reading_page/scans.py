"""Exams of a folder, looked for in the background: ten thousand files must not keep the page waiting."""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import Exam, find_exams
from reading_page.folders import Root

logger = logging.getLogger(__name__)

MOST_SCANS = 20
MOST_LEFT_OUT = 200
"""Files left out that are named; all of them are counted."""


@dataclass
class Scan:
    """The exams of one folder, as far as they are known.

    Attributes:
        path: the folder, as :class:`Root` names it.
        state: "running", "ready" or "failed".
        exams: found; () while running.
        left_out: why, by file.
        error: why the scan failed.
    """

    path: str
    state: str = "running"
    exams: tuple[Exam, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    error: MammoError | None = None
    started: float = field(default_factory=time.monotonic)

    def to_json(self) -> dict[str, Any]:
        """What the page lists."""
        error = {"reason": self.error.reason, "message": str(self.error)} if self.error else None
        return {
            "path": self.path,
            "state": self.state,
            "seconds": round(time.monotonic() - self.started, 1),
            "error": error,
            "exams": [{"patient": exam.patient, "exam": exam.exam, "images": len(exam.images)} for exam in self.exams],
            "left_out": {
                "count": len(self.left_out),
                "reasons": Counter(why.partition(":")[0] for why in self.left_out.values()),
                "files": dict(itertools.islice(self.left_out.items(), MOST_LEFT_OUT)),
            },
        }


class Scans:
    """The last scans, by number."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._scans: OrderedDict[int, Scan] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(2, "scan")

    def start(self, relative: str) -> int:
        """Begin to look for exams.

        Raises:
            MammoError: see :meth:`Root.inside`.
        """
        folder = self._root.inside(relative)
        scan = Scan(self._root.name(folder))
        with self._lock:
            number = next(self._numbers)
            self._scans[number] = scan
            while len(self._scans) > MOST_SCANS:
                self._scans.popitem(last=False)
        self._pool.submit(self._run, scan, folder)
        return number

    def get(self, number: int) -> Scan:
        """A scan.

        Raises:
            MammoError: reason ``unknown-scan``, it is too long ago or of an earlier start.
        """
        with self._lock:
            if number not in self._scans:
                raise MammoError("this list of exams is no longer known; open the folder again", "unknown-scan")
            return self._scans[number]

    def exam(self, number: int, index: int) -> Exam:
        """An exam of a scan.

        Raises:
            MammoError: no such scan or exam.
        """
        exams = self.get(number).exams
        if not 0 <= index < len(exams):
            raise MammoError("no such exam in this folder; open the folder again", "unknown-exam")
        return exams[index]

    def _run(self, scan: Scan, folder: Path) -> None:
        try:
            found = find_exams(folder)
            exams = [_below(self._root, exam) for exam in found.exams]
            outside = {name for exam in exams for name in exam.images if not self._root.holds(exam.root / name)}
            kept = [replace(exam, images=tuple(name for name in exam.images if name not in outside)) for exam in exams]
            scan.left_out = {f"{scan.path}/{name}".lstrip("/"): why for name, why in found.left_out.items()}
            scan.left_out |= dict.fromkeys(sorted(outside), "outside-folder: a link that leads out of the folder")
            scan.exams = tuple(exam for exam in kept if exam.images)
            scan.state = "ready"
        except MammoError as error:
            scan.error, scan.state = error, "failed"
        except Exception as error:
            logger.exception("the exams of a folder could not be looked for")
            scan.error = MammoError(f"the folder could not be searched ({type(error).__name__})", "internal")
            scan.state = "failed"


def _below(root: Root, exam: Exam) -> Exam:
    """An exam whose images (and, where only its folder tells it apart, itself) are named from the root.

    These are the names that an inference on the root folder writes.
    """
    folder = PurePosixPath(root.name(exam.root))
    images = tuple((folder / name).as_posix() for name in exam.images)
    by_folder = exam.exam == str(PurePosixPath(exam.images[0]).parent)
    return Exam(root.path, exam.patient, str(folder / exam.exam) if by_folder else exam.exam, images)
