"""What stands against a patch list: options, missing images, a policy or a class without a patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.datalist import counted
from mammo_monai.datasets.kinds import KINDS
from mammo_monai.datasets.patches.cutting import IMAGE, KEPT, Item, Outcomes
from mammo_monai.datasets.patches.policies import Policy
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.datasets.selection import file_size
from mammo_monai.errors import MammoError
from mammo_monai.transforms.turns import TURNS

KINDS_ASKED: Final = (*KINDS, " and ".join(KINDS), "other")
SPLITS: Final = ("patients", "patches")


def asked(
    datalist: Mapping[str, Any],
    policies: Sequence[Policy],
    kinds: Sequence[str],
    normal_share: float,
    copies: int,
    split: str,
    files: bool,
) -> None:
    """Raise for an option that is wrong, or does not go with another."""
    if unknown := [kind for kind in kinds if kind not in KINDS_ASKED]:
        raise MammoError(f"--kinds {unknown[0]}: expected some of {', '.join(KINDS_ASKED)}", "usage")
    if not 0 < normal_share < 1:
        raise MammoError(f"--normal_share {normal_share}: expected a share between 0 and 1, such as 0.85", "usage")
    if copies not in range(1, TURNS + 1):
        raise MammoError(f"--copies {copies}: expected a whole number from 1 to {TURNS}", "usage")
    if split not in SPLITS:
        raise MammoError(f"--split {split}: expected one of {', '.join(SPLITS)}", "usage")
    if not any(policy.of_findings for policy in policies):
        raise MammoError("--policy: background is a share of all patches; add a policy that cuts findings", "usage")
    if not files and not all(policy.of_findings for policy in policies):
        raise MammoError("--policy: background needs the images; leave it out or --labels_only", "usage")
    if datalist["level"] == "finding":
        raise MammoError(
            "the datalist has items of single findings, not of images; write one with another --level, so that every "
            "finding of an image is known",
            "bad-datalist",
        )


def files(lists: Mapping[str, Sequence[Mapping[str, Any]]], root: Path) -> None:
    """Raise where an image is missing."""
    images = [root / item["image"] for items in lists.values() for item in items]
    missing = [image for image in images if file_size(image) is None]
    if missing:
        raise MammoError(
            f"{missing[0]}: no such file ({len(missing)} of {len(images)} are missing); point --root at the data set's "
            "folder, or count with --labels_only",
            "missing-file",
        )


def policies(made: Mapping[str, Sequence[Item]], policies: Sequence[Policy], outcomes: Outcomes) -> None:
    """Raise for a policy that gave nothing."""
    held = {item["policy"] for items in made.values() for item in items}
    for policy in policies:
        if policy.name not in held:
            why = _reasons(outcomes, policy.name)
            raise MammoError(f"--policy {policy.name} gives no patch ({why}); is it the right --labels?", "no-patches")


def classes(made: Mapping[str, Sequence[Item]], names: Sequence[str], outcomes: Outcomes) -> None:
    """Raise for a class that training or validation lacks; the test may do without."""
    for section in SECTIONS[:2]:
        absent = [name for name, count in counted(made[section], names).items() if not count]
        if absent:
            why = _reasons(outcomes)
            raise MammoError(
                f"section {section!r} has no patch of class {', '.join(absent)} (in all sections: {why}); divide the "
                "images with other --ratios or --seed, or choose --labels and --policy that give it",
                "absent-class",
            )


def _reasons(outcomes: Outcomes, policy: str = "") -> str:
    """What was left out most often, by one policy or by all."""
    codes: Counter[str] = Counter()
    for (name, fate, code), count in outcomes.items():
        if fate != KEPT and count and (not policy or name in (policy, IMAGE)):
            codes[code] += count
    return ", ".join(f"{count} {code}" for code, count in codes.most_common(5)) or "nothing was left out"
