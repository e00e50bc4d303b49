from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.data import DataLoader, MetaTensor
from monai.transforms import Compose, Flipd, Invertd, Lambdad, MapTransform, NormalizeIntensityd, RandFlipd

from mammo_monai.errors import MammoError
from mammo_monai.training.cache_entry import decode, encode
from mammo_monai.training.cached_dataset import CachedDataset
from mammo_monai.training.fingerprint import fingerprint
from mammo_monai.transforms.crop_box import CropBoxd
from mammo_monai.transforms.crop_breast import CropBreastd
from mammo_monai.transforms.orient_breast import OrientBreastd
from mammo_monai.transforms.resize_area import ResizeAread
from mammo_monai.transforms.source import to_source


class LoadArrayd(MapTransform):
    """Reads .npy and counts how often."""

    def __init__(self, keys: str, gain: int = 1) -> None:
        super().__init__(keys)
        self.gain = gain

    def __call__(self, data):
        d = dict(data)
        for key in self.key_iterator(d):
            COUNTS.append(d[key])
            pixels = torch.from_numpy(np.load(d[key]) * np.uint16(self.gain))[None]
            meta = {"filename_or_obj": str(d[key]), "spacing": [0.07, float("nan")], "laterality": ""}
            d[key] = MetaTensor(pixels, affine=torch.eye(4, dtype=torch.float64), meta=meta)
        return d


COUNTS: list[str] = []


def chain(gain: int = 1, size: int = 64) -> list[Callable]:
    return [
        LoadArrayd("image", gain),
        OrientBreastd("image"),
        CropBreastd("image"),
        ResizeAread("image", size),
        NormalizeIntensityd("image"),
    ]


@pytest.fixture
def items(tmp_path: Path) -> list[dict]:
    COUNTS.clear()
    for number in range(2):
        pixels = np.zeros((300, 200), np.uint16)
        rows, cols = np.mgrid[:300, :200]
        inside = ((rows - 150) / 110) ** 2 + (cols / 120) ** 2 < 1
        pixels[inside] = 20000 + np.random.default_rng(number).integers(0, 9000, inside.sum())
        np.save(tmp_path / f"{number}.npy", pixels if number else pixels[:, ::-1])
    return [{"image": str(tmp_path / f"{number}.npy"), "label": number} for number in range(2)]


def cached(items, folder: Path | None, transforms=None) -> CachedDataset:
    return CachedDataset(items, transforms or chain(), folder, "ResizeAread")


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def test_same_item_with_and_without_a_cache(items, tmp_path):
    plain, first, again = (cached(items, f) for f in (None, tmp_path / "cache", tmp_path / "cache"))
    for index in range(2):
        expected, miss, hit = plain[index], first[index], again[index]
        for found in (miss, hit):
            assert torch.equal(found["image"].as_tensor(), expected["image"].as_tensor())
            assert found["image"].dtype == torch.float32
            assert torch.equal(found["image"].affine, expected["image"].affine)
            assert found["image"].meta.keys() == expected["image"].meta.keys()
            assert found["image"].meta["crop_box"] == expected["image"].meta["crop_box"]
            assert found["label"] == index
            classes = [op["class"] for op in found["image"].applied_operations]
            assert classes == ["OrientBreast", "CropBreast", "ResizeArea"]
    assert len(COUNTS) == 4  # twice without a cache, twice to fill it, never for the hits
    assert len(entries(tmp_path / "cache")) == 2


