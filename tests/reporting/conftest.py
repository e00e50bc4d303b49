"""Evaluations to report: a made-up training as its bundle leaves it, and the classical baseline on real films."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mammo_monai.datasets import adapters, datalist, labels
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
    digest: str
    out: Path

    def rows(self, part: str = "") -> list[dict[str, str]]:
        """Rows of the predictions, of the test or of a part in a folder of its own, that were read."""
        with (self.folder / part / "predictions.csv").open(newline="") as file:
            return [row for row in csv.DictReader(file) if not row["error"]]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(name.removeprefix("p_") for name in self.rows()[0] if name.startswith("p_"))

    def content(self) -> dict:
        return json.loads((self.out / "report.json").read_text())

    def table(self, section: str, name: str) -> dict:
        blocks = next(one["blocks"] for one in self.content()["sections"] if one["name"] == section)
        return next(block for block in blocks if block.get("name") == name)


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
    return Training(folder, listed, made["digest"], out)


@pytest.fixture(scope="session")
def films(mini_mias: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """The recipe that did best on mini-MIAS (docs/results.md), lesion tiles against normal tissue, at 64x64 pixels.

    One split in place of five folds, and thresholds from the validation part, which the model of ``validation`` has
    not seen and that of the test has.
    """
    from mammo_monai.classical import baseline
    from mammo_monai.datasets.patches import build

    folder = tmp_path_factory.mktemp("films") / "mini-mias" / "logistic"
    listed, bundle = folder.parent / "patches.json", repository / "bundles" / "abnormality_patch"
    images = datalist.build(adapters.read("mini_mias", mini_mias), labels.load("mias3"), mini_mias, name="mini-MIAS",
                            seed=7)  # fmt: skip
    made = build(images, mini_mias, labels.load("normal_abnormal"), policies=["tile", "background"], normal_share=0.5)
    folder.mkdir(parents=True)
    datalist.write(made, listed)
    options = {"spatial_size": [64, 64], "cache_dir": str(folder.parent / "cache")}
    for section, out in (("test", folder), ("validation", folder / "validation")):
        baseline.run(listed, mini_mias, out, bundle, section=section, options=options)
    source, out = sources.of_folder(folder), folder / "report"
    report.write(out, gathering.gather(source, listed), source)
    return Training(folder, listed, made["digest"], out)


@pytest.fixture(params=["training", pytest.param("films", marks=(pytest.mark.real, pytest.mark.slow))])
def evaluated(request: pytest.FixtureRequest) -> Training:
    """Either of the two."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window, a network or JavaScript."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and chromedriver are not installed: the report was not opened in a browser")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    made = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield made
    made.quit()
