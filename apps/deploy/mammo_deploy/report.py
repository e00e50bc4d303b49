"""The operator that writes the reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, Operator, OperatorSpec

from mammo_deploy.case import Case
from mammo_monai.dicom.output import write_outputs
from mammo_monai.dicom.output.writing import Report
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult


class WriteReports(Operator):  # type: ignore[misc]
    """Writes SR, SC and JSON of each case that has a result.

    Args:
        fragment: of the application.
        out: where to write.
        report: kind of structured report, see :func:`mammo_monai.dicom.output.write_outputs`.
        name: of the operator.

    Attributes:
        cases: all that came, in order.
    """

    def __init__(self, fragment: Fragment, out: Path, report: Report, name: str) -> None:
        self.out, self.report = out, report
        self.cases: list[Case] = []
        super().__init__(fragment, name=name)

    def setup(self, spec: OperatorSpec) -> None:
        spec.input("case")

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        case: Case = op_input.receive("case")
        if case.result is not None:
            with case.guarded():
                self._write(case, case.result)
        case.overlays = {}
        self.cases.append(case)

    def _write(self, case: Case, result: ExamResult) -> None:
        case.files = write_outputs(result, case.exam.root, self.out, report=self.report, overlays=case.overlays)
        if self.report != "none" and not any(file.name.endswith(".sr.dcm") for file in case.files):
            raise MammoError(
                f"{case.files[-1]}: the images allow no DICOM report, this file's remarks say why; send DICOM objects, "
                "or ask for --report none",
                "no-report",
            )
