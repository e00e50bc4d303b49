from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from mammo_monai.datasets import datalist, labels
from mammo_monai.datasets.confounding import confounding
from mammo_monai.datasets.fingerprints import Fingerprint
from mammo_monai.datasets.merging import merge
from mammo_monai.datasets.records import SECTIONS, Finding, Record
from mammo_monai.errors import MammoError

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A datalist of 40 patients called p0 .. p39 at ``tmp_path / name``."""

    def made(name: str, birads: str = "1245", sha: str = "", label_map: str = "birads3", **options: Any) -> Any:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        finding = Finding(("Mass",), mask="m.png")
        records = [
            Record(f"{i}.png", f"p{i}", f"e{i}", birads=birads[i % len(birads)], findings=(finding,)) for i in range(40)
        ]
        for record in records:
            (root / record.image).write_bytes(b"x")

        def marks(images: list[str]) -> dict[str, Fingerprint]:
            return {image: Fingerprint(f"{sha or name} {image}", "") for image in images}

        return datalist.build(records, labels.load(label_map), root, name=name, fingerprints=marks, **options)

    return made


def test_names_are_kept_apart_and_sections_stay(make: Make, tmp_path: Path) -> None:
    one, other = make("a"), make("b", seed=1)
    merged, common = merge([one, other], [tmp_path / "a", tmp_path / "b"])
    assert common == tmp_path and merged["name"] == "a+b" and merged["classes"] == one["classes"]
    for section in SECTIONS:
        assert [item["image"] for item in merged[section]] == [
            *(f"a/{item['image']}" for item in one[section]), *(f"b/{item['image']}" for item in other[section])
        ]  # fmt: skip
        assert {item["findings"][0]["mask"] for item in merged[section]} == {"a/m.png", "b/m.png"}
    datalist.write(merged, tmp_path / "m.json")  # p0 of a and p0 of b are two patients
    assert len(datalist.load(tmp_path / "m.json", common, "test")) == len(one["test"]) + len(other["test"])
    assert [source["digest"] for source in merged["sources"]] == [one["digest"], other["digest"]]
    assert merged["guard"]["checked"] == ["patient", "exam", "content", "near"]


def test_one_file_in_the_training_of_one_and_the_test_of_the_other(make: Make, tmp_path: Path) -> None:
    one, other = make("a", sha="same"), make("b", sha="same", seed=1)
    roots = [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(MammoError, match=r"content a/\d+\.png = b/\d+\.png \(.*--leaks drop") as error:
        merge([one, other], roots)
    assert error.value.reason == "content-leak"
    merged, _ = merge([one, other], roots, leaks="drop")
    tested = {item["image"].partition("/")[2] for item in merged["test"]}
    assert tested == {item["image"] for item in one["test"] + other["test"]}
    kept = merged["training"] + merged["validation"]
    assert not tested & {item["image"].partition("/")[2] for item in kept}
    assert merged["left_out"]["leak"] > 0 and len(tested) == len(merged["test"])
    assert sum(merged["left_out"].values()) == 80 - len(merged["test"]) - len(kept)


def test_what_cannot_be_merged(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, roots = make("a"), [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(MammoError, match=r"classes of a is .*'23'\], of b .*; write the datalists"):
        merge([one, make("b", label_map="birads5")], roots)
    with pytest.raises(MammoError, match="level of a is stated, of b exam"):
        merge([one, make("b", level="exam")], roots)
    with pytest.raises(MammoError, match=r"two data sets are called 'a'.*--name"):
        merge([one, one], roots)
    with pytest.raises(MammoError, match="2 datalists and 1 --roots"):
        merge([one, one], roots[:1])
    with pytest.raises(MammoError, match="nowhere: no such folder"):
        merge([one, make("b")], [tmp_path / "a", tmp_path / "nowhere"])
    with pytest.raises(MammoError, match="no folder in common but /"):
        merge([one, make("b")], [tmp_path / "a", Path("/usr")])


def images(datalist: Any) -> list[str]:
    return sorted(item["image"] for section in SECTIONS for item in datalist[section])


def test_one_class_of_each_source(make: Make, tmp_path: Path) -> None:
    """Normals of one data set, lesions of another: each list lacks the other's classes."""
    merged, common = merge([make("a", "1"), make("b", "25")], [tmp_path / "a", tmp_path / "b"])
    assert merged["counts"]["training"]["1"] == 28 and len(images(merged)) == 80
    assert [text.partition(",")[0] for text in merged["confounding"]["warnings"]] == [
        "100% of class 045 come from b", "100% of class 1 come from a", "100% of class 23 come from b",
    ]  # fmt: skip
    assert merged["confounding"]["cramers_v"] == 1
    datalist.write(merged, tmp_path / "m.json")
    assert len(datalist.load(tmp_path / "m.json", common, "training")) == 56


