"""Ignite metrics over a whole epoch: everything is gathered from all ranks first, then computed once.

A mean of per-batch AUCs or weighted losses is not the AUC or the loss of the epoch; these are.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from ignite.metrics import Metric
from monai.utils import evenly_divisible_all_gather
from torch import Tensor

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import figures
from mammo_monai.evaluation.scored import of

OF_CALLS = ("precision", "sensitivity", "f1")
"""Figures of the class called, of which there are means."""


def point(logits: Tensor, labels: Tensor, class_names: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Figures of (N, C) logits and (N,) labels by their names in ``evaluation``; NaN where undefined."""
    return figures.point(of(labels.numpy(), logits.softmax(1).double().numpy(), class_names), names)


def scores_and_labels(output: Any) -> tuple[Tensor, Tensor]:
    """(B, C) network outputs and (B,) labels of an iteration, collated or decollated."""
    if isinstance(output, Sequence):
        return torch.stack([item["pred"] for item in output]), torch.stack(
            [torch.as_tensor(item["label"]) for item in output]
        )
    return output["pred"], output["label"]


class EpochMetric(Metric):
    """Collects logits (N, C) and labels (N,) of an epoch and hands them to :meth:`evaluate`."""

    def __init__(self) -> None:
        super().__init__(output_transform=scores_and_labels)

    def reset(self) -> None:
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def update(self, output: tuple[Tensor, Tensor]) -> None:
        logits, labels = output
        self._logits.append(logits.detach().float().cpu())
        self._labels.append(labels.detach().cpu())

    def compute(self) -> Any:
        logits, labels = (
            evenly_divisible_all_gather(torch.cat(part), concat=True) for part in (self._logits, self._labels)
        )
        if not torch.isfinite(logits).all():
            raise MammoError(
                "the network's output is not finite; lower --learning_rate, or switch off --amp", reason="diverged"
            )
        return self.evaluate(logits, labels)

    @abstractmethod
    def evaluate(self, logits: Tensor, labels: Tensor) -> float | Mapping[str, float]:
        """The metric of (N, C) logits and (N,) labels of all ranks."""


class MacroAUC(EpochMetric):
    """Mean of the one-vs-rest AUCs; the key metric. NaN when a class is absent."""

    def evaluate(self, logits: Tensor, labels: Tensor) -> float:
        classes = [str(index) for index in range(logits.shape[1])]
        return point(logits, labels, classes, ["macro_auc"])["macro_auc"]


class Accuracy(EpochMetric):
    """Share of images whose most probable class is the true one."""

    def evaluate(self, logits: Tensor, labels: Tensor) -> float:
        return float((logits.argmax(1) == labels).double().mean())


class ClassFigures(EpochMetric):
    """Area, precision, sensitivity and F1 of every class, and their means, under their names in ``evaluation``.

    Every bundle logs these, so that runs of all bundles compare, and ``val_<name>`` with ``test_<name>``:
    ``auc_<class>``, ``precision_<class>``, ..., ``macro_f1``, ``weighted_sensitivity``, ...

    Args:
        class_names: in the order of the logits.
        positive: a class, "malignant" for example, whose four figures are logged once more without its name (``auc``,
            ``precision``, ``sensitivity``, ``f1``); "none" where no class is the positive one.

    Raises:
        MammoError: reason ``bad-option``, when there is no such class.
    """

    def __init__(self, class_names: Sequence[str], positive: str = "none") -> None:
        super().__init__()
        if positive not in ("none", *class_names):
            raise MammoError(
                f"positive class {positive!r}: expected none or one of {', '.join(class_names)}, the datalist's "
                "classes",
                reason="bad-option",
            )
        self.class_names = list(class_names)
        means = [f"{mean}_{figure}" for mean in ("macro", "weighted") for figure in OF_CALLS]
        each = [f"{figure}_{name}" for figure in ("auc", *OF_CALLS) for name in class_names]
        short = {} if positive == "none" else {figure: f"{figure}_{positive}" for figure in ("auc", *OF_CALLS)}
        self.figures = {name: name for name in (*each, *means)} | short

    def evaluate(self, logits: Tensor, labels: Tensor) -> Mapping[str, float]:
        values = point(logits, labels, self.class_names, list(self.figures.values()))
        return {name: values[figure] for name, figure in self.figures.items()}


class EpochLoss(EpochMetric):
    """The training's own loss over the whole epoch, with its class weights."""

    def __init__(self, loss_function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.loss_function = loss_function

    def evaluate(self, logits: Tensor, labels: Tensor) -> float:
        weight = getattr(self.loss_function, "weight", None)
        device = logits.device if weight is None else weight.device
        return float(self.loss_function(logits.to(device), labels.to(device)))
