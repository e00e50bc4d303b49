"""One exam to its result, with a bundle's own transforms, network, weights and decision."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.evaluation.exams import RULES, exam_results
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.inference.classifier import read_classifier
from mammo_monai.inference.exam import Exam, find_exams
from mammo_monai.inference.provenance import provenance
from mammo_monai.training.fault_tolerant import FaultTolerantDataset, image_shape
from mammo_monai.training.prediction_writer import decision_of, prediction

logger = logging.getLogger(__name__)


class Predictor:
    """A bundle, loaded once, that turns exams into results.

    The probabilities are those of ``python -m monai.bundle run`` with the bundle's ``inference.json``: the same config
    is parsed, and its transforms, network and postprocessing are called.

    Args:
        bundle: its folder. Its config is code: use bundles you trust.
        weights_sha256: what the weights must have; for who keeps it elsewhere than in the folder, where whoever
            exchanges the weights could exchange their card as well. "" accepts what the card beside the weights says.
        preprocessing: "same" refuses transforms that differ from those the weights were trained with, by their card;
            "any" takes them.
        rules: how images become breasts and exams, see :func:`mammo_monai.evaluation.exams.exam_results`.
        order: the classes from the least to the most suspicious; () for the known order of known classes.
        options: ids of the config set anew, such as ``weights="best.pt"``, ``engine="openvino"`` or ``device="cpu"``.

    Raises:
        MammoError: no such bundle, weights that are missing, damaged or not those of their card, a decision of other
            weights, another preprocessing, or a bundle that classifies patches.
    """

    def __init__(
        self,
        bundle: str | Path,
        *,
        weights_sha256: str = "",
        preprocessing: str = "same",
        rules: Mapping[str, str] = RULES,
        order: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.bundle = Path(bundle)
        self.options = options
        self.rules, self.order = dict(rules), tuple(order)
        self.classifier = read_classifier(self.bundle, options)
        self.classifier.check(weights_sha256, preprocessing)
        self.decision = decision_of(self.classifier.weights, self.classifier.tta, self.classifier.class_names)
        self.context = provenance(self.bundle, self.classifier, self.decision)

    @property
    def class_names(self) -> list[str]:
        """In the order of the network's outputs."""
        return self.classifier.class_names

    def predict(self, exam: Exam | str | Path) -> ExamResult:
        """The result of one exam; an image that cannot be used becomes a row with its reason.

        Args:
            exam: as :func:`mammo_monai.inference.exam.find_exams` gives it, or a folder (or file) with one exam.

        Raises:
            MammoError: a folder without a mammogram (``no-exam``) or with several exams (``several-exams``).
        """
        exam = exam if isinstance(exam, Exam) else only_exam(Path(exam))
        seconds = {"read and prepare": 0.0, "network": 0.0}
        rows = list(self._rows(exam, seconds))
        start = time.perf_counter()
        (result,) = exam_results(
            [replace(row, patient=exam.patient, exam=exam.exam) for row in rows],
            self.class_names,
            self.context,
            self.decision,
            self.rules,
            self.order,
        )
        seconds["decide and pool"] = time.perf_counter() - start
        return replace(result, seconds=seconds)

    def _rows(self, exam: Exam, seconds: dict[str, float]) -> Iterator[Prediction]:
        ours = self.classifier
        items = [{"image": str(exam.root / name), "path": name} for name in exam.images]
        dataset = FaultTolerantDataset(items, ours.transform, image_shape(3, ours.spatial_size))
        for first in range(0, len(items), ours.batch_size):
            start = time.perf_counter()
            batch = [dataset[index] for index in range(first, min(first + ours.batch_size, len(items)))]
            ready = time.perf_counter()
            scores = ours.probabilities(torch.stack([item["image"] for item in batch]))
            seconds["read and prepare"] += ready - start
            seconds["network"] += time.perf_counter() - ready
            for item, score in zip(batch, scores, strict=True):
                yield prediction(item, score, self.class_names, self.decision)


def only_exam(folder: Path) -> Exam:
    """The one exam of a folder.

    Raises:
        MammoError: there is none, or there are several.
    """
    found = find_exams(folder)
    if not found.exams:
        first = next(iter(found.left_out.values()), "")
        raise MammoError(f"{folder}: no mammogram among {len(found.left_out)} files; the first: {first}", "no-exam")
    if len(found.exams) > 1:
        patients = len({exam.patient for exam in found.exams})
        raise MammoError(
            f"{folder}: {len(found.exams)} exams of {patients} patient(s), expected one; give one exam's folder, "
            "or the exams of find_exams one by one",
            "several-exams",
        )
    return found.exams[0]