def test_files_have_to_be_there(make: Make, tmp_path: Path) -> None:
    one, other = make("a"), make("b")
    for i in (3, 4):
        (tmp_path / "b" / f"{i}.png").unlink()
    named = r"b/[34]\.png: no such file \(2 of 40 of b are missing\); give --roots in the order"
    with pytest.raises(MammoError, match=named) as error:
        merge([one, other], [tmp_path / "a", tmp_path / "b"])
    assert error.value.reason == "missing-file"
    merged, _ = merge([one, make("b", files=False)], [tmp_path / "a", tmp_path / "b"])
    assert merged["guard"]["files"] is False and len(images(merged)) == 80


@pytest.mark.parametrize("sha", ["", "same"])
def test_an_image_that_an_earlier_list_holds_is_left_out(make: Make, tmp_path: Path, sha: str) -> None:
    """The same list again (equal paths), or a copy of the data set under another name (equal contents)."""
    one, other = make("a", sha=sha), make("b" if sha else "a", sha=sha)
    merged, _ = merge([one, other], [tmp_path / "a", tmp_path / other["name"]])
    kept = [image if sha else f"./{image}" for image in images(one)]
    assert images(merged) == sorted(Path("a" if sha else "", image).as_posix() for image in kept)
    assert merged["guard"]["bonds_of_patients"] == {}
    assert merged["left_out"] == {"duplicate": 40} and len(merged["left_out_first"]["duplicate"]) == 5


def test_lists_that_label_an_image_differently(make: Make, tmp_path: Path) -> None:
    one, other = make("a", "1111", sha="same"), make("b", "1112", sha="same")  # every fourth is 1 here and 2 there
    merged, _ = merge([one, other], [tmp_path / "a", tmp_path / "b"], leaks="drop")
    assert merged["left_out"]["contradicting-labels"] == 20
    named = merged["left_out_first"]["contradicting-labels"][0]
    assert named == "a/11.png: contradicted by b/11.png"
    assert not [image for image in images(merged) if int(Path(image).stem) % 4 == 3]


def test_what_an_earlier_list_lost_stays_in_the_later(make: Make, tmp_path: Path) -> None:
    one, other = make("a", sha="same"), make("b", sha="same", seed=1)
    merged, _ = merge([one, other], [tmp_path / "a", tmp_path / "b"], leaks="drop")
    assert {Path(image).name for image in images(merged)} == {f"{i}.png" for i in range(40)}
    assert len(images(merged)) == 40


def items(counts: dict[tuple[int, str], int]) -> list[dict[str, Any]]:
    return [{"label": label, "dataset": name} for (label, name), count in counts.items() for _ in range(count)]


def test_a_class_from_one_source_is_warned_of() -> None:
    found = confounding(items({(0, "ddsm"): 90, (1, "cbis"): 200, (1, "ddsm"): 10}), ["normal", "lesion"])
    assert found["table"] == {"normal": {"cbis": 0, "ddsm": 90}, "lesion": {"cbis": 200, "ddsm": 10}}
    # phi of the table [[0, 90], [200, 10]], |ad - bc| over the root of the margins' product
    assert found["cramers_v"] == pytest.approx(90 * 200 / sqrt(90 * 210 * 200 * 100), abs=1e-4)
    assert [text[:38] for text in found["warnings"]] == [
        "100% of class normal come from ddsm, w", "95% of class lesion come from cbis, wh",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "v"),
    [
        ({(0, "a"): 30, (1, "a"): 60, (0, "b"): 10, (1, "b"): 20}, 0),
        ({(0, "a"): 99, (1, "a"): 99, (0, "b"): 1, (1, "b"): 1}, 0),  # mostly one source, but no class is told by it
        ({(0, "a"): 3, (1, "a"): 4}, None),
        ({}, None),
    ],
)
def test_what_is_not_confounded(counts: dict[tuple[int, str], int], v: float | None) -> None:
    found = confounding(items(counts), ["x", "y"])
    assert found["warnings"] == [] and found["cramers_v"] == v


def test_a_prepared_item_moves_too(make: Make, tmp_path: Path) -> None:
    one = make("a")
    (tmp_path / "a" / "p").mkdir()
    for image in images(one):
        (tmp_path / "a" / image).rename(tmp_path / "a" / "p" / image)
    lists = {s: [{**item, "prepared": f"p/{item['image']}"} for item in one[s]] for s in SECTIONS}
    merged, _ = merge([datalist.rebuilt(one, lists), make("b")], [tmp_path / "a", tmp_path / "b"])
    assert {item["prepared"].split("/")[:2] == ["a", "p"] for item in merged["test"] if "prepared" in item} == {True}