def test_nothing_is_written_without_a_folder(items, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    cached(items, None)[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_changed_label_is_never_stale(items, tmp_path):
    cached(items, tmp_path / "cache")[0]
    relabelled = [{**item, "label": 9, "patient": "p"} for item in items]
    item = cached(relabelled, tmp_path / "cache")[0]
    assert (item["label"], item["patient"], len(COUNTS)) == (9, "p", 1)


@pytest.mark.parametrize("touch_only", [True, False])
def test_a_changed_file_is_another_entry(items, tmp_path, touch_only):
    before = cached(items, tmp_path / "cache")[0]["image"]
    path = Path(items[0]["image"])
    if not touch_only:
        pixels = np.load(path)
        pixels[120:180, -60:] = 65000
        np.save(path, pixels)
    os.utime(path, ns=(1, 1))
    after = cached(items, tmp_path / "cache")[0]["image"]
    assert len(COUNTS) == 2 and len(entries(tmp_path / "cache")) == 2
    assert torch.equal(before, after) is touch_only


@pytest.mark.parametrize("transforms", [chain(gain=2), chain(size=65)])
def test_another_parameter_is_another_entry(items, tmp_path, transforms):
    cached(items, tmp_path / "cache")[0]
    cached(items, tmp_path / "cache", transforms)[0]
    assert len(COUNTS) == 2 and len(entries(tmp_path / "cache")) == 2


def test_an_entry_that_a_transform_reads_is_part_of_the_key(items, tmp_path):
    transforms = [LoadArrayd("image"), OrientBreastd("image", by="laterality"), *chain()[2:]]
    for laterality in ("R", "L", "R"):
        item = {**items[0], "laterality": laterality}  # the chest wall lies at the right: that is R
        meta = cached([item], tmp_path / "cache", transforms)[0]["image"].meta
        assert meta["orient_flipped"] is (laterality == "R")
    assert len(COUNTS) == 2


def test_what_follows_the_boundary_shares_the_entry(items, tmp_path):
    cached(items, tmp_path / "cache")[0]
    cached(items, tmp_path / "cache", [*chain(), RandFlipd("image", prob=0.5)])[0]
    assert len(COUNTS) == 1


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: bytes(len(b)), lambda b: b"{" * 9]
)
def test_a_torn_entry_is_computed_anew(items, tmp_path, damage):
    expected = cached(items, tmp_path / "cache")[0]["image"].as_tensor()
    (path,) = entries(tmp_path / "cache")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert torch.equal(cached(items, tmp_path / "cache")[0]["image"].as_tensor(), expected)
    assert path.read_bytes() == whole


def test_a_killed_writers_file_is_never_read_and_removed_later(items, tmp_path):
    cached(items, tmp_path / "cache")[0]
    (path,) = entries(tmp_path / "cache")
    fresh, old = (path.with_name(f".{path.name}.{n}.tmp") for n in ("new", "old"))
    for torn in (fresh, old):
        torn.write_bytes(path.read_bytes()[:1000])
    os.utime(old, (time.time() - 7200,) * 2)
    path.unlink()
    assert cached(items, tmp_path / "cache")[0]["image"].shape == (1, 64, 64)
    assert len(COUNTS) == 2
    assert fresh.exists() and not old.exists()  # a fresh one may belong to a living writer


def test_an_unwritable_folder_costs_one_warning(items, tmp_path):
    (tmp_path / "file").write_text("")
    dataset = cached(items, tmp_path / "file" / "cache")
    with pytest.warns(UserWarning, match="without a cache") as warned:
        got = [dataset[i]["image"].shape for i in (0, 1, 0)]
    assert got == [(1, 64, 64)] * 3
    assert len(warned) == 1


