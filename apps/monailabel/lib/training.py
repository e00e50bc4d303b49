"""One round of training: submitted labels -> datalist -> the bundle's ``train.json`` in a process of its own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from monailabel.interfaces.tasks.train import TrainTask

from lib.served import Served
from lib.store import FolderStore
from mammo_monai.bundle_config import read_config
from mammo_monai.datasets import datalist
from mammo_monai.datasets.datalist.content import counted, lacking
from mammo_monai.datasets.fingerprints import fingerprints
from mammo_monai.datasets.records import SECTIONS, Record
from mammo_monai.errors import MammoError
from mammo_monai.files import folder
from mammo_monai.networks.checkpoints import sha256
from mammo_monai.studies.folder import SPEC, read_json, write_json
from mammo_monai.studies.process import launch

IDS: Final[dict[str, Callable[[Any], Any]]] = {
    "max_epochs": int, "batch_size": int, "num_workers": int, "learning_rate": float, "seed": int,
}  # fmt: skip
"""What a request may set, and as what. No more: a text given to a config can be code."""


class Round(TrainTask):
    """Train the served weights on the labels that were submitted, and serve the result.

    Args:
        served: the bundle.
        device: "" for what the bundle chooses.
    """

    def __init__(self, served: Served, device: str) -> None:
        super().__init__(f"train {served.name} on the submitted labels, from the weights that are served")
        self._served, self._device = served, device

    def config(self) -> dict[str, Any]:
        """The bundle's own settings, which a request may change."""
        own = read_config(self._served.bundle, "train", {}).get()
        return {name: own[name] for name in IDS}

    def stats(self) -> dict[str, Any]:
        return self._served.current()

    def __call__(self, request: Mapping[str, Any], datastore: FolderStore) -> dict[str, Any]:
        """What the round ended with.

        Raises:
            MammoError: a round is running (``busy``), too few labels (``too-few-labels``), a setting that is none, or
                whatever ended the training; nothing else is served then.
        """
        settings = _settings(request)
        rounds = folder(self._served.rounds)
        try:
            with FileLock(rounds / ".lock", timeout=0):
                return self._train(settings, datastore, rounds)
        except Timeout:
            raise MammoError(
                "a round of training is running; wait for it, or DELETE /train/ to stop it", "busy"
            ) from None

    def _train(self, settings: Mapping[str, Any], datastore: FolderStore, rounds: Path) -> dict[str, Any]:
        made, nameless = _datalist(datastore)
        earlier = [int(path.name) for path in rounds.iterdir() if path.name.isdecimal()]
        here = folder(rounds / f"{max(earlier, default=0) + 1:03d}")
        datalist.write(made, here / "datalist.json")
        write_json(here / SPEC, self._spec(here, datastore, settings))
        outcome = launch(here / SPEC, {})
        if outcome.reason:
            raise MammoError(f"the round was not finished: {outcome.message}; served stays what was", outcome.reason)
        card = read_json(here / "model.json") or {}
        told = {
            "sha256": sha256(here / "model.pt"),
            "replaces": self._served.predictor.context["weights"],
            "images": {section: len(made[section]) for section in SECTIONS},
            "left_out": {**made["left_out"], "patient-unknown": nameless},
            "epoch": card.get("epoch"),
            "run_id": card.get("run_id"),
            "test": _judged(read_json(here / "metrics.json") or {}),
        }
        self._served.publish(here, told)
        return self._served.current()

    def _spec(self, here: Path, datastore: FolderStore, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What :mod:`mammo_monai.studies.worker` is to do."""
        served = self._served
        card = served.predictor.classifier.card
        configs = served.bundle.absolute() / "configs"
        where = {
            "bundle_root": str(served.bundle.absolute()),
            "dataset_dir": str(datastore.images),
            "datalist": str(here / "datalist.json"),
            "output_dir": str(here),
            "cache_dir": str(served.rounds / "cache"),
            "tracking_uri": "$default_tracking_uri(@output_dir + '/..')",  # rounds are compared with each other
            **({"device": self._device} if self._device else {}),
        }
        trained = {name: card[name] for name in ("backbone", "spatial_size") if name in card}
        training = {**where, **trained, **settings, "weights": str(served.weights), "run_name": f"label-{here.name}"}
        return {
            "row": {},
            "identity": {},
            "folder": str(here),
            "training": {"configs": [str(configs / "train.json")], "overrides": training},
            "evaluation": {
                "configs": [str(configs / f"{name}.json") for name in ("train", "evaluate")],
                "overrides": where,
            },
        }


def _judged(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The headline of the evaluation on the round's own test patients; the rest is in its folder."""
    figures = metrics.get("figures", {})
    return {"images": metrics.get("n"), **{name: figures.get(name) for name in ("macro_auc", "accuracy")}}


def _settings(request: Mapping[str, Any]) -> dict[str, Any]:
    made = {}
    for name, kind in IDS.items():
        if request.get(name) is None:
            continue
        try:
            made[name] = kind(request[name])
            if not 0 <= made[name] < math.inf:
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise MammoError(
                f"{name}: expected a number that is not negative, found {request[name]!r}", "bad-option"
            ) from None
    return made


def _datalist(datastore: FolderStore) -> tuple[dict[str, Any], int]:
    """The labelled images, divided by patient as any data set is; and how many name no patient, which stay out.

    Raises:
        MammoError: reason ``too-few-labels``: a class is absent from training, validation or test.
    """
    records = list(filter(None, (_record(datastore, image) for image in datastore.get_labeled_images())))
    known = [record for record in records if record.patient]
    if not known:
        raise MammoError(
            f"too few labels: {len(records)} labelled images, none of which names its patient; submit labels (with "
            '"patient" for images that do not name theirs)',
            "too-few-labels",
        )
    rule = datastore.rule
    made = _divided(known, datastore)
    absent = [
        f"{', '.join(names)} in {section}"
        for section in SECTIONS
        if (names := lacking(section, counted(made[section], made["classes"])))
    ]
    if absent:
        have = Counter(record.extra["class"] for record in known)
        raise MammoError(
            f"too few labels: no image of {'; '.join(absent)}; labelled are "
            f"{', '.join(f'{have[name]} of {name}' for name in rule.label_map.classes)}; label more patients of the "
            "rare classes, at least three of each",
            "too-few-labels",
        )
    return made, len(records) - len(known)


def _divided(records: list[Record], datastore: FolderStore) -> dict[str, Any]:
    try:
        return datalist.build(
            records,
            datastore.rule.of_classes,
            datastore.images,
            name="label",
            leaks="drop",
            fingerprints=partial(fingerprints, datastore.images, table=datastore.notes.folder / "fingerprints.csv"),
        )
    except MammoError as error:
        if error.reason != "too-few-groups":
            raise
        patients = len({record.patient for record in records})
        raise MammoError(
            f"too few labels: {len(records)} images of {patients} patient(s) cannot be divided into training, "
            "validation and test; label more patients",
            "too-few-labels",
        ) from error


def _record(datastore: FolderStore, image: str) -> Record | None:
    label = datastore.label_of(image)
    if label is None:
        return None
    told = datastore.identity(image)
    record = Record(
        image,
        told["patient"] or label.patient,
        told["exam"],
        told["laterality"] or None,
        told["view"] or None,
    )
    return datastore.rule.record(label, record)
