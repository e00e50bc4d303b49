"""The patches of images: of their findings, and of the breast without any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from mammo_monai.datasets.levels import FINDING
from mammo_monai.datasets.patches.boxes import Box, centre, clipped, extent, holds
from mammo_monai.datasets.patches.classes import Judged
from mammo_monai.datasets.patches.policies import Policy
from mammo_monai.datasets.patches.scenes import Scene

Item = dict[str, Any]
Outcomes = Counter[tuple[str, str, str]]
"""How often: (policy, fate, code)."""

KEPT, LEFT_OUT, MISSING = "kept", "left_out", "missing"
IMAGE: Final = "image"
"""In place of a policy: an image that no policy gets to see."""
NO_FINDING: Final = -1
TINY: Final = 16
"""Pixels of a finding's longer side; a smaller one is a point, whatever its patch is."""


def of_findings(
    scene: Scene, policy: Policy, judged: Sequence[Judged], per_image: int, outcomes: Outcomes
) -> list[Item]:
    """The patches of one image's findings by one policy, at most ``per_image`` (0 for all)."""
    made: list[tuple[Item, list[str]]] = []
    for index, (one, (region, code)) in enumerate(zip(judged, scene.places, strict=True)):
        if why := one.reason or _why_not(scene, judged, index):
            outcomes[policy.name, LEFT_OUT, why] += 1
        elif region is not None:
            found = policy.of_finding(region, scene.size, policy.generator(scene, str(index)))
            shown = [cut for cut in found if _shows_breast(scene, cut[0], region)]
            outcomes[policy.name, LEFT_OUT, "patch-off-breast"] += len(found) - len(shown)
            for box, codes in shown:
                codes = [*codes, *([code] if code else []), *_codes(scene, judged, index, region, box)]
                made.append((_item(scene, one, index, policy, box), list(dict.fromkeys(codes))))
    if 0 < per_image < len(made):
        outcomes[policy.name, LEFT_OUT, "not-drawn"] += len(made) - per_image
        drawn = policy.generator(scene, "draw").choice(len(made), per_image, replace=False)
        made = [made[place] for place in sorted(drawn)]
    for _, codes in made:
        outcomes.update((policy.name, KEPT, code) for code in codes)
    return [item for item, _ in made]


def of_background(
    held: Sequence[Scene],
    policy: Policy,
    judged: Sequence[Judged],
    wanted: int,
    per_image: int,
    outcomes: Outcomes,
) -> list[Item]:
    """``wanted`` windows of the images of a section, as even over the images as their room allows.

    Args:
        held: images.
        policy: of images.
        judged: what a window of each image is.
        wanted: how many in all.
        per_image: at most; 0 for any number.
        outcomes: where it is counted.
    """
    open_ = []
    for place, (scene, one) in enumerate(zip(held, judged, strict=True)):
        if why := one.reason or _no_background(scene):
            outcomes[policy.name, LEFT_OUT, why] += 1
        else:
            open_.append(place)
    room = _windows({place: held[place] for place in open_}, policy, wanted, per_image)
    outcomes[policy.name, LEFT_OUT, "no-room"] += sum(not boxes for boxes in room.values())
    # The first window of every image comes before the second of any; whose turn is first is drawn, too.
    order = {place: policy.generator(held[place], "turn").random() for place in open_}
    turns = sorted((turn, order[place], place) for place, boxes in room.items() for turn in range(len(boxes)))[:wanted]
    outcomes[policy.name, MISSING, "fewer-than-asked"] += wanted - len(turns)
    return [
        _item(held[place], judged[place], NO_FINDING, policy, room[place][turn])
        for place, turn in sorted((place, turn) for turn, _, place in turns)
    ]


def _windows(held: Mapping[int, Scene], policy: Policy, wanted: int, per_image: int) -> dict[int, list[Box]]:
    """Windows of every image, ``wanted`` or more in all, or else as many as there are."""
    most = per_image or wanted
    room: dict[int, list[Box]] = {}
    open_, quota = list(held), 0
    while open_ and (short := wanted - sum(map(len, room.values()))) > 0 and quota < most:
        quota = min(most, quota + -(-short // len(open_)))
        # A policy draws the same windows again, and more: cheaper than to keep every image's state.
        room |= {place: list(islice(policy.of_image(held[place]), quota)) for place in open_}
        open_ = [place for place in open_ if len(room[place]) == quota]
    return room


def _why_not(scene: Scene, judged: Sequence[Judged], index: int) -> str | None:
    """Why a finding with a class has no patch."""
    region, code = scene.places[index]
    if region is None:
        return code
    if scene.breast is not None and not scene.breast.touches(region):
        return "off-breast"
    others = _of_another_class(scene, judged, index)
    return "two-classes" if any(holds(other, centre(region)) for other in others) else None


def _no_background(scene: Scene) -> str | None:
    if any(region is None for region, _ in scene.places):
        return "unlocated-finding"
    return None if scene.breast else "no-breast"


def _shows_breast(scene: Scene, box: Box, region: Box) -> bool:
    shown = clipped(box, region)
    return scene.breast is None or (shown is not None and scene.breast.touches(shown))


def _codes(scene: Scene, judged: Sequence[Judged], index: int, region: Box, box: Box) -> Iterator[str]:
    if max(extent(region)) < TINY:
        yield "tiny"
    rows, cols = scene.size or (box[2], box[3])
    if clipped(box, (0, 0, rows, cols)) != box:
        yield "at-edge"
    if any(clipped(box, other) for other in _of_another_class(scene, judged, index)):
        yield "touches-another-class"


def _of_another_class(scene: Scene, judged: Sequence[Judged], index: int) -> list[Box]:
    """Where findings of another class than that of finding ``index`` are."""
    own = judged[index].label
    return [
        region
        for other, (region, _) in zip(judged, scene.places, strict=True)
        if region is not None and other.label not in (None, own)
    ]


def _item(scene: Scene, one: Judged, index: int, policy: Policy, box: Box) -> Item:
    return {
        **scene.item,
        "label": one.label,
        "birads": one.record.birads or "",
        "pathology": one.record.pathology or "",
        "findings": [] if index == NO_FINDING else [scene.item["findings"][index]],
        FINDING: index,
        "policy": policy.name,
        "box": list(box),
    }
