"""The decision of a report: the one stored with the weights, else fitted anew on the validation predictions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import decision, prediction_table
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decision import Decision
from mammo_monai.evaluation.scored import Scored
from mammo_monai.networks.ensemble import digest
from mammo_monai.reporting.sources import TABLE, Source

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Chosen:
    """What was chosen on validation.

    Attributes:
        decision: temperature, margin and operating points of calibrated probabilities.
        source: where it is from, for the reader.
        validation: rows that it was chosen on, calibrated; None where only the decision is there.
    """

    decision: Decision
    source: str
    validation: Scored | None


def chosen(weights: Path | None, validation: Scored | None, tta: str = "none") -> Chosen | None:
    """The decision beside the weights; without one what :func:`decision.fit` makes of validation; None without either.

    Args:
        weights: the file, where it is there.
        validation: predictions of the validation part.
        tta: the test-time augmentation that both were predicted with.

    Raises:
        MammoError: the decision is damaged or that of other weights.
    """
    stored = decision.find(weights, tta) if weights else None
    if stored:
        found, source = stored, "stored with the weights"
    elif validation:
        found, source = decision.fit(validation, "none", tta=tta), "chosen on the validation predictions"
    else:
        return None
    return Chosen(found, source, validation and calibrated(validation, found.temperature))


def of_source(
    source: Source, described: Mapping[str, str], judged: Scored, remarks: list[str]
) -> tuple[Path | None, Chosen | None]:
    """The weights that predicted and their decision, as far as they are there.

    A decision that cannot be used, such as one of weights trained since, is fitted anew where that can be done.

    Args:
        source: where the evaluation lies.
        described: what the evaluation said of itself.
        judged: its rows.
        remarks: gets what is missing.
    """
    weights = _weights(source, described, remarks)
    others = weights is None and source.file("model.pt") is not None
    if source.root is None or others or described.get("section") == "validation":
        return weights, None
    tta = described.get("test-time augmentation", "none")
    validation = _validation(source.root, tta, judged, remarks)
    try:
        return weights, chosen(weights, validation, tta)
    except MammoError as error:
        remarks.append(f"Stored decision, not used: {error}.")
        return weights, chosen(None, validation, tta)


def _weights(source: Source, described: Mapping[str, str], remarks: list[str]) -> Path | None:
    """The training's weights, unless others predicted."""
    path, used = source.file("model.pt"), described.get("weights", "")
    if path and _DIGEST.fullmatch(used) and digest(path) != used:
        remarks.append(f"Decision and validation: left out, {path.name} here is not what predicted ({used[:12]}).")
        return None
    return path


def _validation(root: Path, tta: str, judged: Scored, remarks: list[str]) -> Scored | None:
    path = root / ("validation" if tta == "none" else f"validation_{tta}") / TABLE
    if not path.is_file():
        return None
    try:
        found = prediction_table.read(path)
    except MammoError as error:
        remarks.append(f"Validation predictions: {error}.")
        return None
    if found.class_names != judged.class_names:
        remarks.append(f"Validation predictions: {path} has other classes.")
        return None
    return found
