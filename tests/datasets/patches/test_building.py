from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mammo_monai.datasets import datalist
from mammo_monai.datasets.records import Finding
from mammo_monai.errors import MammoError

Make = Callable[..., dict[str, Any]]
SECTIONS = ("training", "validation", "test")
RATIOS = {"ratios": (50, 25, 25)}


def mass(row: float, col: float, radius: float = 30, pathology: str = "benign", word: str = "CIRC") -> Finding:
    return Finding((word,), circle=(row, col, radius), pathology=pathology)


def one_each(patient: int) -> list[Finding]:
    """Every other film has a mass, in turn benign and malignant."""
    return [mass(300, 150, pathology="benign" if patient % 4 else "malignant")] if patient % 2 == 0 else []


def items(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for section in SECTIONS for item in made[section]]


def test_items_inherit_their_image_and_section(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    for item in items(images):
        item["prepared"] = f"store/{item['image']}"
    made = cut(images, "context", labels_="benign_malignant")
    by_image = {item["image"]: (section, item) for section in SECTIONS for item in images[section]}
    assert len(items(made)) == 12
    for section in SECTIONS:
        for item in made[section]:
            own_section, own = by_image[item["image"]]
            assert section == own_section
            kept = {key: item[key] for key in own if key not in ("label", "birads", "pathology", "findings")}
            assert kept == {key: own[key] for key in kept}
            assert item["prepared"] == f"store/{item['image']}"
            assert (item["policy"], item["finding"], item["box"]) == ("context", 0, [240, 90, 360, 210])
            assert made["classes"][item["label"]] == item["pathology"] == own["findings"][0]["pathology"]
    assert made["level"] == "finding" and made["label_map"] == "benign_malignant"
    assert made["patches"]["images"] == images["digest"] != made["digest"]


def test_same_input_same_bytes_and_the_seed_counts(make_list: Make, cut: Make, tmp_path: Path) -> None:
    images = make_list(one_each, 24, **RATIOS)
    texts = []
    for seed in (0, 0, 1):
        made = cut(images, "tile", "background", options={"size": "64"}, labels_="normal_abnormal", seed=seed)
        datalist.write(made, tmp_path / "p.json")
        texts.append((tmp_path / "p.json").read_bytes())
        assert datalist.read(tmp_path / "p.json") == json.loads(texts[-1])
    assert texts[0] == texts[1] != texts[2] and str(tmp_path).encode() not in texts[0]


def test_every_outcome_is_named_and_counted(make_list: Make, cut: Make, tmp_path: Path) -> None:
    odd = {
        1: [mass(300, 150, 3)],  # tiny
        2: [mass(300, 10, 30)],  # at the edge
        3: [mass(60, 450, 10)],  # on air
        4: [Finding(("CIRC",), pathology="benign")],
        5: [mass(-80, 100, 20)],
        6: [mass(300, 150, 260)],  # larger than 500 columns
        7: [mass(300, 150, word="ARCH")],
        8: [mass(300, 150, word="CALC")],
        9: [mass(300, 150, pathology="malignant"), mass(305, 150, 8)],  # one in the other
        10: [mass(300, 150, pathology="malignant"), mass(300, 220, 30)],  # side by side
        11: [mass(300, 150, 0.25), mass(float("nan"), 150, 3)],  # a point
        12: [],
    }
    images = make_list(lambda i: odd.get(i, [mass(300, 150, pathology="malignant" if i % 2 else "benign")]), 43)
    made = cut(images, "context", labels_="benign_malignant", kinds=["mass"])
    assert made["outcomes"] == {
        "context": {
            "kept": {"at-edge": 2, "grown": 2, "larger-than-image": 1, "tiny": 2, "touches-another-class": 2},
            "left_out": {
                "bad-coordinates": 1, "kind-calcification-not-asked": 1, "kind-other-not-asked": 1,
                "no-coordinates": 1, "off-breast": 1, "off-image": 1, "two-classes": 2,
            },
        }
    }  # fmt: skip
    assert len(items(made)) == 31 + 1 + 1 + 1 + 2 + 1  # plain, tiny, at the edge, large, side by side, a point


@pytest.mark.parametrize(("policy", "patches"), [("context", 1), ("tile", 5)])
def test_every_policy_says_the_same_of_a_small_finding(make_list: Make, cut: Make, policy: str, patches: int) -> None:
    """A radius of 3 is a side of 6 pixels, 7.9 one of 16 whole ones: kept, and counted in patches."""
    small = {1: [mass(300, 150, 3)], 2: [mass(300, 150, 7.9)], 3: [mass(300.5, 150.5, 7.5)]}
    images = make_list(lambda i: small.get(i, one_each(i)), 24, **RATIOS)
    made = cut(images, policy, labels_="benign_malignant")
    assert made["outcomes"][policy]["kept"]["tiny"] == 2 * patches
    kept = Counter(item["image"] for item in items(made))
    assert {kept[f"f{i}.png"] for i in small} == {patches}


def test_copies_are_patches_laid_down_otherwise_where_their_patch_is(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    options: dict[str, Any] = {"options": {"size": "64"}, "labels_": "normal_abnormal"}
    plain = cut(images, "tile", "background", **options)
    made = cut(images, "tile", "background", copies=3, **options)
    for section in SECTIONS:
        assert made[section] == [{**item, "turn": turn} for item in plain[section] for turn in range(3)]
        assert made["report"][section]["all"]["patches"] == 3 * plain["report"][section]["all"]["patches"]
        assert made["report"][section]["all"]["findings"] == plain["report"][section]["all"]["findings"]
    assert made["outcomes"] == plain["outcomes"] and made["patches"]["copies"] == 3
    mixed = cut(images, "tile", "background", copies=8, split="patches", **options)
    training, test = ({(item["image"], *item["box"]) for item in mixed[section]} for section in ("training", "test"))
    assert training & test  # what the wrong split is shown by


def test_background_is_normal_in_share_and_touches_no_finding(make_list: Make, cut: Make, film: np.ndarray) -> None:
    images = make_list(one_each, 24, **RATIOS)
    made = cut(images, "tile", "background", options={"size": "64", "around": "1"}, labels_="normal_abnormal",
               normal_share=0.75)  # fmt: skip
    for section in SECTIONS:
        counts = Counter(item["policy"] for item in made[section])
        assert counts["background"] == 3 * counts["tile"] > 0
        per_image = Counter(item["image"] for item in made[section] if item["policy"] == "background")
        assert set(per_image) == {item["image"] for item in images[section]}
        assert max(per_image.values()) - min(per_image.values()) <= 1
    findings = {item["image"]: item["findings"] for item in items(images)}
    for item in items(made):
        if item["policy"] == "background":
            top, left, bottom, right = item["box"]
            assert made["classes"][item["label"]] == "normal" == item["pathology"]
            assert item["finding"] == -1 and item["findings"] == [] and item["birads"] == ""
            assert (film[top:bottom, left:right] > 50).mean() > 0.85
            for finding in findings[item["image"]]:
                row, col, radius = finding["circle"]
                nearest = np.clip(row, top, bottom - 1) - row, np.clip(col, left, right - 1) - col
                assert np.hypot(*nearest) > radius - 1


def test_no_background_where_something_may_be_unmarked(make_list: Make, cut: Make) -> None:
    def findings(patient: int) -> list[Finding]:
        lost = [Finding(("CIRC",), pathology="benign")] if patient == 2 else []
        return one_each(patient) + lost

    images = make_list(findings, 24, **RATIOS)
    for item in items(images):  # a film that is said to be malignant, with nothing marked
        if item["image"] == "f1.png":
            item["pathology"] = "malignant"
    made = cut(images, "context", "background", options={"size": "64"}, labels_="normal_abnormal", normal_share=0.8)
    assert made["outcomes"]["background"]["left_out"] == {"not-negative": 1, "unlocated-finding": 1}
    assert not {"f1.png", "f2.png"} & {item["image"] for item in items(made) if item["policy"] == "background"}


def test_fewer_windows_than_asked_are_counted(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    made = cut(images, "context", "background", options={"size": "250", "inside": "0.9"}, labels_="normal_abnormal",
               normal_share=0.99)  # fmt: skip
    got = sum(item["policy"] == "background" for item in items(made))
    wanted = sum(round(99 * sum(item["policy"] == "context" for item in made[s])) for s in SECTIONS)
    assert 0 < got < wanted
    assert made["outcomes"]["background"]["missing"] == {"fewer-than-asked": wanted - got}


def test_per_image_bounds_every_policy(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    made = cut(images, "tile", "background", options={"size": "64"}, labels_="normal_abnormal", per_image=2)
    assert set(Counter((i["image"], i["policy"]) for i in items(made)).values()) == {2}
    assert made["outcomes"]["tile"]["left_out"] == {"not-drawn": 12 * 3}


def test_the_report_counts_what_is_there(make_list: Make, cut: Make) -> None:
    made = cut(make_list(one_each, 24, **RATIOS), "tile", "background", options={"size": "64"},
               labels_="normal_abnormal")  # fmt: skip
    for section in SECTIONS:
        held, told = made[section], made["report"][section]
        lesions = [item for item in held if item["label"] == 1]
        assert told["classes"]["abnormal"] == {
            "patches": len(lesions), "findings": len(lesions) // 5, "images": len({i["image"] for i in lesions}),
            "patients": len({i["patient"] for i in lesions}),
        }  # fmt: skip
        assert told["all"]["patches"] == len(held) == sum(made["counts"][section].values())
        numbers = sorted(Counter(item["patient"] for item in held).values())
        assert (told["per_patient"]["fewest"], told["per_patient"]["most"]) == (numbers[0], numbers[-1])
        assert told["per_patient"]["median"] == np.median(numbers)


def test_a_class_without_a_patch_is_named_unless_in_the_test(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    malignant = {i["image"] for i in items(images) if i["pathology"] == "malignant"}
    for section, fails in (("test", False), ("validation", True)):
        less = {**images, section: [item for item in images[section] if item["image"] not in malignant]}
        if fails:
            with pytest.raises(MammoError, match=r"section 'validation' has no patch of class malignant") as caught:
                cut(less, "context", labels_="benign_malignant")
            assert caught.value.reason == "absent-class"
        else:
            assert cut(less, "context", labels_="benign_malignant")["counts"]["test"]["malignant"] == 0


def test_labels_only_looks_at_no_file(make_list: Make, cut: Make, tmp_path: Path) -> None:
    images = make_list(one_each, 24, **RATIOS)
    with_files = cut(images, "context", labels_="benign_malignant")
    for item in items(images):
        (tmp_path / item["image"]).unlink()
    without = cut(images, "context", labels_="benign_malignant", files=False)
    assert [i["box"] for i in items(without)] == [i["box"] for i in items(with_files)]
    with pytest.raises(MammoError, match=r"no such file \(24 of 24 are missing\)"):
        cut(images, "context", labels_="benign_malignant")
    with pytest.raises(MammoError, match="background needs the images"):
        cut(images, "context", "background", files=False)


def test_an_unreadable_image_is_left_out_and_named(make_list: Make, cut: Make, tmp_path: Path) -> None:
    images = make_list(one_each, 24, **RATIOS)
    (tmp_path / "f2.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    made = cut(images, "context", labels_="benign_malignant")
    assert made["outcomes"]["image"] == {"left_out": {"unreadable": 1}}
    assert made["patches"]["unreadable"] == ["f2.png"] and len(items(made)) == 11


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["masses"]}, "--kinds masses: expected some of mass, calcification, mass and calcification, other"),
        ({"normal_share": 1.0}, "--normal_share 1.0"),
        ({"normal_share": float("nan")}, "--normal_share nan"),
        ({"split": "images"}, "--split images"),
        ({"copies": 0}, "--copies 0: expected a whole number from 1 to 8"),
        ({"copies": 9}, "--copies 9"),
    ],
)
def test_options_that_are_refused(make_list: Make, cut: Make, options: dict[str, Any], message: str) -> None:
    with pytest.raises(MammoError) as caught:
        cut(make_list(one_each, 24), "context", **options)
    assert message in str(caught.value) and caught.value.reason == "usage"


def test_what_cannot_be_cut(make_list: Make, cut: Make) -> None:
    images = make_list(one_each, 24, **RATIOS)
    with pytest.raises(MammoError, match="add a policy that cuts findings"):
        cut(images, "background")
    with pytest.raises(MammoError, match="24 pathology-normal-not-in-benign_malignant") as caught:
        cut({**images}, "context", "background", labels_="benign_malignant")
    assert caught.value.reason == "no-patches"
    patches = cut(images, "context", labels_="benign_malignant")
    with pytest.raises(MammoError, match="not of images"):
        cut(patches, "context", labels_="benign_malignant")
    items(images)[0]["findings"] = [{"no": "finding"}]
    with pytest.raises(MammoError, match="its findings are none"):
        cut(images, "context")


def test_draws_are_an_images_own(make_list: Make, cut: Make) -> None:
    images = make_list(
        lambda i: [mass(300, 150, pathology="malignant" if i % 2 else "benign")] if i else [],
        24,
        stratify=("pathology",),
        **RATIOS,
    )

    def boxes(made: dict[str, Any]) -> dict[str, list[list[int]]]:
        found: dict[str, list[list[int]]] = {}
        for item in items(made):
            found.setdefault(item["image"], []).append(item["box"])
        return found

    whole = boxes(cut(images, "tile", labels_="benign_malignant"))
    assert len({str(drawn) for drawn in whole.values()}) == 23  # equal films, different draws
    fewer = {**images, "training": images["training"][5:]}
    assert boxes(cut(fewer, "tile", labels_="benign_malignant")).items() <= whole.items()
