"""Mammograms in a folder, with labels and predictions as JSON files beside them.

The id of an image is its path below the folder; the path of a folder of images (an exam) stands for all of them. The
files are all there is: no index that could disagree with them, and another process may read and write beside us.
"""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from lib.label_rule import Label, LabelRule
from lib.limits import LabelsOnly
from lib.notes import FINAL, INFO, PREDICTED, Notes, files_below, is_inside
from mammo_monai.dicom.image import read_tags
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.identity import identify
from mammo_monai.inference.predictor import only_exam


class FolderStore(LabelsOnly):
    """A folder of mammograms.

    Args:
        root: the folder; labels go to ``root/labels``.
        patterns: of file names that are images, such as "*.dcm".
        rule: which labels are taken.
        images: where the images are, if not in ``root``.
    """

    def __init__(self, root: Path, patterns: Sequence[str], rule: LabelRule, images: Path | None = None) -> None:
        self.root, self.images, self.patterns, self.rule = root, images or root, tuple(patterns), rule
        self.notes = Notes(root)

    def name(self) -> str:
        return str(self.root)

    def description(self) -> str:
        return "mammograms; labels are classes of images and breasts"

    def list_images(self) -> list[str]:
        return sorted(filter(self._is_id, files_below(self.images)))

    def get_image_uri(self, image_id: str) -> str:
        """The file of an image, or the folder of several.

        Raises:
            MammoError: reason ``not-found``; paths that lead out of the store are none of its images.
        """
        path = self.images / image_id
        if is_inside(image_id) and (path.is_dir() or (path.is_file() and self._is_id(image_id))):
            return str(path)
        raise MammoError(f"no image {image_id!r} in {self.name()}; GET /datastore/?output=all lists them", "not-found")

    def get_image(self, image_id: str, params: Any = None) -> bytes:
        return self._file(image_id).read_bytes()

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        return {**self.notes.read(INFO, image_id), **self.identity(image_id), "path": self.get_image_uri(image_id)}

    def identity(self, image_id: str) -> dict[str, str]:
        """Patient, exam, laterality and view of an image, by its header; "" where it says nothing.

        Raises:
            MammoError: no such image, or a file that is none.
        """
        file = self._file(image_id)
        stat = file.stat()
        return dict(_identity(image_id, file, stat.st_mtime_ns, stat.st_size))

    def of_exam(self, image_id: str) -> list[str]:
        """The images that may be of the same exam as this one."""
        return self.list_images()

    def waiting_since(self, image_id: str) -> str:
        """When the image came, as text that sorts by time."""
        return time.strftime("%Y%m%d%H%M%S", time.localtime(self._file(image_id).stat().st_mtime))

    def save_label(
        self, image_id: str, label_filename: str, label_tag: str, label_info: Any, label_id: str = ""
    ) -> str:
        """Keep the label of an image, or of all images of its breast; an earlier one is replaced.

        Args:
            image_id: an image, or with a laterality in the label a folder of images.
            label_filename: JSON, see :class:`lib.label_rule.LabelRule`.
            label_tag: "final".
            label_info: kept beside the label.
            label_id: not looked at.

        Raises:
            MammoError: no such image, no such label, or an image that does not say which breast it shows.
        """
        if label_tag != FINAL:
            raise MammoError(f"labels are kept under tag {FINAL!r}, not {label_tag!r}", "bad-label")
        label = self.rule.read(Path(label_filename))
        images = self._labelled_by(image_id, label)
        content = {**asdict(label), "ts": int(time.time()), "params": label_info}
        for image in images:
            self.notes.write(FINAL, image, {**content, "images": images})
        return images[0]

    def label_of(self, image_id: str) -> Label | None:
        """What was submitted for an image, as this server's rule reads it; None for nothing.

        Raises:
            MammoError: it was submitted to a server of another rule.
        """
        kept = self.notes.read(FINAL, image_id)
        if not kept:
            return None
        more = {key: kept[key] for key in ("of", "laterality", "patient", "reader", "note") if kept.get(key)}
        try:
            return self.rule.parse({str(kept.get("field")): kept.get("value", ""), **more})
        except MammoError as error:
            raise MammoError(
                f"{self.notes.file(FINAL, image_id)}: {error}; or move that label away", error.reason
            ) from None

    def save_prediction(self, image_id: str, content: Mapping[str, Any]) -> None:
        """Keep what the network says of an image."""
        self.notes.write(PREDICTED, image_id, content)

    def prediction_of(self, image_id: str) -> dict[str, Any]:
        """What was kept; {} for nothing."""
        return self.notes.read(PREDICTED, image_id)

    def get_labeled_images(self, label_tag: str | None = None, labels: Any = None) -> list[str]:
        kept = self.notes.ids(FINAL)
        return [image for image in self.list_images() if image in kept]

    def get_unlabeled_images(self, label_tag: str | None = None, labels: Any = None) -> list[str]:
        kept = self.notes.ids(FINAL)
        return [image for image in self.list_images() if image not in kept]

    def get_labels_by_image_id(self, image_id: str) -> dict[str, str]:
        return {tag: image_id for tag in (FINAL, PREDICTED) if self.notes.file(tag, image_id).is_file()}

    def get_label_by_image_id(self, image_id: str, tag: str) -> str:
        return self.get_labels_by_image_id(image_id).get(tag, "")

    def get_label_info(self, label_id: str, label_tag: str) -> dict[str, Any]:
        return json.loads(Path(self.get_label_uri(label_id, label_tag)).read_text(encoding="utf-8"))

    def get_label_uri(self, label_id: str, label_tag: str) -> str:
        if self.get_label_by_image_id(label_id, label_tag):
            return str(self.notes.file(label_tag, label_id))
        raise MammoError(f"no label of {label_id!r} under tag {label_tag!r}", "not-found")

    def get_label(self, label_id: str, label_tag: str, params: Any = None) -> bytes:
        return Path(self.get_label_uri(label_id, label_tag)).read_bytes()

    def remove_label(self, label_id: str, label_tag: str) -> None:
        Path(self.get_label_uri(label_id, label_tag)).unlink()

    def update_image_info(self, image_id: str, info: Mapping[str, Any]) -> None:
        self._file(image_id)
        self.notes.write(INFO, image_id, {**self.notes.read(INFO, image_id), **info})

    def datalist(self) -> list[dict[str, Any]]:
        return [
            {"image": self.get_image_uri(image), "label": str(self.notes.file(FINAL, image))}
            for image in self.get_labeled_images()
        ]

    def status(self) -> dict[str, Any]:
        labelled = len(self.get_labeled_images())
        return {"total": len(self.list_images()), "completed": labelled, "label_tags": {FINAL: labelled}}

    def json(self) -> dict[str, Any]:
        images = {name: {"labels": sorted(self.get_labels_by_image_id(name))} for name in self.list_images()}
        return {"name": self.name(), "description": self.description(), "objects": images}

    def refresh(self) -> None:
        """Nothing is remembered."""

    def _labelled_by(self, image_id: str, label: Label) -> list[str]:
        """The images a label speaks of."""
        path = Path(self.get_image_uri(image_id))
        named = (
            [image_id] if path.is_file() else [name for name in self.list_images() if name.startswith(f"{image_id}/")]
        )
        if label.of == "image" and path.is_file():
            only_exam(path)  # what is no mammogram has no label
            return named
        told = [self._identity_or_none(name) for name in named]
        sides = {one.get("laterality", "") for one in told}
        side = label.laterality or (sides.pop() if len(sides) == 1 else "")
        if label.of == "image" or not side:
            raise MammoError(
                f"{image_id}: does not say which breast it shows; give one image, or a label of the breast with its "
                "laterality (L or R)",
                "no-laterality",
            )
        if len({_exam(one) for one in told}) != 1:
            raise MammoError(f"{image_id}: not the images of one exam; label the breast in each exam", "several-exams")
        others = ((name, self._identity_or_none(name)) for name in self.of_exam(named[0]))
        found = [name for name, one in others if _exam(one) == _exam(told[0]) and one.get("laterality") == side]
        if not found:
            raise MammoError(f"{image_id}: no image of laterality {side} in its exam", "no-laterality")
        return found

    def _identity_or_none(self, image_id: str) -> dict[str, str]:
        try:
            return self.identity(image_id)
        except MammoError:
            return {}

    def _file(self, image_id: str) -> Path:
        path = Path(self.get_image_uri(image_id))
        if not path.is_file():
            raise MammoError(f"{image_id!r} is a folder of images; name one of them", "not-found")
        return path

    def _is_id(self, name: str) -> bool:
        last = PurePosixPath(name).name.lower()
        return is_inside(name) and any(fnmatch.fnmatchcase(last, pattern.lower()) for pattern in self.patterns)


def _exam(identity: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(identity.get(name, "") for name in ("patient", "exam"))


@lru_cache(maxsize=65536)
def _identity(image_id: str, file: Path, modified: int, size: int) -> Iterable[tuple[str, str]]:
    """Read anew when the file has changed."""
    return tuple(identify({"image": str(file), "path": image_id}, read_tags(file)).items())
