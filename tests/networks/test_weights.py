from __future__ import annotations

import hashlib
import json
import logging
import os
import urllib.error
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.checkpoints import sha256
from mammo_monai.networks.weights import backbone_given, load_weights, read_state

RESNET18_FILE = "resnet18-f37072fd.pth"  # the name that torchvision gives its default ImageNet weights


class Tiny(nn.Module):
    """Backbone and head of a few numbers each, with torchvision-like names in the backbone."""

    backbone_name = "resnet18"

    def __init__(self, classes: int = 3, width: int = 4) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, width, 3),
                bn1=nn.BatchNorm2d(width),
                layer1=nn.Sequential(nn.Conv2d(width, width, 1)),
            )
        )
        self.head = nn.Sequential(OrderedDict(dense=nn.Linear(width, classes)))


def saved(content: object, file: Path) -> Path:
    torch.save(content, file)
    return file


def differing(network: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}


def snapshot(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def refused(file: Path | str, reason: str, network: nn.Module | None = None, **options: Any) -> str:
    network = network or Tiny()
    before = snapshot(network)
    with pytest.raises(MammoError) as caught:
        load_weights(network, file, **options)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)
    assert differing(network, before) == set()
    return str(caught.value)


@pytest.fixture
def source() -> Tiny:
    torch.manual_seed(1)
    return Tiny()