def test_many_writers_of_one_folder(items, tmp_path):
    expected = [item["image"].as_tensor() for item in cached(items, None)]
    failures: list[str] = []

    def fill() -> None:
        dataset = cached(items, tmp_path / "cache")
        for index in (0, 1, 0):
            if not torch.equal(dataset[index]["image"].as_tensor(), expected[index]):
                failures.append("differs")

    threads = [threading.Thread(target=fill) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert {p.suffix for p in (tmp_path / "cache").iterdir()} == {".safetensors"}
    assert len(entries(tmp_path / "cache")) == 2


def test_inverse_and_source_pixels_after_a_hit(items, tmp_path):
    cached(items, tmp_path / "cache")[0]
    dataset = cached(items, tmp_path / "cache", chain()[:4])
    item = dataset[0]
    plain = cached(items, None, chain()[:4])[0]
    assert len(COUNTS) == 2
    assert np.array_equal(to_source([(3, 5), (60, 1)], item["image"]), to_source([(3, 5), (60, 1)], plain["image"]))
    invert = Invertd("image", transform=dataset.transform, orig_keys="image", to_tensor=False)
    back = invert({"image": item["image"]})["image"]
    assert back.shape == (1, 300, 200)
    assert np.allclose(back.affine.numpy(), np.eye(4))
    source = np.load(items[0]["image"])
    assert np.corrcoef(back.numpy().ravel(), source.ravel())[0, 1] > 0.9


def test_hits_can_be_batched_and_changed_in_place(items, tmp_path):
    list(cached(items, tmp_path / "cache"))
    batch = next(iter(DataLoader(cached(items, tmp_path / "cache"), batch_size=2)))
    assert batch["image"].shape == (2, 1, 64, 64) and batch["label"].tolist() == [0, 1]
    hit = cached(items, tmp_path / "cache", chain()[:4])[0]["image"]
    hit[:] = 0
    assert cached(items, tmp_path / "cache", chain()[:4])[0]["image"].numpy().any()


def test_entry_is_small_and_holds_no_pickle(items, tmp_path):
    dataset = CachedDataset(items, chain(size=512), tmp_path / "cache", "ResizeAread")
    dataset[0]
    (path,) = entries(tmp_path / "cache")
    assert 512 * 512 * 2 < path.stat().st_size < 512 * 512 * 2 + 8192
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    assert header["image"]["dtype"] == "U16" and header["image"]["shape"] == [1, 512, 512]


def test_a_missing_file_is_the_readers_error(tmp_path):
    dataset = cached([{"image": str(tmp_path / "absent.npy")}], tmp_path / "cache")
    with pytest.raises(RuntimeError) as error:
        dataset[0]
    assert isinstance(error.value.__cause__, FileNotFoundError)


@pytest.mark.parametrize(
    ("transforms", "through", "match"),
    [
        (chain(), "Resized", "one of LoadArrayd, OrientBreastd"),
        ([*chain(), ResizeAread("image", 8)], "ResizeAread", "exactly one"),
        ([RandFlipd("image"), *chain()], "ResizeAread", "RandFlipd before it is random"),
        ([Compose([RandFlipd("image"), *chain()])], "ResizeAread", "RandFlipd before it is random"),
    ],
)
@pytest.mark.parametrize("folder", [None, "cache"])
def test_bad_boundaries_are_named_at_construction(items, tmp_path, transforms, through, match, folder):
    with pytest.raises(MammoError, match=match) as error:
        CachedDataset(items, transforms, folder and tmp_path / folder, through)
    assert error.value.reason == "cache-boundary"


def test_nested_compositions_are_looked_into(items, tmp_path):
    transforms = Compose([Compose(chain()[:2]), Compose(chain()[2:])])
    cached(items, tmp_path / "cache", transforms)[0]
    cached(items, tmp_path / "cache")[0]
    assert len(COUNTS) == 1


def test_a_lambda_cannot_be_cached(items, tmp_path):
    transforms = [Lambdad("image", lambda x: x), *chain()]
    with pytest.raises(MammoError, match=r"transforms\.func\[0\].*lambda") as error:
        cached(items, tmp_path / "cache", transforms)
    assert error.value.reason == "not-cacheable"
    assert cached(items, None, transforms)[0]["image"].shape == (1, 64, 64)


def test_an_array_instead_of_a_path_is_named(tmp_path):
    dataset = CachedDataset([{"image": np.zeros((1, 4, 4))}], [Flipd("image", 0)], tmp_path, "Flipd")
    with pytest.raises(MammoError, match="'image' is ndarray, expected the path") as error:
        dataset[0]
    assert error.value.reason == "not-cacheable"


def named(x):
    return x


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Flipd("image", 0), Flipd("image", 1)),
        (Flipd("image", 0), Flipd("mask", 0)),
        (1, True),
        (1, 1.0),
        (1, "1"),
        (None, "None"),
        ([1, 2], [2, 1]),
        ([[1], 2], [1, [2]]),
        ({"a": 1}, {"a": 2}),
        (np.float32, np.float64),
        (torch.float32, torch.float64),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (np.zeros(2, np.int32), np.zeros(2, np.uint32)),
        (torch.zeros(2), torch.ones(2)),
        (named, decode),
        (functools.partial(named, 1), functools.partial(named, 2)),
    ],
)
def test_fingerprints_tell_parameters_apart(one, other):
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_fingerprint_is_the_same_for_equal_objects_and_processes():
    assert fingerprint(chain()) == fingerprint(chain())
    assert fingerprint({"b": 1, "a": {3, 1, 2}}) == fingerprint({"a": {2, 3, 1}, "b": 1})
    # SHA-256 of the canonical JSON, written by hand: no address and no salted hash can be in it.
    text = '["mapping", [["a", [1, 2]], ["b", null]]]'
    assert fingerprint({"b": None, "a": (1, 2)}) == __import__("hashlib").sha256(text.encode()).hexdigest()


