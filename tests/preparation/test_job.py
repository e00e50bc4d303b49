from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from mammo_monai.datasets.datalist import load, read, rebuilt, write
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError
from mammo_monai.executors import dask
from mammo_monai.preparation import store
from mammo_monai.preparation.chain import read_chain
from mammo_monai.preparation.job import prepare_datalist
from mammo_monai.training.cached_dataset import CachedDataset
from mammo_monai.transforms.source import to_source


def dataset(bundle, options, items, cache_dir=None):
    return CachedDataset(items, read_chain(bundle, options).transform, cache_dir, "OrientBreastd")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def damaged(phantoms, tmp_path):
    """The phantoms with an image cut short and one without a breast."""
    root = tmp_path / "damaged"
    shutil.copytree(phantoms, root)
    images = [item["image"] for item in read(root / "datalist.json")["training"]]
    (root / images[0]).write_bytes((root / images[0]).read_bytes()[:900])
    (root / images[1]).write_bytes(b"P5\n64 64\n255\n" + bytes(64 * 64))
    return root, images[:2]


def test_store_and_source_give_the_same_tensors_meta_and_way_back(fill, phantoms, bundle, options, tmp_path):
    summary = fill()
    assert (summary.made, summary.found, dict(summary.failures)) == (80, 0, {})
    there = load(tmp_path / "store" / "datalist.json", tmp_path / "store", "validation")
    here = load(phantoms / "datalist.json", phantoms, "validation")
    assert [item["path"] for item in there] == [item["path"] for item in here]
    moved = ("filename_or_obj", "source")
    for ours, theirs in zip(
        dataset(bundle, options, there), dataset(bundle, options, here, tmp_path / "c"), strict=True
    ):
        stored, read_ = ours["image"], theirs["image"]
        assert stored.dtype == read_.dtype == torch.uint16 and torch.equal(stored.as_tensor(), read_.as_tensor())
        assert set(stored.meta) == set(read_.meta)
        for key in set(stored.meta) - set(moved):
            assert np.array_equal(stored.meta[key], read_.meta[key]), key
        assert np.array_equal(to_source([(3, 5)], stored), to_source([(3, 5)], read_))
        chain = read_chain(bundle, options).transform
        back, again = (chain.inverse({"image": image})["image"] for image in (stored, read_))
        assert back.shape[1:] == (160, 128) and torch.equal(back.as_tensor(), again.as_tensor())
        assert all(not Path(str(stored.meta[key])).is_absolute() for key in moved if key in stored.meta)


def test_digest_and_counts_are_those_of_the_source(fill, phantoms, tmp_path):
    fill()
    made, source = read(tmp_path / "store" / "datalist.json"), read(phantoms / "datalist.json")
    assert made["digest"] == source["digest"] and made["counts"] == source["counts"]


def test_an_untouched_store_is_left_alone_and_a_touched_image_made_anew(fill, phantoms, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(phantoms, root)
    fill(root=root)
    before = contents(tmp_path / "store")
    again = fill(root=root)
    assert (again.made, again.found) == (0, 80) and contents(tmp_path / "store") == before
    image = root / read(root / "datalist.json")["training"][3]["image"]
    os.utime(image, (1, 1))
    (tmp_path / "store" / next(name for name in before if name.endswith(".safetensors"))).write_bytes(b"torn")
    assert fill(root=root).made in (1, 2)  # the torn file may be the touched image's


def test_failures_are_listed_and_left_out(fill, damaged, tmp_path):
    root, bad = damaged
    summary = fill(root=root)
    assert sorted(summary.failures) == sorted(bad)
    assert summary.failures[bad[1]].reason == "no-breast"
    made = read(tmp_path / "store" / "datalist.json")
    assert not {item["image"] for item in made["training"]} & set(bad)
    assert made["left_out"]["no-breast"] == 1 and sum(made["counts"]["training"].values()) == len(made["training"])
    rows = (tmp_path / "store" / "failures.csv").read_text().splitlines()
    assert rows[0] == "path,reason,message" and len(rows) == 3


def test_other_preprocessing_is_refused_when_training_and_when_preparing(fill, bundle, tmp_path):
    fill()
    items = load(tmp_path / "store" / "datalist.json", tmp_path / "store", "test")
    with pytest.raises(MammoError, match="other parameters of ResizeAread") as caught:
        dataset(bundle, {"spatial_size": [64, 64]}, items)[0]
    assert caught.value.reason == "prepared-differently"
    with pytest.raises(MammoError, match="store of other preprocessing") as caught:
        fill(options={"spatial_size": [64, 64]})
    assert caught.value.reason == "other-store"


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-9], lambda data: b"x" * len(data)])
def test_a_damaged_store_is_named(fill, bundle, options, tmp_path, damage):
    fill()
    (item, *_) = load(tmp_path / "store" / "datalist.json", tmp_path / "store", "test")
    path = Path(item["image"])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(MammoError, match=path.name) as caught:
        dataset(bundle, options, [item])[0]
    assert caught.value.reason == "torn-store"


