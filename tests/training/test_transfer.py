from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import torch
from monai.transforms import Compose, LoadImaged
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.weights import load_weights
from mammo_monai.training.transfer import TransferReport, preprocessing_digest, same_preprocessing
from mammo_monai.transforms.crop_breast import CropBreastd
from mammo_monai.transforms.resize_area import ResizeAread
from mammo_monai.transforms.smooth import Smoothd


def chain(size: int = 64, sigma: float = 0.5, *more: object) -> Compose:
    return Compose(
        [LoadImaged("image"), CropBreastd("image"), ResizeAread("image", size), Smoothd("image", sigma), *more]
    )


def trained(folder: Path, transform: Compose | None, name: str = "model") -> str:
    card = {"preprocessing": preprocessing_digest(transform)} if transform else {}
    (folder / f"{name}.json").write_text(json.dumps(card))
    return str(folder / f"{name}.pt")


def test_alike_is_alike(tmp_path: Path) -> None:
    assert preprocessing_digest(chain()) == preprocessing_digest(Compose([chain()]))
    file = trained(tmp_path, chain())
    assert same_preprocessing(file, chain()) == file
    both = {"backbone": "imagenet", "head": file}
    assert same_preprocessing(both, chain()) == both


@pytest.mark.parametrize(
    ("other", "named", "unnamed"),
    [
        (chain(size=128), "ResizeAread", "Smoothd"),
        (chain(sigma=0.0), "Smoothd", "ResizeAread"),
        (Compose(chain().transforms[:-1]), "Smoothd", "ResizeAread"),
        (Compose([*chain().transforms[:2], *chain().transforms[:1:-1]]), "ResizeAread", "CropBreastd"),
    ],
)
def test_other_preprocessing_is_refused_unless_told_otherwise(
    tmp_path: Path, other: Compose, named: str, unnamed: str
) -> None:
    file = trained(tmp_path, chain())
    for weights in (file, {"backbone": "none", "head": file}):
        with pytest.raises(MammoError, match="--transfer any") as raised:
            same_preprocessing(weights, other)
        assert raised.value.reason == "other-preprocessing"
        assert named in str(raised.value)
        assert unnamed not in str(raised.value)
        assert "\n" not in str(raised.value)
        assert same_preprocessing(weights, other, "any") == weights


def test_what_is_not_known_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mammo_monai"):
        same_preprocessing("imagenet", chain())
        same_preprocessing("none", chain())
        assert "known" not in caplog.text
        same_preprocessing(trained(tmp_path, None), chain())
        assert "model.pt: nothing is known" in caplog.text


def test_a_mistyped_choice_is_named() -> None:
    with pytest.raises(MammoError, match="'same' or 'any'"):
        same_preprocessing("none", chain(), "yes")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.head = nn.Linear(2, 2), nn.Linear(2, 1)


def test_the_report_is_written_when_the_training_begins(tmp_path: Path) -> None:
    from ignite.engine import Engine

    torch.save(Net().state_dict(), tmp_path / "first.pt")
    network = load_weights(Net(), tmp_path / "first.pt", "head")
    path = tmp_path / "out" / "transfer.json"
    engine = Engine(lambda *_: None)
    engine.state.rank = 0
    TransferReport(network, str(path)).attach(engine)
    assert not path.exists()
    engine.run([0], max_epochs=1)
    (report,) = json.loads(path.read_text())
    assert report["taken"] == ["head.weight", "head.bias"]
    assert report["left_out"] == ["backbone.weight", "backbone.bias"]
