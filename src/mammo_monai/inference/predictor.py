"""One exam to its result, with a bundle's own transforms, network, weights and decision."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from monai.transforms.compose import Compose

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.evaluation.exams import exam_results
from mammo_monai.evaluation.explain.explanation import Explanation, explain_saliency
from mammo_monai.evaluation.levels.suspicion import least_first
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.inference.classifier import Classifier, read_classifier
from mammo_monai.inference.exam import Exam, find_exams
from mammo_monai.inference.provenance import provenance
from mammo_monai.inference.seal import bundle_digest
from mammo_monai.inference.timed import Timed
from mammo_monai.training.fault_tolerant import FaultTolerantDataset, image_shape
from mammo_monai.training.prediction_writer import decision_of, prediction

logger = logging.getLogger(__name__)


class Predictor:
    """A bundle, loaded once, that turns exams into results.

    The probabilities are those of ``python -m monai.bundle run`` with the bundle's ``inference.json``: the same config
    is parsed, and its transforms, network and postprocessing are called.

    Args:
        bundle: its folder. Its config is code: use bundles you trust.
        bundle_sha256: what :func:`mammo_monai.inference.seal.bundle_digest` must give, checked before anything of the
            bundle is run; for who keeps it elsewhere than in the folder, where whoever exchanges the weights could
            exchange their card as well. "" accepts what is there.
        weights_sha256: likewise, of the weights alone.
        preprocessing: "same" refuses transforms that differ from those the weights were trained with, by their card;
            "any" takes them.
        order: the classes from the least to the most suspicious; () for the known order of known classes, without which
            breasts and exams are not judged.
        options: ids of the config set anew, such as ``weights="best.pt"``, ``engine="openvino"`` or ``device="cpu"``.

    Raises:
        MammoError: no such bundle, another checksum, weights that are missing, damaged or not those of their card, a
            decision of other weights, another preprocessing, an order of other classes, or a bundle that classifies
            patches.
    """

    def __init__(
        self,
        bundle: str | Path,
        *,
        bundle_sha256: str = "",
        weights_sha256: str = "",
        preprocessing: str = "same",
        order: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.bundle = Path(bundle)
        self.options = options
        self.order = tuple(order)
        sealed = bundle_digest(self.bundle, options.get("weights"))
        if bundle_sha256 and bundle_sha256 != sealed:
            raise MammoError(
                f"{self.bundle}: has the checksum {sealed}, expected {bundle_sha256}; restore what was approved",
                "bundle-digest",
            )
        self.classifier = read_classifier(self.bundle, options)
        self.classifier.check(weights_sha256, preprocessing)
        self.decision = decision_of(self.classifier.weights, self.classifier.tta, self.classifier.class_names)
        if self.order:
            least_first(self.class_names, self.order)
        used = {**options, **({"preprocessing": preprocessing} if preprocessing != "same" else {})}
        self.context = provenance(self.bundle, self.classifier, self.decision, sealed, used)

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
        seconds = dict.fromkeys(("decode", "transform", "network"), 0.0)
        rows = list(self._rows(exam, seconds))
        start = time.perf_counter()
        (result,) = exam_results(
            [replace(row, patient=exam.patient, exam=exam.exam) for row in rows],
            self.class_names,
            self.context,
            self.decision,
            self.order,
        )
        seconds["output"] = time.perf_counter() - start
        return replace(result, seconds=seconds)

    def explain(self, image: Path, class_name: str = "", method: str = "gradcam") -> Explanation:
        """Which pixels of an image matter for a class; see :mod:`mammo_monai.evaluation.explain`.

        Args:
            image: the file.
            class_name: "" explains the most probable class.
            method: one of :mod:`mammo_monai.evaluation.explain.methods`.
        """
        return explain_saliency(self._differentiable, image, class_name, method)

    @cached_property
    def _differentiable(self) -> Classifier:
        """Other engines than torch give no gradients."""
        ours = self.classifier
        return ours if ours.engine == "torch" else read_classifier(self.bundle, {**self.options, "engine": "torch"})

    def _rows(self, exam: Exam, seconds: dict[str, float]) -> Iterator[Prediction]:
        ours = self.classifier
        items = [{"image": str(exam.root / name), "path": name} for name in exam.images]
        decode = Timed(ours.transforms[0])
        chain = Compose([decode, *ours.transforms[1:]])
        read = Timed(FaultTolerantDataset(items, chain, image_shape(3, ours.spatial_size)).__getitem__)
        with ThreadPoolExecutor(min(ours.batch_size, torch.get_num_threads())) as pool:
            for first in range(0, len(items), ours.batch_size):
                start = time.perf_counter()
                batch = list(pool.map(read, range(first, min(first + ours.batch_size, len(items)))))
                ready = time.perf_counter()
                scores = ours.probabilities(torch.stack([item["image"] for item in batch]))
                seconds["network"] += time.perf_counter() - ready
                # Images are read side by side: the time that passed is shared out as the work was.
                decoding = (ready - start) * decode.share_of(read)
                seconds["decode"] += decoding
                seconds["transform"] += ready - start - decoding
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
