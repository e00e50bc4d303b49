"""Results over phantoms, readers of reports that are not ours, and a way to walk a report's tree."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset

if TYPE_CHECKING:  # where highdicom is not, torch may not be either: the test modules skip, this file must not fail
    from mammo_monai.evaluation.exam_result import ExamResult, Outcome

CLASSES = ("045", "1", "23")


def decided() -> Outcome:
    """Calibrated, with a decision and operating points."""
    from mammo_monai.evaluation.exam_result import Outcome, Verdict

    return Outcome(
        {"045": 0.1234567890123456, "1": 1e-17, "23": 0.8765432109876544},
        "23",
        {"045": 0.3, "1": 0.1, "23": 0.6},
        "abstain",
        (Verdict("screening", "045", 0.25, 0.3, True), Verdict("rule in", "045", 0.5, 0.3, False)),
    )


def outcome(first: float) -> Outcome:
    from mammo_monai.evaluation.exam_result import Outcome

    return Outcome({"045": first, "1": 0.25, "23": 0.75 - first}, "045" if first > 0.375 else "23")


def result_of(paths: list[str], sides: list[tuple[str, str]], **changes: Any) -> ExamResult:
    """A result of images that all have one, but for what is changed."""
    from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, UnitResult

    images = tuple(ImageResult(path, *side, decided()) for path, side in zip(paths, sides, strict=True))
    context = {"bundle": "birads", "version": "0.1.0", "weights": "ab" * 32, "decision": "none: p = 1", "a = b": ""}
    whole = UnitResult("", outcome(0.5), len(images), (), "most_suspicious")
    return replace(ExamResult("P", "E", CLASSES, context, images, whole=whole), **changes)


@pytest.fixture(name="result_of")
def _result_of() -> Callable[..., ExamResult]:
    return result_of


@pytest.fixture(scope="session")
def exam(phantoms: Path) -> tuple[ExamResult, Path]:
    """A result of four phantoms, the last of which failed, and the folder of their paths."""
    from mammo_monai.evaluation.exam_result import ImageResult, UnitResult

    folder = sorted((phantoms / "images").iterdir())[0]
    headers = {path.name: pydicom.dcmread(path, stop_before_pixels=True) for path in folder.iterdir()}
    order = sorted(headers, key=lambda name: (headers[name].ViewPosition, headers[name].ImageLaterality))
    sides = [(headers[name].ImageLaterality, headers[name].ViewPosition) for name in order]
    sops = [str(headers[name].SOPInstanceUID) for name in order]
    good = [
        ImageResult(name, *side, outcome(0.1 * n), sop=sops[n])
        for n, (name, side) in enumerate(zip(order, sides, strict=True))
    ]
    failed = ImageResult(
        order[3], *sides[3], error="truncated-pixels: half of it", conflict="view MLO by tags, CC by list"
    )
    header = headers[order[0]]
    breasts = (UnitResult("L", decided(), 2, (), "mean"), UnitResult("R", outcome(0.5), 1, ("R-MLO",), "mean"))
    made = result_of(
        order,
        sides,
        patient=str(header.PatientID),
        exam=str(header.StudyInstanceUID),
        images=(ImageResult(order[0], *sides[0], decided(), sop=sops[0]), *good[1:3], failed),
        breasts=breasts,
        whole=UnitResult("", outcome(0.6), 3, ("R-MLO",), "most_suspicious"),
        remarks=("one image has no result", "second\nline"),
        seconds={},
    )
    return made, folder


def _complaints(command: str, path: Path) -> list[str]:
    """What a checker says of errors, and its exit status where that says so."""
    options = {"dciodvfy": ["-new"], "dsrdump": ["-q"]}[command]
    done = subprocess.run([command, *options, str(path)], capture_output=True, text=True, errors="replace", timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.startswith(("Error", "E:", "F:"))]
    return lines + ([f"{command} ended with {done.returncode}"] if done.returncode else [])


@pytest.fixture
def complaints(needs: Callable[..., None]) -> Callable[[str, Path], list[str]]:
    """``complaints(command, path)``: the errors that dciodvfy or dsrdump finds."""

    def run(command: str, path: Path) -> list[str]:
        needs(command, shutil.which(command))
        return _complaints(command, path)

    return run


def walk(item: Dataset) -> Iterator[Dataset]:
    yield item
    for child in item.get("ContentSequence") or ():
        yield from walk(child)


@pytest.fixture(name="walk")
def _walk() -> Callable[[Dataset], Iterator[Dataset]]:
    """Every content item below one, itself included."""
    return walk


@pytest.fixture
def named() -> Callable[[Dataset, str], list[Dataset]]:
    """``named(item, code)``: the items below it whose concept name has that code value."""

    def find(item: Dataset, code: str) -> list[Dataset]:
        return [node for node in walk(item) if node.ConceptNameCodeSequence[0].CodeValue == code]

    return find
