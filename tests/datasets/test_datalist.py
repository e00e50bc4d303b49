from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.datasets.fingerprints import Fingerprint
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.errors import MammoError

Make = Callable[..., list[Record]]
PAIRS = [(f"p{i // 4}", "1245"[(i // 4) % 4]) for i in range(80)]


def build(records: list[Record], root: Path, **options: Any) -> dict[str, Any]:
    return datalist.build(records, labels.load("birads3"), root, name="own", **options)


@pytest.fixture
def written(make_records: Make, tmp_path: Path) -> Path:
    out = tmp_path / "list" / "d.json"
    datalist.write(build(make_records(PAIRS), tmp_path), out)
    return out


def edit(path: Path, change: Callable[[dict[str, Any]], None], sign: bool = False) -> None:
    content = json.loads(path.read_text())
    change(content)
    if sign:  # SHA-256 of the classes and the lists as canonical JSON
        parts = [content[key] for key in ("classes", "training", "validation", "test")]
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        content["digest"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(content))


def test_what_it_holds(written: Path) -> None:
    content = json.loads(written.read_text())
    assert content["classes"] == ["045", "1", "23"] and content["label_map"] == "birads3"
    assert (content["split"], content["seed"], content["ratios"]) == ("random", 0, [70, 15, 15])
    items = [item for section in ("training", "validation", "test") for item in content[section]]
    assert sorted(item["image"] for item in items) == [f"i{i:05d}.png" for i in range(80)]
    birads = {f"i{i:05d}.png": value for i, (_, value) in enumerate(PAIRS)}
    expected = {"1": 1, "2": 2, "4": 0, "5": 0}
    assert all(item["label"] == expected[birads[item["image"]]] for item in items)
    for section, counts in content["counts"].items():
        assert counts == {
            name: sum(item["label"] == i for item in content[section]) for i, name in enumerate(["045", "1", "23"])
        }
    assert content["left_out"] == {}
    assert str(written.parent.parent) not in written.read_text()


def test_same_input_same_bytes_in_any_order(make_records: Make, tmp_path: Path, written: Path) -> None:
    records = make_records(PAIRS)
    random.Random(1).shuffle(records)
    datalist.write(build(records, tmp_path), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()
    datalist.write(build(records, tmp_path, seed=1), tmp_path / "other.json")
    assert datalist.digest(tmp_path / "other.json") != datalist.digest(written)


def test_loading_for_training(written: Path, tmp_path: Path) -> None:
    items = datalist.load(written, tmp_path, "training")
    assert len(items) == sum(datalist.class_counts(written, "training"))
    assert datalist.class_names(written) == ["045", "1", "23"]
    for item in items:
        assert set(item) == {"image", "path", "label", "dataset", "patient", "exam", "laterality", "view"}
        assert item["dataset"] == "own"
        assert Path(item["image"]) == tmp_path / item["path"] and Path(item["image"]).is_absolute()
        assert type(item["label"]) is int and item["laterality"] == "" and item["view"] == ""


def test_loading_from_a_relative_root(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert datalist.load(written, ".", "test") == datalist.load(written, tmp_path, "test")


def test_findings_are_kept(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    box = Finding(("Mass", "Skin Thickening"), box=(1.0, 2.0, 3.5, 4.0), birads="4")
    records[0] = replace(records[0], findings=(box,))
    content = build(records, tmp_path)
    item = next(i for s in ("training", "validation", "test") for i in content[s] if i["image"] == "i00000.png")
    assert json.loads(json.dumps(item["findings"])) == [
        {
            "categories": ["Mass", "Skin Thickening"],
            "box": [1, 2, 3.5, 4],
            "circle": None,
            "outline": None,
            "mask": None,
            "birads": "4",
            "pathology": None,
        }
    ]


def test_left_out_is_counted_by_reason(make_records: Make, tmp_path: Path) -> None:
    records = make_records([*PAIRS, ("q", ""), ("q", ""), ("q", "6"), ("r", "1"), ("s", "1")])
    (tmp_path / records[-1].image).unlink()
    (tmp_path / records[-2].image).write_bytes(b"")
    records.append(replace(records[0], source="t.csv:99"))
    content = build(records, tmp_path)
    assert content["left_out"] == {
        "birads-6-not-in-birads3": 1, "birads-unknown": 2, "duplicate": 1, "empty-file": 1, "missing-file": 1,
    }  # fmt: skip
    assert sum(len(content[s]) for s in ("training", "validation", "test")) == 80


def test_one_image_with_two_labels_is_an_error(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    records.append(replace(records[3], birads="5", image="./" + records[3].image, source="t.csv:99"))
    with pytest.raises(MammoError, match=r"t\.csv:99: image '\./i00003\.png' was listed at t\.csv:5 with other"):
        build(records, tmp_path)


@pytest.mark.parametrize("image", ["/etc/passwd", "../out.png", "a/../../b.png"])
def test_no_image_outside_the_root(make_records: Make, tmp_path: Path, image: str) -> None:
    records = make_records(PAIRS)
    records[2] = replace(records[2], image=image)
    with pytest.raises(MammoError, match=r"t\.csv:4: image .* outside the data set's root"):
        build(records, tmp_path)


def test_one_class_is_written_and_not_trained_on(make_records: Make, tmp_path: Path) -> None:
    out = tmp_path / "d.json"
    datalist.write(build(make_records([(f"p{i}", "1") for i in range(20)]), tmp_path), out)
    assert datalist.class_counts(out, "training") == [0, 14, 0]
    with pytest.raises(MammoError, match="section 'training' has no image of class 045, 23") as error:
        datalist.load(out, tmp_path, "training")
    assert error.value.reason == "absent-class"


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "none of 0 images is usable .left out: nothing"),
        ([("a", ""), ("b", "6")], "none of 2 images is usable .left out: 1 birads-6-not-in-birads3, 1 birads-unknown"),
    ],
)
def test_nothing_usable_is_an_error(
    make_records: Make, tmp_path: Path, pairs: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(MammoError, match=message) as error:
        build(make_records(pairs), tmp_path)
    assert error.value.reason == "nothing-usable"


def test_a_field_that_no_image_has_is_named_with_the_columns_there_are(make_records: Make, tmp_path: Path) -> None:
    records = [replace(record, extra={"assessment": "1", "reader": "x"}) for record in make_records([("a", "")] * 3)]
    named = r"none of 3 images has a 'birads' .* --birads NAME; columns with no meaning yet: 'assessment', 'reader'$"
    with pytest.raises(MammoError, match=named) as error:
        build(records, tmp_path)
    assert error.value.reason == "no-such-label"


def test_images_that_no_record_names_are_counted(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    (tmp_path / "sub").mkdir()
    for extra in ("sub/z.png", "y.png", "notes.txt", "mask.png"):
        (tmp_path / extra).write_bytes(b"x")
    records[0] = replace(records[0], others=("mask.png",))
    content = build(records, tmp_path)
    assert (content["unlisted"], content["unlisted_first"]) == (2, ["sub/z.png", "y.png"])
    assert "unlisted" not in build(records, tmp_path, files=False)


def test_official_split_of_vindr(vindr: Any) -> None:
    records = adapters.read("vindr", vindr.write())
    content = build(records, vindr.root, method="official")
    assert {item["patient"] for item in content["test"]} == {"s3", "s8"}
    assert len(content["training"]) + len(content["validation"]) == 32
    assert content["validation"]


def test_an_official_split_that_leaks(vindr: Any) -> None:
    vindr.breasts[0][9] = "test"
    records = adapters.read("vindr", vindr.write())
    with pytest.raises(MammoError, match=r"s0 \(.*test\)") as error:
        build(records, vindr.root, method="official")
    assert error.value.reason == "patient-leak"


def test_images_an_official_split_does_not_name_are_counted(vindr: Any) -> None:
    for row in vindr.breasts[:4]:
        row[9] = ""
    assert build(adapters.read("vindr", vindr.write()), vindr.root, method="official")["left_out"] == {
        "no-official-split": 4
    }


def test_a_leak_is_refused_at_writing_and_at_loading(written: Path, tmp_path: Path) -> None:
    content = json.loads(written.read_text())
    content["test"].append(content["training"][0])
    with pytest.raises(MammoError, match="stand in two sections"):
        datalist.write(content, tmp_path / "leak.json")
    assert not (tmp_path / "leak.json").exists()
    edit(written, lambda c: c["test"].append(c["training"][0]), sign=True)
    with pytest.raises(MammoError, match="stand in two sections"):
        datalist.load(written, tmp_path, "training")


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["training"][0].update(label=1 - c["training"][0]["label"]),
        lambda c: c["test"].pop(),
        lambda c: c["classes"].reverse(),
        lambda c: c["validation"][0].update(patient="x"),
    ],
)
def test_an_edited_datalist_is_refused(written: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit(written, change)
    with pytest.raises(MammoError, match=r"d\.json: edited after it was written") as error:
        datalist.load(written, tmp_path, "training")
    assert error.value.reason == "edited-datalist"


def test_a_missing_file_is_named_with_the_count(written: Path, tmp_path: Path) -> None:
    items = datalist.load(written, tmp_path, "validation")
    for item in items[:3]:
        Path(item["image"]).unlink()
    with pytest.raises(MammoError) as error:
        datalist.load(written, tmp_path, "validation")
    assert str(error.value).startswith(f"{items[0]['image']}: no such file (3 of {len(items)} in section")
    assert "dataset_dir" in str(error.value)


def test_a_section_without_two_classes(make_records: Make, tmp_path: Path) -> None:
    out = tmp_path / "d.json"
    datalist.write(build(make_records([("a", "1"), ("b", "1"), ("c", "5")]), tmp_path), out)
    found = {s: sum(datalist.class_counts(out, s)) for s in ("training", "validation", "test")}
    assert found == {"training": 1, "validation": 1, "test": 1}
    with pytest.raises(MammoError, match="section 'test' has no image of class 045, 23"):
        datalist.load(out, tmp_path, "test")
    edit(out, lambda c: c["test"].clear(), sign=True)
    with pytest.raises(MammoError, match="section 'test' has no image of class 045, 1, 23"):
        datalist.load(out, tmp_path, "test")
    with pytest.raises(MammoError, match="no section 'train'; choose one of training, validation, test"):
        datalist.load(out, tmp_path, "train")


def test_training_and_validation_need_every_class(make_records: Make, tmp_path: Path) -> None:
    """Without one of them the key metric is undefined; a test section may do without, and then says so."""
    out = tmp_path / "d.json"
    patients = [(f"p{i}", birads) for i, birads in enumerate("15" * 10)]
    datalist.write(build(make_records(patients), tmp_path), out)
    for section in ("training", "validation"):
        with pytest.raises(MammoError, match=f"section '{section}' has no image of class 23"):
            datalist.load(out, tmp_path, section)
    assert len(datalist.load(out, tmp_path, "test")) == 3


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"training": []}', b"\xff\xfe", b"[" * 100_000, b"\0"])
def test_a_file_that_is_no_datalist(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "d.json").write_bytes(text)
    with pytest.raises(MammoError, match=r"d\.json: .*; write it again with 'mammo-monai datalist'"):
        datalist.read(tmp_path / "d.json")
    with pytest.raises(MammoError, match="no such datalist"):
        datalist.read(tmp_path / "nowhere.json")


def test_a_failed_write_leaves_the_earlier_file(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written.read_bytes()
    content = datalist.read(written)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MammoError, match=r"cannot be written .No space left"):
        datalist.write(content, written)
    assert written.read_bytes() == before
    assert [file.name for file in written.parent.iterdir()] == ["d.json"]


@pytest.mark.parametrize("out", ["", ".", "/", "list", "list/d.json/x.json", "n" * 300])
def test_an_out_that_is_no_file(written: Path, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MammoError, match=r"cannot be written|is not a regular file"):
        datalist.write(datalist.read(written), Path(out))


def test_a_file_name_beyond_reach_is_a_missing_file(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    records[0] = replace(records[0], image="n" * 5000)
    assert build(records, tmp_path)["left_out"] == {"missing-file": 1}


def entries(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for section in ("training", "validation", "test") for item in content[section]]


def test_every_item_has_the_frozen_keys_and_unknown_is_blank(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    extra = {"age": "61", "vendor": "IMS", "device": "Giotto", "site": "Hanoi", "other": "x"}
    records[5] = replace(records[5], extra=extra, density="C", pathology="benign")
    keys = "image label dataset patient exam laterality view birads pathology density age vendor device site"
    for item in entries(build(records, tmp_path)):
        assert list(item) == [*keys.split(), "findings", "sha256", "phash"]
        known = item["image"] == "i00005.png"
        assert [item[key] for key in extra if key != "other"] == (list(extra.values())[:4] if known else [""] * 4)
        assert (item["sha256"], item["phash"], item["density"]) == ("", "", "C" if known else "")


def marks(**spoilt: Fingerprint | MammoError) -> Callable[..., dict[str, Fingerprint | MammoError]]:
    """Fingerprints that all differ, but for those given ("i00003": ...)."""

    def made(images: list[str]) -> dict[str, Fingerprint | MammoError]:
        plain = {image: Fingerprint(hashlib.sha256(image.encode()).hexdigest(), "") for image in images}
        return plain | {image: mark for image in images if (mark := spoilt.get(image.removesuffix(".png")))}

    return made


def test_unreadable_files_are_left_out_by_name(make_records: Make, tmp_path: Path) -> None:
    content = build(make_records(PAIRS), tmp_path, fingerprints=marks(i00003=MammoError("torn", "unreadable")))
    assert content["left_out"] == {"unreadable": 1}
    assert content["left_out_first"] == {"unreadable": ["i00003.png (t.csv:5)"]}
    assert content["guard"]["checked"] == ["patient", "exam", "content", "near"]
    assert content["guard"]["without_phash"] == 79
    assert build(make_records(PAIRS), tmp_path)["guard"]["checked"] == ["patient", "exam"]


def test_patients_of_one_file_stay_together_and_the_datalist_says_so(make_records: Make, tmp_path: Path) -> None:
    same, near = Fingerprint("5" * 64, ""), Fingerprint("6" * 64, "0" * 64)
    found = marks(i00000=same, i00067=same, i00004=near, i00040=replace(near, sha256="7" * 64))
    for seed in range(5):
        content = build(make_records(PAIRS), tmp_path, fingerprints=found, seed=seed)
        place = {item["patient"]: s for s in ("training", "validation", "test") for item in content[s]}
        assert place["p0"] == place["p16"] and place["p1"] == place["p10"]
        assert content["guard"]["bonds_of_patients"] == {"content": 1, "near": 1}
        assert content["guard"]["bonds_of_patients_first"] == {
            "content": ["i00000.png = i00067.png"], "near": ["i00004.png ~ i00040.png (0 bits)"],
        }  # fmt: skip
        assert next(item for item in entries(content) if item["image"] == "i00067.png")["sha256"] == "5" * 64


def test_equal_files_with_different_labels_are_left_out_and_named(make_records: Make, tmp_path: Path) -> None:
    records = make_records([*PAIRS, ("p0", "5")])  # i00000 and i00001 are 1 as well
    found = marks(**dict.fromkeys(("i00000", "i00001", "i00080"), Fingerprint("5" * 64, "")))
    content = build(records, tmp_path, fingerprints=found)
    assert content["left_out"] == {"contradicting-labels": 3}
    assert content["left_out_first"]["contradicting-labels"] == [
        "i00000.png (t.csv:2): 1, but 045 in i00080.png (t.csv:82)",
        "i00001.png (t.csv:3): 1, but 045 in i00080.png (t.csv:82)",
        "i00080.png (t.csv:82): 045, but 1 in i00000.png (t.csv:2)",
    ]
    assert len(entries(content)) == 78
    assert build(records, tmp_path)["left_out"] == {}  # nothing was hashed


def test_findings_of_equal_files_contradict_only_in_one_place(make_records: Make, tmp_path: Path) -> None:
    def finding(row: float, pathology: str) -> Finding:
        return Finding(("Mass",), box=(row, 0, row + 9, 9), pathology=pathology)

    records = [replace(record, findings=(finding(0, "benign"),)) for record in make_records(PAIRS)]
    records[0] = replace(records[0], findings=(finding(0, "benign"), finding(50, "malignant"), finding(90, "benign")))
    records[1] = replace(records[1], findings=(finding(0, "malignant"), finding(50, "malignant")))
    same = Fingerprint("5" * 64, "")
    options: dict[str, Any] = {"name": "own", "level": "finding", "fingerprints": marks(i00000=same, i00001=same)}
    content = datalist.build(records, labels.load("lesion5"), tmp_path, **options)
    assert content["left_out"] == {"contradicting-labels": 2}
    left = sorted((i["image"], i["findings"][0]["box"][0]) for i in entries(content) if i["sha256"] == "5" * 64)
    assert left == [("i00000.png", 50), ("i00000.png", 90), ("i00001.png", 50)]


def test_leaks_of_an_official_split_are_dropped_when_asked(vindr: Any) -> None:
    vindr.breasts[0][9] = "test"
    records = adapters.read("vindr", vindr.write())
    content = build(records, vindr.root, method="official", leaks="drop")
    assert content["left_out"] == {"leak": 3}
    assert {item["patient"] for item in content["test"]} == {"s0", "s3", "s8"}
    assert all(item["patient"] != "s0" for item in content["training"] + content["validation"])
    with pytest.raises(MammoError, match="--leaks ignore: expected error or drop"):
        build(records, vindr.root, leaks="ignore")


def test_labels_only_looks_at_no_file(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    for record in records:
        (tmp_path / record.image).unlink()
    content = build(records, tmp_path, files=False)
    assert len(entries(content)) == 80 and content["guard"]["files"] is False
    datalist.write(content, tmp_path / "d.json")
    with pytest.raises(MammoError, match="no such file"):
        datalist.load(tmp_path / "d.json", tmp_path, "training")


def test_folds_are_lists_of_their_own(make_records: Make, tmp_path: Path) -> None:
    made = datalist.build_all(make_records(PAIRS), labels.load("birads3"), tmp_path, name="own", folds=4)
    assert [content["fold"] for content in made] == [0, 1, 2, 3]
    tested = [item["image"] for content in made for item in content["test"]]
    assert sorted(tested) == [f"i{i:05d}.png" for i in range(80)]
    for content, following in zip(made, [*made[1:], made[0]], strict=True):
        assert content["validation"] == following["test"]
        assert len(entries(content)) == 80
    assert len({content["digest"] for content in made}) == 4


def test_balance_is_counted_and_asked_for_by_the_ratios(make_records: Make, tmp_path: Path) -> None:
    records = [replace(record, density="AB"[i % 2]) for i, record in enumerate(make_records(PAIRS))]
    records[0] = replace(records[0], findings=(Finding(("Mass", "Asymmetry")), Finding(("Mass",))))
    content = build(records, tmp_path)
    assert list(content["balance"]) == ["class", "density", "finding"]
    assert sum(place["got"] for place in content["balance"]["finding"]["Mass"].values()) == 1
    for attribute, key in (("class", "label"), ("density", "density")):
        for value, sections in content["balance"][attribute].items():
            wanted = content["classes"].index(value) if attribute == "class" else value
            total = sum(item[key] == wanted for item in entries(content))
            for section, share in (("training", 0.7), ("validation", 0.15), ("test", 0.15)):
                assert sections[section]["got"] == sum(item[key] == wanted for item in content[section])
                assert sections[section]["asked"] == pytest.approx(share * total, abs=0.06)
    assert list(build(records, tmp_path, stratify=["class"])["balance"]) == ["class"]
    with pytest.raises(MammoError, match="--stratify colour: choose among class, density"):
        build(records, tmp_path, stratify=["colour"])


def test_levels_and_what_an_adapter_excluded_or_noted(vindr: Any) -> None:
    records = adapters.read("vindr", vindr.write())
    content = build(records, vindr.root, level="exam")
    first = [item for item in entries(content) if item["exam"] == records[0].exam]
    assert {item["birads"] for item in first} == {"4"} and content["level"] == "exam"
    odd = [replace(r, excluded="incomplete") if i < 2 else replace(r, notes=("moved",)) for i, r in enumerate(records)]
    content = build(odd, vindr.root)
    assert content["left_out"] == {"incomplete": 2} and content["notes"] == {"moved": 38}
    assert len(entries(content)) == 38


def test_finding_level_items(make_records: Make, tmp_path: Path) -> None:
    records = make_records(PAIRS)
    benign, malignant = (Finding(("Mass",), pathology=name) for name in ("benign", "malignant"))
    records = [replace(record, findings=(benign, malignant), notes=("moved",)) for record in records]
    records[0] = replace(records[0], findings=(), pathology="normal")
    records[1] = replace(records[1], findings=(Finding(("Asymmetry",), pathology="benign"),))
    made = datalist.build(records, labels.load("lesion5"), tmp_path, name="own", level="finding")
    assert len(entries(made)) == 1 + 78 * 2 and made["notes"] == {"moved": 79}
    assert made["left_out"] == {"finding_class-benign other-not-in-lesion5": 1}
    assert {(item["label"], item.get("finding")) for item in entries(made)} == {(0, None), (2, 0), (4, 1)}
    assert all(len(item["findings"]) == 1 for item in entries(made) if "finding" in item)


def test_a_prepared_file_is_handed_over_and_the_digest_stays(written: Path, tmp_path: Path) -> None:
    content = datalist.read(written)
    plain = datalist.load(written, tmp_path, "training")
    store = tmp_path / "store"
    store.mkdir()
    lists = {s: [{**item, "prepared": f"store/{item['image']}.s"} for item in content[s]] for s in content["counts"]}
    for item in entries(lists):
        (tmp_path / item["prepared"]).write_bytes(b"x")
    made = datalist.rebuilt(content, lists)
    assert made["digest"] == content["digest"] and made["balance"] == content["balance"]
    datalist.write(made, tmp_path / "p.json")
    for item, before in zip(datalist.load(tmp_path / "p.json", tmp_path, "training"), plain, strict=True):
        assert item == {**before, "image": str(tmp_path / "store" / f"{before['path']}.s")}
    lists["test"] = lists["test"][1:]
    fewer = datalist.rebuilt(content, lists, ["no-breast"])
    assert fewer["left_out"] == {"no-breast": 1} and fewer["digest"] != content["digest"]
    assert sum(sum(counts.values()) for counts in fewer["counts"].values()) == 79


def test_a_datalist_of_an_earlier_version_is_to_be_written_again(written: Path, tmp_path: Path) -> None:
    edit(written, lambda c: c["training"][0].pop("dataset"), sign=True)
    with pytest.raises(MammoError, match=r"not a datalist of this mammo-monai .* write it again") as error:
        datalist.load(written, tmp_path, "training")
    assert error.value.reason == "bad-datalist"


@pytest.mark.parametrize("key", ["image", "label", "patient", "sha256", "findings"])
@pytest.mark.parametrize("value", [None, -1, 3, 1.5, {}, True])
def test_an_entry_of_another_type_is_refused(written: Path, tmp_path: Path, key: str, value: object) -> None:
    edit(written, lambda c: c["training"][0].update({key: value}), sign=True)
    with pytest.raises(MammoError) as error:
        datalist.load(written, tmp_path, "training")
    assert error.value.reason == "bad-datalist"


@pytest.mark.parametrize("key", ["exam", "sha256"])
def test_exams_and_contents_are_guarded_at_loading(written: Path, tmp_path: Path, key: str) -> None:
    def leak(content: dict[str, Any]) -> None:
        content["training"][0][key] = content["test"][0][key] = "5" * 64

    edit(written, leak, sign=True)
    with pytest.raises(MammoError, match="stand in two sections"):
        datalist.load(written, tmp_path, "training")


@pytest.mark.real
def test_the_real_films(mini_mias: Path, tmp_path: Path) -> None:
    records = adapters.read("mini_mias", mini_mias)
    content = datalist.build(records, labels.load("mias3"), mini_mias, name="mini_mias")
    datalist.write(content, tmp_path / "m.json")
    totals = [sum(content["counts"][s][name] for s in content["counts"]) for name in content["classes"]]
    assert sum(totals) == 196 and totals[1] == 124 and content["left_out"] == {}
    for section in ("training", "validation", "test"):
        assert min(datalist.class_counts(tmp_path / "m.json", section)) >= 4
        assert datalist.load(tmp_path / "m.json", mini_mias, section)
