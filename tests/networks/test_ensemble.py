from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.checkpoints import digest, members
from mammo_monai.networks.ensemble import MeanNetwork, agreed_card, load_ensemble, log_mean_probability
from mammo_monai.networks.torchvision_networks import TorchvisionClassifier

CARD = {
    "sha256": "", "replaces": "", "epoch": 3, "val_macro_auc": 0.7, "spatial_size": [64, 64], "crop": "breast",
    "class_names": ["a", "b"], "datalist_digest": "d", "run_id": "r", "mammo_monai": "0.1.0",
}  # fmt: skip


@pytest.fixture
def checkpoint(tmp_path):
    """Function that writes a small network of a seed and its card; returns its path."""

    def write(seed: int, **card: object) -> str:
        torch.manual_seed(seed)
        file = tmp_path / f"{seed}.pt"
        torch.save(TorchvisionClassifier("squeezenet1_1", 2, 64).state_dict(), file)
        content = {**CARD, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "run_id": f"r{seed}", **card}
        file.with_suffix(".json").write_text(json.dumps(content))
        return str(file)

    return write


class Fixed(nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, image):
        return self.logits


def test_two_members_by_hand():
    """Softmax of (ln 3, 0) is (3/4, 1/4), of (0, 0) a half each, so that of both together (5/8, 3/8)."""
    three = torch.log(torch.tensor(3.0)).item()
    network = MeanNetwork([Fixed([[three, 0.0]]), Fixed([[0.0, 0.0]])])
    assert network(torch.zeros(1, 3, 4, 4)).exp().tolist() == [pytest.approx([0.625, 0.375])]


def test_the_mean_of_equal_members_is_one_of_them():
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    mean = log_mean_probability([logits, logits + 7])  # what is added to all logits of a row changes nothing
    torch.testing.assert_close(mean.softmax(1), logits.softmax(1))


def test_sure_and_wrong_logits_stay_finite():
    mean = log_mean_probability([torch.tensor([[200.0, -200.0]]), torch.tensor([[-200.0, 200.0]])])
    assert mean.softmax(1).tolist() == [[0.5, 0.5]]
    half = torch.tensor([[12.0, 11.0]], dtype=torch.float16)
    assert log_mean_probability([half]).dtype == torch.float32


def test_an_ensemble_of_checkpoints(checkpoint):
    files = [checkpoint(0), checkpoint(1)]
    image = torch.randn(2, 3, 64, 64)
    alone = [load_ensemble(TorchvisionClassifier("squeezenet1_1", 2, 64), file).eval() for file in files]
    together = load_ensemble(TorchvisionClassifier("squeezenet1_1", 2, 64), files).eval()
    with torch.no_grad():
        expected = sum(network(image).softmax(1) for network in alone) / 2
        assert not torch.allclose(alone[0](image), alone[1](image))
        torch.testing.assert_close(together(image).softmax(1), expected)
        one = load_ensemble(TorchvisionClassifier("squeezenet1_1", 2, 64), files[:1]).eval()
        assert torch.equal(one(image), alone[0](image))
    assert type(one) is TorchvisionClassifier


def test_what_all_cards_say(checkpoint):
    one, two = checkpoint(0), checkpoint(1, epoch=9, val_macro_auc=0.8)
    card = agreed_card([one, two])
    assert (card["class_names"], card["crop"], card["datalist_digest"]) == (["a", "b"], "breast", "d")
    assert not {"run_id", "epoch"} & card.keys()
    hashes = sorted(hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in (one, two))
    assert card["sha256"] == hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    assert agreed_card([two, one])["sha256"] == card["sha256"] == digest([two, one])
    assert "datalist_digest" not in agreed_card([one, checkpoint(2, datalist_digest="fold 2")])
    assert agreed_card(one) == agreed_card([one])
    assert agreed_card(one)["run_id"] == "r0"


@pytest.mark.parametrize(
    ("key", "value"), [("class_names", ["b", "a"]), ("spatial_size", [96, 64]), ("crop", "none"), ("voi", "1")]
)
def test_members_of_other_classes_size_or_preprocessing(checkpoint, key, value):
    files = [checkpoint(0), checkpoint(1, **{key: value})]
    with pytest.raises(
        MammoError, match=rf"1\.pt: is no network of one .*0\.pt: their cards differ in {key};"
    ) as caught:
        load_ensemble(TorchvisionClassifier("squeezenet1_1", 2, 64), files)
    assert caught.value.reason == "ensemble-differs"


def test_a_member_without_a_card_is_not_taken_on_trust(checkpoint, tmp_path):
    files = [checkpoint(0), checkpoint(1)]
    (tmp_path / "1.json").unlink()
    with pytest.raises(MammoError, match=r"1\.pt: is no network of one ensemble"):
        agreed_card(files)
    (tmp_path / "0.json").unlink()
    assert agreed_card(files) == {}


def test_lists_that_are_none(checkpoint, tmp_path):
    one = checkpoint(0)
    with pytest.raises(MammoError, match="empty"):
        members([])
    with pytest.raises(MammoError, match="twice"):
        members([one, one])
    with pytest.raises(MammoError, match=r"gone\.pt"):
        load_ensemble(TorchvisionClassifier("squeezenet1_1", 2, 64), [str(tmp_path / "gone.pt")])
    assert digest("none") == digest([one, str(tmp_path / "gone.pt")]) == ""
    assert digest(one) == hashlib.sha256((tmp_path / "0.pt").read_bytes()).hexdigest()
