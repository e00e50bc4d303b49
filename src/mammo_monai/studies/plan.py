"""From a study to its trainings, all checked before the first one starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from mammo_monai import __version__
from mammo_monai.datasets import datalist as lists
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError
from mammo_monai.names import nearest, same
from mammo_monai.studies.overlays import Overlay, checked, filled, layered, names_in, read_config, read_preset
from mammo_monai.studies.table import Row, Study

DATA = ("datalist", "dataset_dir")
MACHINE = ("dataset_dir", "cache_dir", "num_workers", "device")
"""Ids that say where and how fast a training runs, not what is trained."""
REFERENCE = "row:"


@dataclass(frozen=True)
class Job:
    """One training: a row on one datalist.

    Attributes:
        row: its name.
        folder: its ``output_dir``.
        overlay: every id that it sets; names in braces filled in.
        datalist, dataset_dir: what it is trained on.
        needs: folders of the trainings whose results it takes.
        identity: what makes it this training and no other, by part.
        tested: whether its datalist has a test section.
        classical: name of a classical model in place of the network.
    """

    row: str
    folder: Path
    overlay: Overlay
    datalist: Path
    dataset_dir: Path
    needs: tuple[Path, ...]
    identity: Mapping[str, Any]
    tested: bool
    classical: str = ""

    @property
    def name(self) -> str:
        """Row and list, for people."""
        return f"{self.row}/{self.folder.name}"

    @property
    def digest(self) -> str:
        """SHA-256 of :attr:`identity`."""
        return digest(self.identity)


def digest(content: object) -> str:
    """SHA-256 (hexadecimal) of canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def plan(
    study: Study,
    bundle: Path,
    out: Path,
    dataset_dir: Path,
    datalists: Sequence[Path],
    options: Mapping[str, Any] | None = None,
) -> list[Job]:
    """The trainings of a study, in an order in which each comes after those it needs.

    An id is that of the command line, else of the row, its presets (a later one wins), the study's ``common``, the
    bundle. A row with a ``datalist`` of its own is trained once, any other once on each of ``datalists``.

    Args:
        study: see :func:`.table.read`.
        bundle: folder of the bundle.
        out: folder of the study.
        dataset_dir: root of the data set.
        datalists: one, or folds whose tests have no patient in common.
        options: of the command line: ``{KEY}`` of the study, or ids set anew in every row.

    Raises:
        MammoError: an unknown preset, id, row or option (with the nearest name), a missing ``{KEY}``, rows that need
            each other, or a datalist that cannot be trained on (see :mod:`mammo_monai.datasets.datalist`).
    """
    return _Planner(study, bundle, out, dataset_dir, datalists, options or {}).jobs()


