"""The application: exams are selected, predicted and reported; ``result.json`` says what became of each file."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai.deploy.core import AppContext, Application

from mammo_deploy.case import Case
from mammo_deploy.options import parse
from mammo_deploy.predict import PredictExams, bundle_in
from mammo_deploy.report import WriteReports
from mammo_deploy.select import SelectExams
from mammo_monai import Predictor
from mammo_monai.errors import line
from mammo_monai.files import write_text
from mammo_monai.notice import NOTICE


class MammoApp(Application):  # type: ignore[misc]
    """Mammograms of any number of studies in, a report of each exam out.

    Args:
        context: the App SDK's, with paths of input, output and model.
        options: see :mod:`mammo_deploy.options`.
    """

    def __init__(self, context: AppContext, options: argparse.Namespace) -> None:
        self.asked = options
        self.source, self.out, self.model = (
            Path(path).absolute() for path in (context.input_path, context.output_path, context.model_path)
        )
        super().__init__([sys.executable, "deploy"])

    def compose(self) -> None:
        self.select = SelectExams(self, self.source, name="select")
        self.predict = PredictExams(self, self._predictor, self.asked.overlays == "on", name="predict")
        self.write = WriteReports(self, self.out, self.asked.report, name="write")
        self.add_flow(self.select, self.predict)
        self.add_flow(self.predict, self.write)

    def _predictor(self) -> Predictor:
        asked = self.asked
        settings: dict[str, Any] = {"engine": asked.engine} if asked.engine else {}
        sums = {"bundle_sha256": asked.bundle_sha256, "weights_sha256": asked.weights_sha256}
        return Predictor(bundle_in(self.model), **sums, **settings)

    def outcome(self, error: str = "") -> dict[str, Any]:
        """Content of ``result.json``, once the application has run.

        Args:
            error: what ended the whole run, as a "reason: message" line; "" where nothing did.
        """
        found = self.select.found
        # Mammograms of nobody knows whom: their study has no report, so the run has not succeeded.
        error = error or next((why for why in found.left_out.values() if why.startswith("patient-conflict")), "")
        if not error and not found.exams:
            first = next(iter(found.left_out.values()))
            error = f"no-exam: {self.source}: no mammogram among {len(found.left_out)} files; the first: {first}"
        done = self.write.cases
        left = [Case(exam, error="not-done: the application stopped before it") for exam in found.exams[len(done) :]]
        return {
            "notice": NOTICE,
            "input": str(self.source),
            "context": self.predict.context,
            "exams": [case.row(self.out) for case in [*done, *left]],
            "left_out": dict(found.left_out),
            "error": error,
        }


def main(argv: Sequence[str]) -> int:
    """Run the application.

    Args:
        argv: the program and its arguments.

    Returns:
        0 when each exam has its report, else 1.
    """
    try:
        return _run(argv)
    except Exception as error:
        print(f"error: {line(error)}", file=sys.stderr)
        return 1


def _run(argv: Sequence[str]) -> int:
    options, rest = parse(argv)
    app = MammoApp(Application.init_app_context(rest), options)
    logging.getLogger("highdicom").setLevel(logging.WARNING)  # else a dozen lines per object, with UIDs
    summary = app.out / "result.json"
    _write(summary, {"notice": NOTICE, "error": "unfinished: the application is running, or was stopped"})
    try:
        app.run()
        outcome = app.outcome()
    except Exception as error:
        outcome = app.outcome(line(error))
    _write(summary, outcome)
    errors = [text for text in [*(exam["error"] for exam in outcome["exams"]), outcome["error"]] if text]
    for text in errors:
        print(f"error: {text}", file=sys.stderr)
    reported = sum(not exam["error"] for exam in outcome["exams"])
    print(f"{reported} of {len(outcome['exams'])} exams reported, {len(outcome['left_out'])} files left out: {summary}")
    return int(bool(errors))


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2) + "\n")