def test_folds_share_the_images_of_a_store(fill, phantoms, tmp_path):
    whole = read(phantoms / "datalist.json")
    fewer = {section: whole[section][: len(whole[section]) // 2] for section in SECTIONS}
    write(rebuilt(whole, fewer), tmp_path / "half.json")
    fill()
    half = fill(datalist=tmp_path / "half.json")
    assert (half.made, half.found) == (0, sum(map(len, fewer.values())))
    stored = [len(read(tmp_path / "store" / name)["training"]) for name in ("datalist.json", "half.json")]
    assert stored == [len(whole["training"]), len(fewer["training"])]


def test_a_foreign_folder_is_not_touched(fill, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "mine.txt").write_text("keep me")
    with pytest.raises(MammoError, match="holds something other"):
        fill()
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["mine.txt"]


def test_a_store_that_does_not_fit_is_not_begun(fill, monkeypatch, tmp_path):
    told = []
    small = shutil._ntuple_diskusage(10**6, 9 * 10**5, 10**5)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: small)
    with pytest.raises(MammoError, match=r"80 images need about .* GB") as caught:
        fill(estimated=told.append)
    assert caught.value.reason == "disk-full" and not told
    assert len(list((tmp_path / "store").rglob("*.safetensors"))) < 30
    assert not (tmp_path / "store" / "datalist.json").exists()


class Dying(ThreadPoolExecutor):
    """A pool that breaks when it is given one image, as a process pool does when a worker is killed.

    The image is among the first, so that others are given to the broken pool before anybody looks at a result.
    """

    bad = ""

    def submit(self, function, task):
        if getattr(self, "broken", False):
            raise BrokenExecutor("broken")
        if task.image == self.bad:
            self.broken = True
            future = Future()
            future.set_exception(BrokenExecutor("a worker was killed"))
            return future
        return super().submit(function, task)


def test_a_worker_that_dies_costs_its_image_alone(fill, phantoms, tmp_path, monkeypatch):
    bad = read(phantoms / "datalist.json")["training"][0]["image"]
    monkeypatch.setattr(Dying, "bad", bad)
    summary = fill(make_executor=Dying)
    assert {path: failed.reason for path, failed in summary.failures.items()} == {bad: "worker-died"}
    assert len(list((tmp_path / "store").rglob("*.safetensors"))) == 79


@pytest.mark.slow
def test_a_kill_at_any_moment_costs_nothing(phantoms, bundle, options, tmp_path, fill):
    command = [sys.executable, "-m", "mammo_monai", "prepare", str(phantoms / "datalist.json"), "--root", str(phantoms)]
    command += ["--out", str(tmp_path / "killed"), "--bundle", str(bundle), "--workers", "2"]
    command += ["--spatial_size", json.dumps(options["spatial_size"])]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "killed").rglob("*.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.002)
        os.killpg(running.pid, signal.SIGKILL)
    there = len(list((tmp_path / "killed").rglob("*.safetensors")))
    assert there and not (tmp_path / "killed" / "datalist.json").exists()
    summary = fill(store=tmp_path / "killed")
    assert summary.found == there and summary.made == 80 - there
    fill(store=tmp_path / "whole")
    whole = set(contents(tmp_path / "whole"))
    killed = {name: data for name, data in contents(tmp_path / "killed").items() if name in whole}
    assert killed == contents(tmp_path / "whole")


@pytest.mark.slow
def test_two_workers_that_share_no_memory(phantoms, bundle, options, tmp_path, fill):
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    quiet = {"dashboard_address": None, "threads_per_worker": 1, "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=2, processes=True, **quiet) as cluster,
        dask(cluster.scheduler_address) as make_executor,
    ):
        prepare_datalist(
            phantoms / "datalist.json", phantoms, tmp_path / "dask", bundle, options, make_executor, workers=2
        )
    fill()
    assert contents(tmp_path / "dask") == contents(tmp_path / "store")


def test_no_scheduler_is_one_line():
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    with pytest.raises(MammoError, match="no Dask scheduler answers"), dask("tcp://127.0.0.1:9"):
        pass