class _Planner:
    def __init__(
        self,
        study: Study,
        bundle: Path,
        out: Path,
        dataset_dir: Path,
        datalists: Sequence[Path],
        options: Mapping[str, Any],
    ) -> None:
        self.rows = {row.name: row for row in study.rows}
        self.out = out.absolute()
        self.dataset_dir, self.datalists = dataset_dir.absolute(), [path.absolute() for path in datalists]
        self.config = read_config(bundle)
        self.overlays = {row.name: self._overlay(row, study.common, bundle) for row in study.rows}
        keys = {n for o in self.overlays.values() for n in names_in(dict(o)) if not n.startswith(REFERENCE)}
        self.texts = {key: value for key, value in options.items() if key in keys}
        if missing := sorted(keys - set(self.texts)):
            raise MammoError(f"the study asks for {{{missing[0]}}}; give it as --{missing[0]} VALUE", "missing-key")
        anew = {key: value for key, value in options.items() if key not in keys}
        ids = checked(anew, {**self.config, **dict.fromkeys(keys)}, "command line")
        self.overlays = {name: layered(overlay, ids) for name, overlay in self.overlays.items()}
        self.base = digest(self.config)
        self.read: dict[tuple[Path, Path], Mapping[str, Any]] = {}
        self.made: dict[Path, Job] = {}

    def _overlay(self, row: Row, common: Overlay, bundle: Path) -> Overlay:
        layers = [
            (common, '"common"'),
            *((read_preset(bundle, name), f"preset {name}") for name in row.presets),
            (row.overlay, "overlay"),
        ]
        return layered(*(checked(layer, self.config, f"row {row.name!r}, {where}") for layer, where in layers))

    def jobs(self) -> list[Job]:
        if twice := same(path.stem for path in self.datalists):
            raise MammoError(
                f"two datalists are called {twice!r}, but each names a folder; rename one", "duplicate-list"
            )
        for name in self._order():
            for datalist in self._lists_of(name):
                job = self._job(name, datalist)
                self.made[job.folder] = job
        self._expect_folds()
        return list(self.made.values())

    def _needs(self, name: str) -> list[str]:
        """Names of the rows that this one refers to."""
        found = [n.removeprefix(REFERENCE) for n in names_in(dict(self.overlays[name])) if n.startswith(REFERENCE)]
        for other in found:
            if other not in self.rows:
                raise MammoError(f"row {name!r}: {{row:{other}}} is no row; {nearest(other, self.rows)}", "unknown-row")
        return found

    def _order(self) -> list[str]:
        try:
            return list(TopologicalSorter({name: self._needs(name) for name in self.rows}).static_order())
        except CycleError as error:
            raise MammoError(
                f"rows need each other: {' -> '.join(error.args[1])}; undo one {{row:...}}", "cycle"
            ) from None

    def _own_list(self, name: str) -> bool:
        return "datalist" in self.overlays[name]

    def _lists_of(self, name: str) -> list[Path]:
        return [Path(self._text(self.overlays[name]["datalist"]))] if self._own_list(name) else self.datalists

    def _folder(self, name: str, datalist: Path) -> Path:
        return self.out / name / datalist.stem

    def _text(self, value: Any) -> Any:
        return filled(value, lambda name: str(self.texts[name]))

    def _source(self, name: str, other: str, datalist: Path) -> Path:
        """Folder of the training of ``other`` whose result ``name`` takes on ``datalist``."""
        theirs = self._lists_of(other)
        if len(theirs) == 1:
            return self._folder(other, theirs[0])
        if self._own_list(name):
            raise MammoError(
                f"row {name!r} is trained once, on its own datalist, but takes {{row:{other}}}, which is trained "
                "on each fold; give both the same lists",
                "ambiguous-row",
            )
        return self._folder(other, datalist)

    def _job(self, name: str, datalist: Path) -> Job:
        needs = {other: self._source(name, other, datalist) for other in self._needs(name)}

        def meaning(text: str) -> str:
            return str(needs[text.removeprefix(REFERENCE)] if text.startswith(REFERENCE) else self.texts[text])

        overlay = filled(dict(self.overlays[name]), meaning)
        self._check_network(name, overlay)
        root = Path(overlay.get("dataset_dir", self.dataset_dir))
        content = self._content(datalist, root)
        said = {key: value for key, value in self.overlays[name].items() if key not in (*DATA, *MACHINE)}
        return Job(
            row=name,
            folder=self._folder(name, datalist),
            overlay={key: value for key, value in overlay.items() if key not in DATA},
            datalist=datalist.absolute(),
            dataset_dir=root.absolute(),
            needs=tuple(needs.values()),
            identity={
                "settings": self._text_keeping_rows(said),
                "datalist": content["digest"],
                "bundle": self.base,
                "version": __version__,
                "rows": {other: self.made[folder].digest for other, folder in needs.items()},
                **({"classical": classical} if (classical := self.rows[name].classical) else {}),
            },
            tested=bool(content["test"]),
            classical=classical,
        )

    @staticmethod
    def _check_network(name: str, overlay: Overlay) -> None:
        """A mistyped network is known before hours of training, not when its row begins."""
        from mammo_monai.networks.build import check_name

        try:
            if "backbone" in overlay:
                check_name(overlay["backbone"])
        except MammoError as error:
            raise MammoError(f"row {name!r}: {error}", error.reason) from None

    def _text_keeping_rows(self, value: Any) -> Any:
        return filled(value, lambda name: f"{{{name}}}" if name.startswith(REFERENCE) else str(self.texts[name]))

    def _content(self, datalist: Path, root: Path) -> Mapping[str, Any]:
        """The datalist, whose images are all there."""
        if (datalist, root) not in self.read:
            content = lists.read(datalist)
            for section in SECTIONS:
                if content[section] or section != "test":
                    lists.load(datalist, root, section)
            self.read[datalist, root] = content
        return self.read[datalist, root]

    def _expect_folds(self) -> None:
        """Pooled test predictions count a patient once."""
        seen: dict[tuple[str, str], Path] = {}
        for (datalist, _), content in self.read.items():
            for item in content["test"] if datalist in self.datalists else ():
                patient = (item["dataset"], item["patient"])
                if seen.setdefault(patient, datalist) != datalist:
                    raise MammoError(
                        f"patient {patient[1]!r} is tested in {seen[patient].name} and in {datalist.name}: these "
                        "are no folds of one division; give each its own study",
                        "not-folds",
                    )
