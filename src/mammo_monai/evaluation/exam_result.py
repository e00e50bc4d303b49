"""What is known of an exam after inference: of each image, each breast and the whole; as objects and as JSON.

This is the one result that inference, the reading page, MONAI Deploy, MONAI Label and structured reports share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.notice import NOTICE

SCHEMA = 1
"""Of the JSON: another number when a key is taken away or changes its meaning."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operating point says: ``called`` when its class's calibrated ``probability`` reaches ``threshold``."""

    name: str
    class_name: str
    threshold: float
    probability: float
    called: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Probabilities and what they are called.

    Attributes:
        probabilities: of each class, the network's own; of a breast or exam pooled by a named rule.
        predicted: the most probable class.
        calibrated: the same calibrated; empty where the weights have no decision.
        decision: a class, "abstain", or "" where nothing decides: no decision, or none of breasts or exams.
        operating_points: chosen on validation, for images, breasts and exams each.
    """

    probabilities: Mapping[str, float]
    predicted: str
    calibrated: Mapping[str, float] = field(default_factory=dict)
    decision: str = ""
    operating_points: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One image or patch; ``outcome`` is None where ``error`` ("reason: message") says why there is none.

    ``path`` is relative to the folder of the exam, ``conflict`` what contradicts laterality and view, ``box`` that of
    a patch: (row_min, col_min, row_max, col_max), half-open, in pixels of the source; ``sop`` the SOP Instance UID of
    the file that was read, "" where it has none.
    """

    path: str
    laterality: str
    view: str
    outcome: Outcome | None = None
    box: tuple[int, ...] = ()
    conflict: str = ""
    error: str = ""
    sop: str = ""


@dataclass(frozen=True, slots=True)
class UnitResult:
    """A breast (its ``laterality``, "" where unknown) or a whole exam (""): ``images`` of it had a result.

    ``missing`` names the standard views that had none, such as "L-CC"; ``rule`` says how images were pooled.
    """

    laterality: str
    outcome: Outcome
    images: int
    missing: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class ExamResult:
    """One exam.

    Attributes:
        patient: as the files say, "" unknown.
        exam: Study Instance UID, or the folder.
        classes: in the order of the network's outputs.
        context: where this comes from: bundle, version, weights, decision, ...; texts by name.
        images: in the order of the exam.
        breasts: those with a result.
        whole: the exam; None where no image had a result, or patches are judged.
        remarks: what a reader of this must know, as sentences.
        seconds: what took how long, by name; empty where nobody measured.
    """

    patient: str
    exam: str
    classes: tuple[str, ...]
    context: Mapping[str, str]
    images: tuple[ImageResult, ...]
    breasts: tuple[UnitResult, ...] = ()
    whole: UnitResult | None = None
    remarks: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``json`` writes; :meth:`from_json` gives an equal result back."""
        return {"notice": NOTICE, "schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ExamResult:
        """A result as it was written; what a later version adds is not looked at.

        Raises:
            MammoError: reason ``bad-result``, the content is none, or of another schema.
        """
        try:
            if content["schema"] != SCHEMA:
                raise ValueError(f"schema {content['schema']}, this is {SCHEMA}")
            plain = _known(cls, content)
            return cls(
                **plain
                | {
                    "classes": tuple(plain["classes"]),
                    "images": tuple(_image(item) for item in plain["images"]),
                    "breasts": tuple(_unit(item) for item in plain["breasts"]),
                    "whole": _unit(plain["whole"]) if plain["whole"] else None,
                    "remarks": tuple(plain["remarks"]),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MammoError(
                f"expected the JSON of an exam's result, found none ({error}); give one that inference wrote",
                "bad-result",
            ) from error


def _image(item: Mapping[str, Any]) -> ImageResult:
    outcome = _outcome(item["outcome"]) if item["outcome"] else None
    return ImageResult(**_known(ImageResult, item) | {"outcome": outcome, "box": tuple(item["box"])})


def _unit(item: Mapping[str, Any]) -> UnitResult:
    parts = {"outcome": _outcome(item["outcome"]), "missing": tuple(item["missing"])}
    return UnitResult(**_known(UnitResult, item) | parts)


def _outcome(item: Mapping[str, Any]) -> Outcome:
    verdicts = tuple(Verdict(**_known(Verdict, verdict)) for verdict in item["operating_points"])
    return Outcome(**_known(Outcome, item) | {"operating_points": verdicts})


def _known(kind: type, item: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: item[one.name] for one in fields(kind)}
