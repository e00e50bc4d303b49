"""What the addresses work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.inference.exam import Exam
from reading_page.folders import Root
from reading_page.hanging import shown
from reading_page.model import Model
from reading_page.pictures import Picture, Pictures
from reading_page.readings import Readings
from reading_page.scans import Scans


@dataclass(frozen=True)
class Desk:
    """A folder and what is done with its exams.

    Attributes:
        root: the folder that was opened.
        scans: of folders below it.
        pictures: of images.
        model: the bundle's.
        readings: where the reader's categories go.
        blind: whether a result is shown only to who has read the exam.
    """

    root: Root
    scans: Scans
    pictures: Pictures
    model: Model
    readings: Readings
    blind: bool

    def image(self, scan: int, exam: int, image: int) -> tuple[Exam, Path]:
        """An exam and the file of one of its images, which is below the root at this moment, too.

        Raises:
            MammoError: there is none.
        """
        found = self.scans.exam(scan, exam)
        if not 0 <= image < len(found.images):
            raise MammoError("no such image in this exam; open the folder again", "unknown-exam")
        return found, self.root.inside(found.images[image])

    async def picture(self, scan: int, exam: int, image: int) -> Picture:
        """An image as it hangs.

        Raises:
            MammoError: there is none, or whatever the reader refuses.
        """
        found, path = self.image(scan, exam, image)
        laterality = (await asyncio.to_thread(shown, found, found.images[image])).laterality
        return await asyncio.wrap_future(self.pictures.get(path, laterality))

    def allow_result(self, exam: Exam, reader: str) -> None:
        """Keep that the result is shown.

        Raises:
            MammoError: reason ``read-first``.
        """
        if self.blind and not (reader and self.readings.of(exam.patient, exam.exam, reader)):
            raise MammoError("save your own reading first; the result is shown after it", "read-first")
        self.readings.note_shown(exam.patient, exam.exam, reader)
