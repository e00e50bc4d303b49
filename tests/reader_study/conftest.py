"""Simulated studies, written as the tables that a user has."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

CLASSES = ("045", "1", "23")
CATEGORIES = {"045": ("0", "4A", "4B", "BI-RADS 5"), "1": ("1",), "23": ("2", "3")}


@dataclass(frozen=True)
class Simulated:
    """A study and what is known of it.

    Attributes:
        truth: (N,) classes.
        calls: reader -> (N,) classes.
        probabilities: (N, C) as written.
        missing: cases that the model could not read.
        patients: (N,) names.
        files: the tables by option.
    """

    truth: npt.NDArray[np.int64]
    calls: Mapping[str, npt.NDArray[np.int64]]
    probabilities: npt.NDArray[np.float64]
    missing: frozenset[int]
    patients: npt.NDArray[np.str_]
    files: Mapping[str, Path]

    @property
    def arguments(self) -> list[str]:
        return [text for name, path in self.files.items() for text in (f"--{name}", str(path))]

    @property
    def judged(self) -> npt.NDArray[np.int64]:
        return np.array([i for i in range(len(self.truth)) if i not in self.missing])


def write(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


Simulate = Callable[..., Simulated]


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """A study with BI-RADS categories; two of three patients have two exams."""

    def make(exams: int, readers: int, missing: int, seed: int = 0) -> Simulated:
        rng = np.random.default_rng(seed)
        truth = rng.choice(3, exams, p=[0.36, 0.35, 0.29])
        evidence = rng.normal(size=(exams, 3))
        evidence[np.arange(exams), truth] += 1.2
        probabilities = np.round(np.exp(evidence) / np.exp(evidence).sum(1, keepdims=True), 6)
        right = np.linspace(0.5, 0.8, readers)
        calls = {
            f"Dr {'ABCDEFGH'[i]}": np.where(rng.random(exams) < right[i], truth, rng.integers(3, size=exams))
            for i in range(readers)
        }
        lost = frozenset(rng.choice(exams, missing, replace=False).tolist())
        patients = np.array([f"w{i * 3 // 5:03d}" for i in range(exams)])

        def category(index: int) -> str:
            return str(rng.choice(CATEGORIES[CLASSES[index]]))

        files = {name: tmp_path / f"{name}.csv" for name in ("truth", "readers", "model")}
        write(
            files["truth"],
            [["exam", "birads", "patient"], *([f"e{i}", category(c), patients[i]] for i, c in enumerate(truth))],
        )
        write(
            files["readers"],
            [
                ["exam", "reader", "birads"],
                *([f"e{i}", who, category(c)] for who, of in calls.items() for i, c in enumerate(of)),
            ],
        )
        write(
            files["model"],
            [
                ["path", "exam", "label", *(f"p_{name}" for name in CLASSES), "error"],
                *(
                    [f"{i}.dcm", f"e{i}", "", *(["", "", "", "unreadable"] if i in lost else [*probabilities[i], ""])]
                    for i in range(exams)
                ),
            ],
        )
        return Simulated(truth, calls, probabilities, lost, patients, files)

    return make
