"""``decision.json``: written beside the weights, bound to them by SHA-256, and read again.

Probabilities under test-time augmentation, or of several checkpoints together, are others, and have a decision of
their own: ``weights`` and ``tta`` stand for the whole network here, as they do in a bundle's config.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.plan import ARGMAX, DEFAULT, planned
from mammo_monai.evaluation.operating import OperatingPoint
from mammo_monai.files import write_text
from mammo_monai.networks.checkpoints import Weights, digest, members

NAME = "decision.json"


def path_of(weights: Weights, tta: str = "none") -> Path:
    """``decision.json`` beside a checkpoint; of several, or with test-time augmentation, under a name of its own."""
    files = members(weights)
    name, suffix = NAME.split(".")
    several = f"_{digest(weights)[:12]}" if len(files) > 1 else ""
    variants = "" if tta == "none" else f"_{tta}"
    return Path(min(map(str, files))).expanduser().with_name(f"{name}{several}{variants}.{suffix}")


def write(decision: Decision, weights: Weights, tta: str = "none") -> Path:
    """Write ``decision.json`` beside the weights.

    Raises:
        MammoError: the decision is that of other weights, or the folder cannot be written.
    """
    path = path_of(weights, tta)
    _check(decision, digest(weights), tta, path)
    write_text(path, json.dumps(asdict(decision), indent=2) + "\n")
    return path


def read(weights: Weights, tta: str = "none") -> Decision:
    """The decision that lies beside the weights.

    Raises:
        MammoError: see :func:`load`.
    """
    return load(path_of(weights, tta), digest(weights), tta)


def load(path: Path, sha256: str, tta: str = "none") -> Decision:
    """The decision in a file, which may lie elsewhere than its weights.

    Args:
        path: the file.
        sha256: of the weights it has to be of; of several see :func:`mammo_monai.networks.checkpoints.digest`.
        tta: the test-time augmentation that it has to be of.

    Raises:
        MammoError: there is none (``decision-unreadable``), it is damaged (likewise), or it is that of other weights
            (``decision-mismatch``).
    """
    try:
        decision = _parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, MammoError) as error:
        raise MammoError(
            f"{path}: expected the decision that an evaluation writes, found {error or type(error).__name__}; "
            "evaluate the weights on their validation part again",
            reason="decision-unreadable",
        ) from error
    _check(decision, sha256, tta, path)
    return decision


def find(weights: Weights, tta: str = "none") -> Decision | None:
    """The decision that lies beside the weights; None where there is none, or where the weights are no files.

    Raises:
        MammoError: it is damaged, or that of other weights; see :func:`read`.
    """
    files = all(Path(file).expanduser().is_file() for file in members(weights))
    return read(weights, tta) if files and path_of(weights, tta).is_file() else None


def _parse(content: Any) -> Decision:
    names, scale = tuple(map(str, content["class_names"])), float(content["temperature"])
    if not 0 < scale < math.inf:
        raise ValueError(f"temperature {scale:g}")
    made = Decision(
        str(content["sha256"]),
        names,
        scale,
        float(content["abstain"]),
        _points(content["operating_points"], names),
        int(content["validation_rows"]),
        tuple(map(str, content.get("remarks", ()))),
        str(content.get("tta", "none")),
        {level: _points(points, names) for level, points in content.get("levels", {}).items()},
        planned(names, **content["plan"]) if "plan" in content else DEFAULT,
    )
    if made.plan.decide_by != ARGMAX and made.point is None:
        raise ValueError(f"no operating point {made.plan.decide_by!r}")
    return made


def _points(content: Any, class_names: Sequence[str]) -> tuple[OperatingPoint, ...]:
    points = tuple(OperatingPoint(**one) for one in content)
    if not {point.class_name for point in points} <= set(class_names):
        raise ValueError("an operating point of another class")
    return points


def _check(decision: Decision, sha256: str, tta: str, path: Path) -> None:
    if (decision.sha256, decision.tta) != (sha256, tta):
        theirs, these = (f"{one[:12]} with tta {of!r}" for one, of in ((decision.sha256, decision.tta), (sha256, tta)))
        raise MammoError(
            f"{path}: was fitted for other weights ({theirs}) than these ({these}); evaluate these on their validation "
            "part again",
            reason="decision-mismatch",
        )
