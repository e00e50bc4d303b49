"""The operator that asks the Predictor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, Operator, OperatorSpec

from mammo_deploy.case import Case
from mammo_monai import Predictor
from mammo_monai.errors import MammoError
from mammo_monai.inference.overlays import overlays


class PredictExams(Operator):  # type: ignore[misc]
    """Gives each case its result, and a saliency picture of each image for the class that was predicted.

    Args:
        fragment: of the application.
        load: makes the Predictor, when the application starts.
        overlays: whether pictures are made.
        name: of the operator.

    Attributes:
        context: where the results come from; {} before the start.
    """

    def __init__(self, fragment: Fragment, load: Callable[[], Predictor], overlays: bool, name: str) -> None:
        self.load, self.overlays = load, overlays
        self.predictor: Predictor
        self.context: dict[str, str] = {}
        super().__init__(fragment, name=name)

    def setup(self, spec: OperatorSpec) -> None:
        spec.input("case")
        spec.output("case")

    def start(self) -> None:
        self.predictor = self.load()
        self.context = self.predictor.context

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        case: Case = op_input.receive("case")
        with case.guarded():
            result = case.result = self.predictor.predict(case.exam)
            case.notes += [f"{image.path}: {image.error}" for image in result.images if image.error]
            if self.overlays:
                case.overlays, failed = overlays(self.predictor, case.exam, result)
                case.notes += failed
        op_output.emit(case, "case")


def bundle_in(model: Path) -> Path:
    """The bundle that is meant: the folder itself, or the only one in it, as in a MAP's ``/opt/holoscan/models``.

    Raises:
        MammoError: reason ``missing-bundle``, there is none or are several.
    """
    config = Path("configs", "inference.json")
    if (model / config).is_file():
        return model
    inside = [folder for folder in sorted(model.glob("*")) if (folder / config).is_file()]
    if len(inside) != 1:
        raise MammoError(
            f"{model}: {len(inside)} bundles in it, expected one; give the folder of a bundle, with {config} and "
            "models/model.pt",
            "missing-bundle",
        )
    return inside[0]
