"""From a datalist of images to a patch list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.datasets.datalist import rebuilt
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.leakage import ON_PURPOSE
from mammo_monai.datasets.patches import checks, classes, cutting
from mammo_monai.datasets.patches.copies import copied
from mammo_monai.datasets.patches.cutting import IMAGE, LEFT_OUT, Item, Outcomes
from mammo_monai.datasets.patches.policies import Policy, load
from mammo_monai.datasets.patches.report import report
from mammo_monai.datasets.patches.scenes import Progress, Scene, scenes
from mammo_monai.datasets.patches.shuffling import shuffled
from mammo_monai.datasets.records import SECTIONS


def build(
    datalist: Mapping[str, Any],
    root: Path,
    label_map: LabelMap,
    *,
    policies: Sequence[str],
    options: Mapping[str, str] | None = None,
    kinds: Sequence[str] = (),
    normal_share: float = 0.85,
    per_image: int = 0,
    copies: int = 1,
    split: str = "patients",
    seed: int = 0,
    files: bool = True,
    progress: Progress = lambda work, _: work,
) -> dict[str, Any]:
    """A patch list, see :mod:`mammo_monai.datasets.patches`. The same input gives the same list.

    Args:
        datalist: of whole images, already split, as :func:`mammo_monai.datasets.datalist.read` gives it.
        root: folder of the data set.
        label_map: decides the class of a patch by its finding; see :func:`mammo_monai.datasets.levels.at_level`.
        policies: see :mod:`mammo_monai.datasets.patches.policies`.
        options: of the policies, as text.
        kinds: only findings of these kinds (see :mod:`mammo_monai.datasets.kinds`); none for all.
        normal_share: share of background among the patches of each section.
        per_image: at most so many patches of an image and policy; 0 for all.
        copies: every patch so many times, each time laid down another way (:mod:`~.copies`); 1 for none but itself.
        split: "patients", or "patches" for the wrong split (:mod:`~.shuffling`).
        seed: of every draw.
        files: whether to read the images; without, what lies outside image or breast is not known.
        progress: wraps the reading of images; gets it and its length.

    Raises:
        MammoError: an option; no list of whole images; an image is missing; a policy gives no patch, or a section but
            the test no patch of some class.
    """
    chosen = load(policies, options or {}, seed)
    checks.asked(datalist, chosen, kinds, normal_share, copies, split, files)
    lists = {section: datalist[section] for section in SECTIONS}
    if files:
        checks.files(lists, root)
    seen = scenes(lists, root, files=files, progress=progress)
    outcomes: Outcomes = Counter({(IMAGE, LEFT_OUT, "unreadable"): sum(bool(scene.error) for scene in seen)})
    made = {
        section: _cut(
            [scene for scene in seen if scene.section == section and not scene.error],
            chosen, label_map, kinds, normal_share, per_image, outcomes,
        )
        for section in SECTIONS
    }  # fmt: skip
    checks.policies(made, chosen, outcomes)
    made = {section: copied(items, copies) for section, items in made.items()}
    if split == "patches":
        made = shuffled(made, seed)
    checks.classes(made, label_map.classes, outcomes)
    head = {
        **{key: value for key, value in datalist.items() if key != "confounding"},
        "label_map": label_map.name,
        "label_note": label_map.note,
        "level": "finding",
        "classes": list(label_map.classes),
        "patches": {
            "policies": {policy.name: dict(policy.options) for policy in chosen},
            "kinds": list(kinds),
            "normal_share": normal_share,
            "per_image": per_image,
            "copies": copies,
            "split": split,
            "seed": seed,
            "files": files,
            "images": datalist["digest"],
            "unreadable": [scene.record.image for scene in seen if scene.error],
        },
        "outcomes": _nested(outcomes),
        "report": report(made, label_map.classes),
    }
    if split == "patches":
        head["guard"] = {**datalist["guard"], "checked": [], "broken": ON_PURPOSE}
    return rebuilt(head, made)


def _cut(
    held: Sequence[Scene],
    policies: Sequence[Policy],
    label_map: LabelMap,
    kinds: Sequence[str],
    normal_share: float,
    per_image: int,
    outcomes: Outcomes,
) -> list[Item]:
    """All patches of one section."""
    judged = [classes.of_findings(scene.record, label_map, kinds) for scene in held]
    made = [
        item
        for policy in policies
        if policy.of_findings
        for scene, each in zip(held, judged, strict=True)
        for item in cutting.of_findings(scene, policy, each, per_image, outcomes)
    ]
    others = [policy for policy in policies if not policy.of_findings]
    if others:
        normal = [classes.of_background(scene.record, label_map) for scene in held]
        wanted = round(len(made) * normal_share / (1 - normal_share) / len(others))
        for policy in others:
            made += cutting.of_background(held, policy, normal, wanted, per_image, outcomes)
    return made


def _nested(outcomes: Outcomes) -> dict[str, dict[str, dict[str, int]]]:
    nested: dict[str, dict[str, dict[str, int]]] = {}
    for (policy, fate, code), count in sorted(outcomes.items()):
        if count:
            nested.setdefault(policy, {}).setdefault(fate, {})[code] = count
    return nested
