"""What a bundle says of its results: metadata and README are written from one stored report, never by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.figures import PER_CLASS
from mammo_monai.files import write_text
from mammo_monai.reporting.report import NUMBERS

BEGIN, END = "<!-- results: written by mammo-monai card -->", "<!-- end of results -->"
MAIN = ("macro_auc", "accuracy", "majority_accuracy", "balanced_accuracy")
NONE = "Not evaluated: no results are stored with this bundle."


def results(report: Path) -> dict[str, Any]:
    """What a bundle keeps of a ``report.json``: which data, which weights, and the figures of its README.

    Args:
        report: the file, or the folder that it lies in: a run's, where its evaluation has left it.

    Raises:
        MammoError: the file is no report.
    """
    content = _read(report / NUMBERS if report.is_dir() else report)
    try:
        metrics = content["metrics"]
        names = [*MAIN, *(f"{figure}_{name}" for name in metrics["counts"] for figure in PER_CLASS)]
        return {
            "bundle": str(content.get("bundle", "")),
            "data": content["datalist"],
            "context": dict(content["context"]),
            "n": metrics["n"],
            "patients": metrics["patients"],
            "counts": dict(metrics["counts"]),
            "figures": {name: Estimate.read(metrics["figures"][name]).content() for name in names},
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise MammoError(
            f"{report}: expected the report.json of 'mammo-monai report', {error} is missing or wrong", "bad-report"
        ) from None


def stored(bundle: Path) -> dict[str, Any] | None:
    """The results that the bundle keeps, ``docs/results.json``; None without."""
    path = bundle / "docs" / "results.json"
    return _read(path) if path.is_file() else None


def eval_metrics(found: Mapping[str, Any] | None) -> dict[str, float]:
    """Numbers for ``metadata.json``: each figure with the ends of its interval, rows and patients; {} of none."""
    if not found:
        return {}
    made: dict[str, float] = {"n": found["n"], "patients": found["patients"]}
    for name, content in found["figures"].items():
        ends = {name: content["value"], f"{name}_low": content["low"], f"{name}_high": content["high"]}
        made |= {key: round(value, 4) for key, value in ends.items() if value is not None}
    return made


def block(found: Mapping[str, Any] | None) -> str:
    """The README's part between the markers."""
    return "\n".join([BEGIN, *(_table(found) if found else [NONE]), END])


def write(bundle: Path, report: Path | None) -> list[Path]:
    """Write results, metadata and README of a bundle.

    Args:
        bundle: its folder.
        report: ``report.json`` or its folder; None writes metadata and README from the results that are stored, if any.

    Returns:
        the files written.

    Raises:
        MammoError: no bundle, no report, or the report of a network of another bundle.
    """
    metadata, readme, kept = bundle / "configs/metadata.json", bundle / "docs/README.md", bundle / "docs/results.json"
    content, text = _read(metadata), _text(readme)
    found = results(report) if report else stored(bundle)
    after = with_block(text, block(found), readme)
    if report and found:
        _expect_own(bundle, found["bundle"], report)
        write_text(kept, json.dumps(found, indent=2) + "\n")
    write_text(
        metadata, json.dumps({**content, "eval_metrics": eval_metrics(found)}, indent=4, ensure_ascii=False) + "\n"
    )
    write_text(readme, after)
    return [*([kept] if report else []), metadata, readme]


def with_block(text: str, part: str, where: Path) -> str:
    """A README with this part between the markers; at its end where it has none.

    Raises:
        MammoError: one marker without the other.
    """
    if BEGIN not in text and END not in text:
        return f"{text.rstrip()}\n\n## Results\n{part}\n"
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in after:
        raise MammoError(f"{where}: expected one {BEGIN!r} and {END!r} after it; restore them", "bad-markers")
    return f"{before}{part}{after}"


def _expect_own(bundle: Path, trained: str, report: Path) -> None:
    own = _read(bundle / "configs/train.json")["experiment_name"]
    if trained not in ("", own):
        raise MammoError(
            f"{report}: is the report of a network of {trained}, {bundle} is {own}; name a run of this bundle",
            "other-bundle",
        )


def _table(found: Mapping[str, Any]) -> list[str]:
    figures = {name: Estimate.read(content) for name, content in found["figures"].items()}
    where = ", ".join(f"{key} {text}" for key, text in found["context"].items() if key in ("section", "datalist"))
    classes = ", ".join(f"{count} {name}" for name, count in found["counts"].items())
    rows = [["class", *PER_CLASS.values()], ["---"] * (len(PER_CLASS) + 1)]
    rows += [[name, *(str(figures[f"{figure}_{name}"]) for figure in PER_CLASS)] for name in found["counts"]]
    return [
        f"{found['data'] or 'Unnamed data set'} ({where}): {found['n']} rows of {found['patients']} patients "
        f"({classes}). 95 % intervals over patients.",
        "",
        f"macAUC **{figures['macro_auc']}**, accuracy {figures['accuracy']} (always naming the commonest class: "
        f"{figures['majority_accuracy']}), balanced accuracy {figures['balanced_accuracy']}.",
        "",
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
    ]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_text(path))
    except ValueError as error:
        raise MammoError(f"{path}: cannot be read as JSON ({error}); write it again", "bad-json") from None
    if not isinstance(content, dict):
        raise MammoError(f"{path}: expected a JSON object; write it again", "bad-json")
    return content


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise MammoError(
            f"{path}: cannot be read ({error}); name a bundle's folder and a report.json", "unreadable"
        ) from None
