"""What a reader study leaves behind: ``reader_study.json``, two tables, a picture and a report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.plots import save
from mammo_monai.files import write_text
from mammo_monai.notice import NOTICE
from mammo_monai.reader_study.markdown import PICTURE, markdown
from mammo_monai.reader_study.mcnemar import McNemar
from mammo_monai.reader_study.plot import draw
from mammo_monai.reader_study.study import Options, Study

_ESTIMATE: Final = [field.name for field in fields(Estimate)]
_TEST: Final = [field.name for field in fields(McNemar)]


def write(folder: Path, study: Study, inputs: Mapping[str, Path], options: Options) -> str:
    """Write everything; an earlier study in the folder is replaced.

    Args:
        folder: where to.
        study: what was found.
        inputs: the tables, by option.
        options: how it was made.

    Returns:
        the text of ``report.md``.
    """
    text = markdown(study, inputs, options)
    write_text(folder / "reader_study.json", json.dumps(_content(study, inputs, options), indent=1) + "\n")
    write_text(folder / "figures.csv", _figures(study))
    write_text(folder / "differences.csv", _differences(study))
    save(draw(study.cases.model, study.auc, study.results), folder / PICTURE)
    write_text(folder / "report.md", text)
    return text


def _content(study: Study, inputs: Mapping[str, Path], options: Options) -> dict[str, Any]:
    return {
        "notice": NOTICE,
        "inputs": {name: str(path) for name, path in inputs.items()},
        "options": {**asdict(options), "weights": str(options.weights or "")},
        "threshold": study.threshold,
        "classes": list(study.cases.model.class_names),
        "flow": dict(study.cases.flow),
        "coverage": {reader: asdict(of) for reader, of in study.cases.coverage.items()},
        "notes": study.notes,
        "repeated_readings": study.repeated,
        "auc": _contents(study.auc),
        "results": [{"name": r.name, "kind": r.kind, "figures": _contents(r.figures)} for r in study.results],
        "committees": [
            {"name": board.name, "members": list(board.members), "decided": dict(board.decided)}
            for board in study.committees
        ],
        "differences": [
            {
                "against": of.against,
                "figures": _contents(of.figures),
                "mcnemar": {name: asdict(test) for name, test in of.tests.items()},
            }
            for of in study.differences
        ],
        "agreement": [asdict(kappa) for kappa in study.kappas],
    }


def _contents(figures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.content() for name, estimate in figures.items()}


def _figures(study: Study) -> str:
    rows = [[r.name, r.kind, name, *_cells(estimate)] for r in study.results for name, estimate in r.figures.items()]
    return _csv(["rater", "kind", "figure", *_ESTIMATE], rows)


def _differences(study: Study) -> str:
    rows = [
        [of.against, name, *_cells(estimate), *_cells(of.tests.get(name))]
        for of in study.differences
        for name, estimate in of.figures.items()
    ]
    return _csv(["against", "figure", *_ESTIMATE, *(f"mcnemar_{name}" for name in _TEST)], rows)


def _cells(of: Estimate | McNemar | None) -> list[object]:
    """The fields; blank where there is no test."""
    return [""] * len(_TEST) if of is None else list(asdict(of).values())


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
