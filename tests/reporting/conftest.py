"""Evaluations to report: a made-up training as its bundle leaves it, and a baseline and a network on real films."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from mammo_monai.cli import run
from mammo_monai.datasets import datalist
from mammo_monai.datasets.datalist.content import FIELDS, signed
from mammo_monai.reporting import gathering, report, sources

CLASSES = ("045", "1", "23")
VIEWS = [(side, view) for side in "LR" for view in ("CC", "MLO")]
SIZES = {"training": 12, "validation": 20, "test": 30}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--blink-settings=scriptEnabled=false")  # fmt: skip
HOSTILE = "<script>alert(1)</script>&\"'.dcm"


@dataclass(frozen=True)
class Training:
    """A folder, its datalist, and the report of both."""

    folder: Path
    datalist: Path
    out: Path

    def rows(self, part: str = "") -> list[dict[str, str]]:
        """Rows of the predictions, of the test or of a part in a folder of its own, that were read."""
        with (self.folder / part / "predictions.csv").open(newline="") as file:
            return [row for row in csv.DictReader(file) if not row["error"]]

    @property
    def digest(self) -> str:
        return json.loads(self.datalist.read_text())["digest"]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(name.removeprefix("p_") for name in self.rows()[0] if name.startswith("p_"))

    def content(self) -> dict:
        return json.loads((self.out / "report.json").read_text())

    def tables(self, section: str) -> dict[str, dict]:
        blocks = next(one["blocks"] for one in self.content()["sections"] if one["name"] == section)
        return {block["name"]: block for block in blocks if "name" in block}

    def table(self, section: str, name: str) -> dict:
        return self.tables(section)[name]

    @property
    def patches(self) -> bool:
        return "row_min" in self.rows()[0]


def item(section: str, exam: int, side: str, view: str, label: int) -> dict:
    finding = {"categories": ["Mass"], "box": [1, 1, 9, 9], "circle": None, "outline": None, "mask": None,
               "birads": None, "pathology": None}  # fmt: skip
    own = {
        "patient": f"{section}-{exam // 2}", "exam": f"{section}-{exam}", "laterality": side, "view": view,
        "density": "ABCD"[exam % 4], "age": str(38 + exam), "vendor": "Planmed" if exam == 3 else "IMS",
    }  # fmt: skip
    first = (exam, side, view) == (0, "L", "CC")
    return {
        "image": f"{section}-{HOSTILE}" if first else f"{section}/{exam}/{side}{view}.png",
        "label": label, "dataset": "clinic", **{field: own.get(field, "") for field in FIELDS},
        "findings": [finding] if label != 1 else [], "sha256": "", "phash": "",
    }  # fmt: skip


def sections(seed: int = 0) -> dict[str, list[dict]]:
    """Exams of four views; a breast has one label."""
    random = np.random.default_rng(seed)
    made: dict[str, list[dict]] = {}
    for section, exams in SIZES.items():
        labels = {(exam, side): int(random.choice(3, p=(0.12, 0.76, 0.12))) for exam in range(exams) for side in "LR"}
        made[section] = [
            item(section, exam, side, view, labels[exam, side]) for exam in range(exams) for side, view in VIEWS
        ]
    return made


def probabilities(items: list[dict], seed: int, skill: float = 1.0) -> np.ndarray:
    """Softmax of noise that leans to the truth, as the table writes it."""
    logits = np.random.default_rng(seed).normal(size=(len(items), len(CLASSES)))
    logits[np.arange(len(items)), [one["label"] for one in items]] += skill
    scores = np.exp(logits)
    return (scores / scores.sum(1, keepdims=True)).round(6)


def write_table(path: Path, items: list[dict], scores: np.ndarray, error: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = ["patient", "exam", "laterality", "view"]
        writer.writerow(["path", *names, "label", "predicted", *(f"p_{name}" for name in CLASSES), "conflict", "error"])
        for one, row in zip(items, scores, strict=True):
            label = CLASSES[one["label"]]
            writer.writerow([one["image"], *(one[n] for n in names), label, CLASSES[row.argmax()], *row, "", ""])
        if error:
            writer.writerow(["broken.dcm", "nobody", "x", "L", "CC", "1", "", "", "", "", "", error])


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    folder = tmp_path_factory.mktemp("reporting") / "study" / "first"
    lists = sections()
    head = {"name": "clinic", "classes": list(CLASSES), "label_map": "birads3", "label_note": "as <b>seed</b>",
            "left_out": {"special-view": 7}, "notes": {}, "guard": {"checked": ["patient"]}, "split": "random",
            "ratios": [60, 20, 20], "seed": 7, "level": "stated"}  # fmt: skip
    made = signed(head, lists)
    listed = folder.parent / "list.json"
    folder.mkdir(parents=True)
    datalist.write(made, listed)
    write_table(folder / "predictions.csv", lists["test"], probabilities(lists["test"], 1), error="cannot & <be> read")
    write_table(folder / "validation" / "predictions.csv", lists["validation"], probabilities(lists["validation"], 2))
    (folder / "history.csv").write_text(
        "epoch,train_loss,val_loss,train_macro_auc,val_macro_auc,learning_rate,seconds\n"
        "1,1.0,1.1,0.6,0.55,0.001,3\n2,0.8,1.0,0.7,0.66,0.001,3\n3,0.6,1.2,0.8,0.61,0.001,3\n"
    )
    card = {"bundle": "birads_classifier", "epoch": 2, "sha256": "ab" * 32, "backbone": "resnet18",
            "spatial_size": [64, 64], "class_names": list(CLASSES), "datalist_digest": made["digest"]}  # fmt: skip
    (folder / "model.json").write_text(json.dumps(card))
    (folder / "metrics.json").write_text(json.dumps({"context": {"section": "test", "datalist": made["digest"]}}))
    source, out = sources.of_folder(folder), folder / "report"
    report.write(out, gathering.gather(source, listed), source)
    return Training(folder, listed, out)


@pytest.fixture(scope="session")
def film_runs(mini_mias: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of everything on real films, made by one worker for all.

    Lists and baseline as docs/results.md says how; tiles that several folds have are described once.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "films"
    with FileLock(f"{folder}.lock"):
        if not (folder / "made").exists():
            bundle = repository / "bundles" / "abnormality_patch"
            _divide(folder, mini_mias)
            _fit(folder, mini_mias, bundle)
            _train(folder, mini_mias, bundle)
            (folder / "made").touch()
    return folder


def _divide(folder: Path, root: Path) -> None:
    """``patches.fold-<k>.json``: lesion tiles against normal tissue, five folds by patient."""
    folder.mkdir()
    given = ["--root", str(root), "--labels"]
    images = ["datalist", "mini_mias", *given, "mias3", "--folds", "5", "--seed", "7"]
    assert run([*images, "--out", str(folder / "films.json")]) == 0
    tiles = [*given, "normal_abnormal", "--policy", "tile,background", "--normal_share", "0.5"]
    for fold in range(5):
        listed, out = folder / f"films.fold-{fold}.json", folder / f"patches.fold-{fold}.json"
        assert run(["patches", str(listed), *tiles, "--out", str(out)]) == 0


def _fit(folder: Path, root: Path, bundle: Path) -> None:
    """The logistic regression of every fold, with the report of the first and that of all five tests in one table."""
    from mammo_monai.classical import baseline, described

    plain, known = described._described, {}

    def once(samples: Any, classes: list[str], index: int) -> Any:
        item = samples._held.data[index]
        tile = (item["image"], *item["box"], item["label"], item["finding"])
        if tile not in known:
            known[tile] = plain(samples, classes, index)
        return known[tile]

    options = {"spatial_size": [224, 224], "cache_dir": str(folder / "cache")}
    runs = [folder / "mini-mias" / f"logistic.fold-{fold}" for fold in range(5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(described, "_described", once)
        for fold, out in enumerate(runs):
            baseline.run(folder / f"patches.fold-{fold}.json", root, out, bundle, options=options)
        first = folder / "patches.fold-0.json"
        baseline.run(first, root, runs[0] / "validation", bundle, section="validation", options=options)
    tables = [list(csv.DictReader((out / "predictions.csv").open(newline=""))) for out in runs]
    pooled = folder / "mini-mias" / "pooled" / "predictions.csv"
    pooled.parent.mkdir()
    with pooled.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*tables[0][0], "fold"])
        writer.writeheader()
        writer.writerows({**row, "fold": fold} for fold, table in enumerate(tables) for row in table)
    for place, listed in ((runs[0], first), (pooled.parent, None)):
        source = sources.of_folder(place)
        report.write(place / "report", gathering.gather(source, listed), source)


def _train(folder: Path, root: Path, bundle: Path) -> None:
    """Two epochs of the bundle's network on small tiles, and the evaluation, which writes the report."""
    from monai.bundle import ConfigWorkflow

    given = {
        "bundle_root": str(bundle), "dataset_dir": str(root), "datalist": str(folder / "patches.fold-0.json"),
        "output_dir": str(folder / "mini-mias-network" / "vgg"), "cache_dir": str(folder / "cache"),
        "tracking_uri": f"sqlite:///{folder / 'mini-mias-network' / 'mlflow.db'}", "num_workers": 0,
    }  # fmt: skip
    (folder / "mini-mias-network").mkdir()
    small = {
        "spatial_size": [64, 64], "max_epochs": 2,
        "network_options": {"blocks": 3, "dropout": 0.2, "batch_norm": True},
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "excepthook", sys.excepthook)  # the config sets it
        for configs, options in ((["train"], {**given, **small}), (["train", "evaluate"], given)):
            files = [str(bundle / "configs" / f"{name}.json") for name in configs]
            workflow = ConfigWorkflow(files, logging_file=False, workflow_type="train", run_id="run", **options)
            workflow.initialize()
            workflow.run()
            workflow.finalize()