def test_fingerprint_refuses_what_has_no_text():
    ring: list = []
    ring.append(ring)
    for value in (ring, lambda: 0, object(), (i for i in ())):
        with pytest.raises(MammoError):
            fingerprint(value)


def test_meta_round_trip():
    meta = {
        "affine": torch.diag(torch.tensor([1.0, -2, 1, 1], dtype=torch.float64)),
        "texts": ["ä", "", "\n"],
        "nested": {"tuple": (1, (2.5, None)), 3: True},
        "array": np.arange(6, dtype=np.int16).reshape(2, 3),
        "number": np.float32(0.5),
        "path": Path("a/b"),
    }
    image = MetaTensor(torch.arange(6, dtype=torch.int16).reshape(1, 2, 3), meta=dict(meta))
    back = decode(encode({"image": image}))["image"]
    assert torch.equal(back.as_tensor(), image.as_tensor()) and back.dtype == torch.int16
    assert torch.equal(back.affine, meta["affine"]) and back.affine.dtype == torch.float64
    assert back.meta["texts"] == meta["texts"] and back.meta["nested"] == meta["nested"]
    assert np.array_equal(back.meta["array"], meta["array"]) and back.meta["array"].dtype == np.int16
    assert back.meta["number"] == 0.5 and back.meta["path"] == "a/b"


def test_meta_that_json_cannot_hold_is_named():
    with pytest.raises(MammoError, match=r"meta\.reader in the image's meta is object"):
        encode({"image": MetaTensor(torch.zeros(1, 2, 2), meta={"reader": object()})})
    with pytest.raises(MammoError, match=r"entry 'note' is str"):
        encode({"note": "text"})


def test_patches_kept_themselves_are_kept_by_box_and_turn(items, tmp_path):
    transforms = [*chain()[:3], CropBoxd("image")]
    places = [((200, 100, 232, 140), 0), ((200, 100, 232, 140), 5), ((210, 90, 226, 100), 0)]
    patches = [{**items[0], "box": box, "turn": turn} for box, turn in places]
    plain, kept = (CachedDataset(patches, transforms, folder, "CropBoxd") for folder in (None, tmp_path / "cache"))
    for _ in range(2):
        for fresh, cut in zip(plain, kept, strict=True):
            assert torch.equal(fresh["image"].as_tensor(), cut["image"].as_tensor())
    assert len(entries(tmp_path / "cache")) == 3


def test_a_patch_reads_its_window_of_the_entry_alone(items, tmp_path, monkeypatch):
    transforms = [*chain()[:3], CropBoxd("image"), NormalizeIntensityd("image")]
    patches = [{**items[0], "box": (200, 100, 232, 140)}, {**items[0], "box": (210, 90, 226, 100)}]
    plain = CachedDataset(patches, transforms, None, "CropBreastd")
    kept = CachedDataset(patches, transforms, tmp_path / "cache", "CropBreastd")
    kept[0]
    monkeypatch.setattr("mammo_monai.training.cached_dataset.read_entry", None)  # would read all of it
    for fresh, cut in zip(plain, kept, strict=True):
        assert torch.equal(fresh["image"].as_tensor(), cut["image"].as_tensor())
        assert torch.equal(fresh["image"].affine, cut["image"].affine)
    assert len(entries(tmp_path / "cache")) == 1
