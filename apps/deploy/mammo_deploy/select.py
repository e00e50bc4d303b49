"""The operator that finds the exams."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

from monai.deploy.conditions import BooleanCondition
from monai.deploy.core import Fragment, Operator, OperatorSpec

from mammo_deploy.case import Case
from mammo_monai.inference.exam import Exam, Found, find_exams


class SelectExams(Operator):  # type: ignore[misc]
    """Emits the exams below a folder one by one, as ``case``, and stops when there is none left.

    Args:
        fragment: of the application.
        folder: files of any kind, at any depth.
        name: of the operator.

    Attributes:
        found: exams, and files that are in none with their reason.
    """

    def __init__(self, fragment: Fragment, folder: Path, name: str) -> None:
        self.folder = folder
        self.found = Found((), {})
        self.waiting: deque[Exam] = deque()
        self.more = BooleanCondition(fragment, True, name="more")
        super().__init__(fragment, self.more, name=name)

    def setup(self, spec: OperatorSpec) -> None:
        spec.output("case")

    def start(self) -> None:
        self.found = find_exams(self.folder)
        self.waiting.extend(self.found.exams)
        self._go_on()

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        op_output.emit(Case(self.waiting.popleft()), "case")
        self._go_on()

    def _go_on(self) -> None:
        if not self.waiting:
            self.more.disable_tick()
