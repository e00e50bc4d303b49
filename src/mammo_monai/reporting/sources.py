"""From what the user names - a folder, a table or an MLflow run - to the files of an evaluation."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.errors import MammoError

if TYPE_CHECKING:
    from mammo_monai.networks.checkpoints import Weights

TABLE = "predictions.csv"
_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Source:
    """Where an evaluation lies.

    Attributes:
        name: for the reader.
        predictions: the table.
        root: folder of the training (history, card, weights, the validation's predictions); None of a bare table.
        run_id: MLflow's; "" where it is not known.
    """

    name: str
    predictions: Path
    root: Path | None = None
    run_id: str = ""

    def file(self, name: str) -> Path | None:
        """A file beside the predictions or in the training's folder; None where it is in neither."""
        places = [self.predictions.parent, self.root] if self.root else []
        return next((place / name for place in places if place and (place / name).is_file()), None)

    def json(self, name: str) -> dict[str, Any]:
        """The object in such a file; {} where there is none.

        Raises:
            MammoError: the file is no JSON object.
        """
        path = self.file(name)
        try:
            content = json.loads(path.read_text(encoding="utf-8")) if path else {}
        except (OSError, ValueError, RecursionError) as error:
            raise MammoError(f"{path}: cannot be read as JSON ({error}); restore or remove it", "bad-json") from None
        if not isinstance(content, dict):
            raise MammoError(f"{path}: expected a JSON object; restore or remove it", "bad-json")
        return content


def validation(folder: Path, tta: str = "none") -> Path | None:
    """Predictions of the validation part in a training's folder, with this test-time augmentation; None without."""
    path = folder / ("validation" if tta == "none" else f"validation_{tta}") / TABLE
    return path if path.is_file() else None


def default_store() -> str:
    """The tracking store of the environment, "" without one."""
    return os.environ.get("MLFLOW_TRACKING_URI", "")


@contextmanager
def opened(run: str, tracking_uri: str = "", section: str = "test") -> Iterator[Source]:
    """The evaluation that ``run`` names: a training's folder, a table, or the id of an MLflow run.

    Of an MLflow run the small files are copied to a temporary folder for as long as the context lasts.

    Args:
        run: what the user names.
        tracking_uri: store that knows the run.
        section: which of the evaluations of a folder or a run: "test", "validation", "test_flip"; a table is one.

    Raises:
        MammoError: there is no such thing, it holds no predictions, or the store does not know the run.
    """
    path = Path(run)
    if path.exists():
        yield of_folder(path, section) if path.is_dir() else of_table(path)
    elif _RUN_ID.fullmatch(run):
        from mammo_monai.reporting import tracked

        with tempfile.TemporaryDirectory(prefix="mammo-monai-") as folder:
            tracked.download(tracking_uri, run, Path(folder))
            found = of_folder(Path(folder), section, said=f"MLflow run {run}")
            yield replace(found, name=f"run {run[:8]}", run_id=run)
    else:
        raise MammoError(
            f"{run}: expected a training's folder, a table of predictions or the id of an MLflow run; there is none",
            "no-such-run",
        )


def of_folder(folder: Path, section: str = "test", weights: Weights = "", said: str = "") -> Source:
    """A training's folder, or the artifacts of its run, with its evaluations.

    Args:
        folder: that of the training, or of one of its evaluations.
        section: the evaluation wanted: that of "test" lies in the folder itself, or in one of this name as any other.
        weights: what predicted; those of a training elsewhere lead to what else is known of it.
        said: what the user called the folder.

    Raises:
        MammoError: nothing was evaluated there.
    """
    tables = [folder / TABLE] if section == "test" else []
    table = next((table for table in (*tables, folder / section / TABLE) if table.is_file()), None)
    if table is None:
        raise MammoError(
            f"{said or folder}: holds no {TABLE} of the section {section}; run the bundle's evaluation with this "
            "folder as --output_dir first, or name another --section",
            "no-predictions",
        )
    elsewhere = [Path(weights).parent] if isinstance(weights, str | Path) and Path(weights).is_file() else []
    own = [place for place in (*elsewhere, folder, folder.parent) if (place / "model.json").is_file()]
    source = Source(_name(table.parent), table, next(iter(own), folder))
    return replace(source, run_id=str(source.json("model.json").get("run_id", "")))


def of_table(path: Path) -> Source:
    """A table; one called ``predictions.csv`` is taken with what lies beside it."""
    return of_folder(path.parent) if path.name == TABLE else Source(path.stem, path)


def _name(folder: Path) -> str:
    """The last two parts of a folder: "resnet18/mass.fold-0"."""
    return "/".join(part for part in folder.resolve().parts[-2:] if part != os.sep)