@pytest.mark.parametrize("key", [None, "network", "model", "state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_every_kind_of_checkpoint(source: Tiny, tmp_path: Path, key: str | None, prefix: str) -> None:
    state = {prefix + name: value for name, value in source.state_dict().items()}
    content = {key: state, "optimizer": {"lr": 1.0}, "epoch": 3} if key else state
    network = Tiny()
    assert load_weights(network, str(saved(content, tmp_path / "last.pt"))) is network
    assert differing(network, source.state_dict()) == set()


def test_none_leaves_the_network(source: Tiny) -> None:
    before = snapshot(source)
    assert differing(load_weights(source, "none"), before) == set()


@pytest.mark.parametrize("part", ["backbone", "head"])
def test_one_part(source: Tiny, tmp_path: Path, part: Any) -> None:
    network = Tiny()
    before = snapshot(network)
    load_weights(network, saved(source.state_dict(), tmp_path / "model.pt"), parts=part)
    changed = differing(network, before)
    assert changed
    assert all(name.startswith(f"{part}.") for name in changed)


def test_unknown_part(source: Tiny, tmp_path: Path) -> None:
    file = saved(source.state_dict(), tmp_path / "model.pt")
    assert "all, stem, backbone, head" in refused(file, "weights-part", parts="haed")


def test_backbone_of_a_network_with_other_classes(tmp_path: Path) -> None:
    file = saved(Tiny(classes=5).state_dict(), tmp_path / "five.pt")
    load_weights(Tiny(), file, parts="backbone")
    message = refused(file, "weights-shape")
    assert str(file) in message
    assert "head.dense.weight (5, 4) instead of (3, 4)" in message
    assert "num_classes" in message


def test_torchvision_file_fills_the_backbone_and_leaves_its_classifier(tmp_path: Path) -> None:
    state = {name: value + 1 for name, value in Tiny().backbone.state_dict().items()}
    file = saved({**state, "fc.weight": torch.zeros(9, 4), "fc.bias": torch.zeros(9)}, tmp_path / "tv.pth")
    network = Tiny()
    head = network.head.dense.weight.clone()
    load_weights(network, file)
    assert torch.equal(network.backbone.conv1.weight, state["conv1.weight"])
    assert torch.equal(network.head.dense.weight, head)
    refused(file, "weights-architecture", parts="head")


def test_deeper_network_of_the_same_names_is_refused(tmp_path: Path) -> None:
    state = {**Tiny().backbone.state_dict(), "layer1.1.conv1.weight": torch.zeros(1)}
    message = refused(saved(state, tmp_path / "deeper.pth"), "weights-architecture")
    assert "backbone.layer1.1.conv1.weight" in message


def test_another_architecture(tmp_path: Path) -> None:
    file = saved(torchvision.models.squeezenet1_1().state_dict(), tmp_path / "squeezenet.pth")
    assert str(file) in refused(file, "weights-architecture")
    refused(file, "weights-architecture", strict=False)


def test_files_without_batch_counters(source: Tiny, tmp_path: Path) -> None:
    state = {name: v for name, v in source.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert len(state) < len(source.state_dict())
    load_weights(Tiny(), saved(state, tmp_path / "old.pth"))


def test_not_strict_takes_what_fits_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = Tiny(classes=5)
    state = {**other.state_dict(), "head.more": torch.zeros(1)}
    del state["backbone.conv1.bias"]
    file, network = saved(state, tmp_path / "part.pt"), Tiny()
    with caplog.at_level(logging.INFO):
        load_weights(network, file, strict=False)
    assert torch.equal(network.backbone.conv1.weight, other.backbone.conv1.weight)
    (line,) = caplog.messages
    assert str(file) in line
    assert "8 tensors fit, 1 missing (first: backbone.conv1.bias), 1 unexpected (first: head.more)" in line
    assert "2 of another shape (first: head.dense.weight" in line


def test_old_densenet_names(tmp_path: Path) -> None:
    # Names as they stand in torchvision's densenet121-a639ec97.pth, and as its module is written today.
    old = "features.denseblock1.denselayer12.norm.1.weight"
    transition = "features.transition1.norm.weight"
    state = read_state(saved({old: torch.ones(1), transition: torch.ones(1)}, tmp_path / "densenet.pth"))
    assert set(state) == {"features.denseblock1.denselayer12.norm1.weight", transition}


class Code:
    """An object whose unpickling would run a command."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.witness),)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    file = saved({"network": Code(witness)}, tmp_path / "hostile.pt")
    assert str(file) in refused(file, "weights-unreadable")
    assert not witness.exists()
    torch.load(file, weights_only=False)
    assert witness.exists()  # so the file was a loaded gun


def test_missing_empty_and_damaged_files(source: Tiny, tmp_path: Path) -> None:
    assert "'imagenet'" in refused("imagnet", "weights-missing")
    refused(tmp_path, "weights-missing")
    refused("x" * 5000, "weights-missing")
    (tmp_path / "empty.pt").touch()
    refused(tmp_path / "empty.pt", "weights-empty")
    data = saved(source.state_dict(), tmp_path / "model.pt").read_bytes()
    (tmp_path / "half.pt").write_bytes(data[: len(data) // 2])
    assert "half.pt" in refused(tmp_path / "half.pt", "weights-unreadable")


@pytest.mark.parametrize(
    "content",
    [
        {},
        [1, 2],
        torch.zeros(2),
        {"network": 3},
        {"network": {}},
        {"epoch": 3, "optimizer": {}},
        {"head.dense.weight": torch.zeros(3, 4).to_sparse()},
        {"head.dense.weight": torch.zeros(3, 4, device="meta")},
        {"head.dense.weight": torch.zeros(3, 4, dtype=torch.complex64)},
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_files_without_a_state_dict(content: object, tmp_path: Path) -> None:
    refused(saved(content, tmp_path / "model.pt"), "weights-content")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_one_line_or_harmless(data: st.DataObject, tmp_path: Path) -> None:
    whole = saved(Tiny().state_dict(), tmp_path / "whole.pt").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(max_size=8))
    cut = data.draw(st.sampled_from([at, at + len(junk), len(whole)]))
    (tmp_path / "damaged.pt").write_bytes(whole[:at] + junk + whole[cut:])
    try:
        load_weights(Tiny(), tmp_path / "damaged.pt")
    except MammoError as error:
        assert "damaged.pt" in str(error)
        assert "\n" not in str(error)


def test_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "abc") == expected


def test_recorded_digest_is_verified(source: Tiny, tmp_path: Path) -> None:
    file, record = saved(source.state_dict(), tmp_path / "model.pt"), tmp_path / "model.json"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for content in ({"sha256": digest}, {"sha256": digest.upper()}, {"classes": ["a"]}):
        record.write_text(json.dumps(content))
        load_weights(Tiny(), file)
    for wrong in ("0" * 64, ""):
        record.write_text(json.dumps({"sha256": wrong}))
        assert str(record) in refused(file, "weights-digest")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "hub" / "checkpoints"


@pytest.fixture
def imagenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file named by torchvision's rule, which torchvision takes for a network's default weights."""
    state = {name: value + 1 for name, value in Tiny().backbone.state_dict().items()}
    file = saved({**state, "fc.weight": torch.zeros(9, 4)}, tmp_path / "plain.pth")
    named = file.rename(tmp_path / f"tiny-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth")
    default = SimpleNamespace(DEFAULT=SimpleNamespace(url=named.as_uri()))
    monkeypatch.setattr(torchvision.models, "get_model_weights", lambda name: default)
    return named


def test_imagenet_from_the_cache(imagenet: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.urlopen", lambda *_: pytest.fail("the network was asked"))
    cache.mkdir(parents=True)
    imagenet.rename(cache / imagenet.name)
    network = Tiny()
    assert differing(network, snapshot(load_weights(network, "imagenet"))) == set()
    expected = read_state(cache / imagenet.name)["conv1.weight"]
    assert torch.equal(network.backbone.conv1.weight, expected)


def test_imagenet_is_downloaded_once(imagenet: Path, cache: Path) -> None:
    load_weights(Tiny(), "imagenet")
    assert sha256(cache / imagenet.name) == sha256(imagenet)
    imagenet.unlink()
    load_weights(Tiny(), "imagenet")


def test_download_with_another_digest_is_not_kept(imagenet: Path, cache: Path) -> None:
    imagenet.write_bytes(imagenet.read_bytes() + b"x")
    assert imagenet.name in refused("imagenet", "weights-offline")
    assert list(cache.iterdir()) == []


def test_file_put_there_with_another_digest_is_refused(imagenet: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / imagenet.name).write_bytes(imagenet.read_bytes() + b"x")
    assert str(cache / imagenet.name) in refused("imagenet", "weights-digest")


def test_offline_says_which_file_and_where(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr("torch.hub.urlopen", unreachable)
    message = refused("imagenet", "weights-offline")
    assert f"put {RESNET18_FILE} into the folder {cache}" in message
    assert f"https://download.pytorch.org/models/{RESNET18_FILE}" in message
    assert list(cache.iterdir()) == []


def test_a_kill_between_weights_and_card_leaves_a_valid_pair(tmp_path):
    """The card is written first and names the weights it replaces."""
    file = tmp_path / "model.pt"
    torch.save({"a": torch.ones(1)}, file)
    card = {"sha256": "0" * 64, "replaces": hashlib.sha256(file.read_bytes()).hexdigest()}
    file.with_suffix(".json").write_text(json.dumps(card))
    assert read_state(file)["a"] == 1


def test_parts_from_several_places_and_the_report(tmp_path: Path) -> None:
    """Seed 004's model B: a backbone from one file, the head from another run."""
    first, second = Tiny(), Tiny()
    files = {
        "backbone": str(saved(first.state_dict(), tmp_path / "first.pt")),
        "head": str(saved({**second.state_dict(), "scale": torch.ones(1)}, tmp_path / "second.pt")),
    }
    network = load_weights(Tiny(), files)
    expected = {key: (first if key.startswith("backbone") else second).state_dict()[key] for key in first.state_dict()}
    assert differing(network, expected) == set()
    backbone, head = vars(network)["weights_report"]
    assert (backbone["file"], backbone["part"]) == (files["backbone"], "backbone")
    assert sorted(backbone["taken"]) == sorted(key for key in expected if key.startswith("backbone."))
    assert backbone["left_out"] == ["head.dense.weight", "head.dense.bias"]
    assert head["taken"] == ["head.dense.weight", "head.dense.bias"]
    assert head["left_out"] == [key for key in expected if key.startswith("backbone.")] + ["scale"]
    assert [part["missing"] + part["misshaped"] for part in (backbone, head)] == [[], []]
    assert vars(load_weights(Tiny(), "none"))["weights_report"] == []
    assert vars(load_weights(network, {"head": "none"}))["weights_report"] == []


def test_the_report_names_what_does_not_fit(tmp_path: Path) -> None:
    source = Tiny(classes=5).state_dict()
    del source["backbone.bn1.bias"]
    network = load_weights(Tiny(), saved(source, tmp_path / "model.pt"), strict=False)
    (report,) = vars(network)["weights_report"]
    assert report["missing"] == ["backbone.bn1.bias"]
    assert [line.split()[0] for line in report["misshaped"]] == ["head.dense.weight", "head.dense.bias"]
    assert {"head.dense.weight", "head.dense.bias"} == set(report["left_out"])


def test_a_torchvision_file_leaves_its_classifier_out(tmp_path: Path) -> None:
    state = {key.removeprefix("backbone."): value for key, value in Tiny().state_dict().items() if "backbone" in key}
    file = saved({**state, "fc.weight": torch.ones(2, 2)}, tmp_path / "imagenet.pt")
    for parts in ("all", "backbone"):
        (report,) = vars(load_weights(Tiny(), file, parts))["weights_report"]
        assert (report["part"], report["left_out"]) == ("backbone", ["fc.weight"])


@pytest.mark.parametrize(
    ("weights", "part", "given"),
    [
        ("imagenet", "all", True),
        ("none", "all", False),
        ("run/model.pt", "head", False),
        ("run/model.pt", "backbone", True),
        ({"backbone": "imagenet", "head": "run/model.pt"}, "all", True),
        ({"backbone": "none", "head": "run/model.pt"}, "all", False),
    ],
)
def test_whether_a_backbone_has_something_to_keep(weights: Any, part: Any, given: bool) -> None:
    assert backbone_given(weights, part) is given
