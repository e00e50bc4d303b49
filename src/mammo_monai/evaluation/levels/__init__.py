"""From images to breasts, exams and patients: probabilities by a named rule, truth, and what was missing.

A rule is a module of ``rules``, found by listing. The classes are ordered by suspicion (:mod:`.suspicion`); the truth
of a breast, exam or patient is the most suspicious label of its images, as in :mod:`mammo_monai.datasets.levels`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.levels import coverage, rules
from mammo_monai.evaluation.levels.pooling import pooled
from mammo_monai.evaluation.levels.rules import Rule
from mammo_monai.evaluation.levels.suspicion import least_first
from mammo_monai.evaluation.levels.units import (
    IDENTITY,
    IMAGE,
    Key,
    column,
    images,
    together,
    uncontradicted,
    units,
    views,
)
from mammo_monai.evaluation.scored import Scored

TRUTHS = ("worst", "same")
RULES: Final = {"image": "mean", "breast": "mean", "exam": "max", "patient": "max"}
"""How each level is made of the one below unless a rule is named: views of a breast are averaged, but no breast and no
earlier exam takes anything away from the suspicion that another one shows."""


def names() -> list[str]:
    """The levels there are, from the smallest to the largest."""
    return list(IDENTITY)


def at_level(scored: Scored, level: str, rule: str = "", *, order: Sequence[str] = (), truth: str = "worst") -> Scored:
    """One row per image, breast, exam or patient.

    The patches of an image are pooled first, then the images of a view that an exam repeats, so that a view counts
    once, then the views of a breast, the breasts of an exam, the exams of a patient, each by its rule of :data:`RULES`.
    A rule that is named makes the whole of the views at once. A missing view is counted and takes no part; nothing is
    put in its place. An image whose side is contradicted (column ``conflict``) is pooled with no other of a breast.

    Args:
        scored: one row per image or patch.
        level: one of :func:`names`.
        rule: one of :func:`mammo_monai.evaluation.levels.rules.names`; "" for those of :data:`RULES`.
        order: the classes from the least to the most suspicious; () for the known order of known classes.
        truth: "worst", the most suspicious label, or "same", which refuses labels that differ.

    Returns:
        rows in the order in which the units first appear. A column that differs within a unit is blank there. Above the
        image three columns are added, ``id``, ``images`` (how many) and ``missing`` (standard views, divided by
        blanks), and those that name an image go. ``notes`` are those of ``scored``, ``<level>-pooled`` (rows that
        became one with others), ``<level>-labels-differ`` (units), ``without-patient`` (units now) and above the image
        those of :func:`~mammo_monai.evaluation.levels.coverage.counted`.

    Raises:
        MammoError: no such level, rule or truth, an order of classes that is unknown or not of these, a column that is
            missing or blank, labels that contradict each other, or an image of two exams.
    """
    if truth not in TRUTHS:
        raise MammoError(f"no truth {truth!r} of a level; choose one of {', '.join(TRUTHS)}", "unknown-truth")
    scored = scored if level == "image" else uncontradicted(scored)
    by, suspicion = units(scored, level), least_first(scored.class_names, order)
    loaded = {name: rules.load(rule or of_level) for name, of_level in RULES.items()}
    members = together(by)
    _one_unit_each(scored, by, level)
    differ = [rows for rows in members if len(np.unique(scored.labels[rows])) > 1]
    if differ and truth == "same":
        raise _contradiction(scored, differ, by, level)
    notes = {f"{level}-pooled": len(scored) - len(members), f"{level}-labels-differ": len(differ)}
    whole = pooled(scored, images(scored), loaded["image"], suspicion)
    if level != "image":
        whole, of_views = _above(whole, level, [level] if rule else _up_to(level), loaded, suspicion)
        notes |= of_views
    found = Counter(scored.notes) + Counter(notes)
    found["without-patient"] = column(whole, "patient").count("")
    return replace(whole, notes=dict(+found))


def _up_to(level: str) -> list[str]:
    """The levels above the image up to this one."""
    above = names()[1:]
    return above[: above.index(level) + 1]


def _above(
    image_rows: Scored, level: str, steps: Sequence[str], rule_of: Mapping[str, Rule], order: Sequence[int]
) -> tuple[Scored, dict[str, int]]:
    """Breasts, exams or patients of images, made step by step, and what there is to note of their views."""
    by = units(image_rows, level)
    members = together(by)
    lacking = coverage.missing(image_rows, members, level)
    whole = pooled(image_rows, views(image_rows), rule_of[steps[0]], order)
    for step in steps:
        whole = pooled(whole, units(whole, step), rule_of[step], order)
    columns = {name: cells for name, cells in whole.columns.items() if name not in IMAGE}
    columns["id"] = tuple(_shown(by[rows[0]]) for rows in members)
    columns["images"] = tuple(str(len(rows)) for rows in members)
    columns["missing"] = tuple(lacking)
    return replace(whole, columns=columns), coverage.counted(image_rows, lacking)


def _one_unit_each(scored: Scored, by: Sequence[Key], level: str) -> None:
    """Refuse patches of one image that are said to be of several breasts, exams or patients."""
    image = images(scored)
    unit_of: dict[Key, Key] = {}
    for name, unit in zip(image, by, strict=True):
        if unit_of.setdefault(name, unit) != unit:
            raise MammoError(
                f"predictions: image {_shown(name)} belongs to the {level}s {_shown(unit_of[name])} and "
                f"{_shown(unit)}, expected one; correct its row",
                "contradiction",
            )


def _contradiction(scored: Scored, differ: Sequence[Sequence[int]], by: Sequence[Key], level: str) -> MammoError:
    said = [scored.class_names[label] for label in np.unique(scored.labels[differ[0]])]
    return MammoError(
        f"predictions: {level} {_shown(by[differ[0][0]])} has the labels {' and '.join(said)} ({len(differ)} such), "
        "expected one; correct them, or take the most suspicious (truth 'worst')",
        "contradiction",
    )


def _shown(key: Key) -> str:
    return " ".join(filter(None, key))