@pytest.fixture(scope="session")
def films(film_runs: Path) -> Training:
    """The first fold of the recipe that did best on mini-MIAS (docs/results.md).

    Thresholds are from the validation part, which the model of ``validation`` has not seen and that of the test has.
    """
    folder = film_runs / "mini-mias" / "logistic.fold-0"
    return Training(folder, film_runs / "patches.fold-0.json", folder / "report")


@pytest.fixture(scope="session")
def best(film_runs: Path) -> Training:
    """The tests of all five folds of that recipe in one table: the best run of docs/results.md; of no single list."""
    folder = film_runs / "mini-mias" / "pooled"
    return Training(folder, film_runs / "none.json", folder / "report")


@pytest.fixture(scope="session")
def network(film_runs: Path) -> Training:
    """A short training of the bundle on the same tiles, with the report that its evaluation left in its folder."""
    folder = film_runs / "mini-mias-network" / "vgg"
    return Training(folder, film_runs / "patches.fold-0.json", folder)


REAL = (pytest.mark.real, pytest.mark.slow)


@pytest.fixture(params=["training", pytest.param("films", marks=REAL), pytest.param("network", marks=REAL)])
def evaluated(request: pytest.FixtureRequest) -> Training:
    """One of the three."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def browser(needs: Callable[..., None]) -> Iterator[Any]:
    """Chromium without a window, a network or JavaScript."""
    needs("Chromium with its driver", shutil.which("chromium"), shutil.which("chromedriver"))
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    made = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield made
    made.quit()
