"""The decision of a report: the one stored with the weights, else fitted anew on the validation predictions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import prediction_table
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.scored import Scored
from mammo_monai.networks.checkpoints import digest
from mammo_monai.reporting import sources
from mammo_monai.reporting.sources import Source

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


def of_source(
    source: Source, described: Mapping[str, str], judged: Scored, remarks: list[str]
) -> tuple[Path | None, Chosen | None]:
    """The weights that predicted and their decision, as far as they are there.

    The decision is the one stored, beside the weights or with the evaluation; one that cannot be used, such as that of
    weights trained since, and one that is missing are fitted anew where predictions of the validation part are there.

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
        found = _stored(source, weights, described, tta)
        _same_classes(found, judged)
    except MammoError as error:
        remarks.append(f"Stored decision, not used: {error}.")
        found = None
    if found:
        said = "stored with the weights"
    elif validation:
        found, said = fit(validation, "none", tta=tta), "chosen on the validation predictions"
    else:
        return weights, None
    return weights, Chosen(found, said, validation and calibrated(validation, found.temperature))


def _stored(source: Source, weights: Path | None, described: Mapping[str, str], tta: str) -> Decision | None:
    """The decision beside the weights; without them the one kept with the evaluation, if it is that of its weights."""
    if weights:
        return storage.find(weights, tta)
    path = source.file(storage.NAME)
    used = described.get("weights") or str(source.json("model.json").get("sha256", ""))
    return storage.load(path, used, tta) if path else None


def _weights(source: Source, described: Mapping[str, str], remarks: list[str]) -> Path | None:
    """The training's weights, unless others predicted."""
    path, used = source.file("model.pt"), described.get("weights", "")
    if path and _DIGEST.fullmatch(used) and digest(path) != used:
        remarks.append(f"Decision and validation: left out, {path.name} here is not what predicted ({used[:12]}).")
        return None
    return path


def _same_classes(found: Decision | None, judged: Scored) -> None:
    if found and found.class_names != judged.class_names:
        raise MammoError(f"{storage.NAME}: decides between {', '.join(found.class_names)}", "other-classes")


def _validation(root: Path, tta: str, judged: Scored, remarks: list[str]) -> Scored | None:
    path = sources.validation(root, tta)
    if path is None:
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
