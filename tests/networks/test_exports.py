from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.networks import exports

FILES = {".xml": b"<graph/>", ".bin": bytes(range(64))}
SHAPE = (3, 8, 6)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "model.pt"
    file.write_bytes(b"weights")
    exports.write(FILES, "openvino", file, "none", SHAPE, 1e-6)
    return file


def read(weights: object, **other: object) -> dict[str, bytes]:
    asked = {"engine": "openvino", "suffixes": (".xml", ".bin"), "tta": "none", "image_shape": SHAPE} | other
    return exports.read(weights=weights, **asked)


def reason(weights: object, **other: object) -> str:
    with pytest.raises(MammoError) as caught:
        read(weights, **other)
    assert "\n" not in str(caught.value) and "mammo-monai export BUNDLE --engine" in str(caught.value)
    return caught.value.reason


def test_what_was_written_is_read(weights):
    assert read(weights) == FILES
    card = json.loads((weights.parent / "model.openvino.json").read_text())
    assert card["files"] == {suffix: hashlib.sha256(content).hexdigest() for suffix, content in FILES.items()}
    assert card["weights_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert card["versions"].keys() >= {"mammo-monai", "torch"} and card["largest_difference"] == 1e-6
    assert sorted(path.name for path in weights.parent.iterdir()) == [
        "model.openvino.bin", "model.openvino.json", "model.openvino.xml", "model.pt",
    ]  # fmt: skip


def test_ensembles_and_augmentation_have_names_of_their_own(tmp_path):
    two = [tmp_path / "b.pt", tmp_path / "a.pt"]
    for file in two:
        file.write_bytes(file.name.encode())
    names = {exports.path_of("openvino", *of).name for of in ((two[1], "none"), (two[1], "flip"), (two, "none"))}
    assert len(names) == 3 and all(name.startswith("a.") for name in names)
    exports.write(FILES, "openvino", two, "flip", SHAPE, 0.0)
    assert read(two[::-1], tta="flip") == FILES
    two[0].write_bytes(b"other")
    assert reason(two, tta="flip") == "export-missing"


def test_there_is_none(weights, tmp_path):
    assert reason(weights, engine="openvino_bf16") == "export-missing"
    assert reason(weights, tta="flip") == "export-missing"
    (tmp_path / "model.openvino.bin").unlink()
    assert reason(weights) == "export-missing"


def test_of_other_weights_or_size(weights):
    assert reason(weights, image_shape=(3, 8, 8)) == "export-mismatch"
    weights.write_bytes(b"trained again")
    assert reason(weights) == "export-mismatch"


@pytest.mark.parametrize("suffix", FILES)
def test_a_changed_file(weights, suffix):
    file = weights.parent / f"model.openvino{suffix}"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert reason(weights) == "export-digest"


@pytest.mark.parametrize("spoilt", ["", "[]", "null", '{"engine": 1}', "[" * 100_000, "\x00", '{"files": 3}'])
def test_a_damaged_card(weights, spoilt):
    (weights.parent / "model.openvino.json").write_text(spoilt)
    assert reason(weights) == "bad-card"


def test_a_card_that_lacks_a_file_or_names_another(weights):
    path = weights.parent / "model.openvino.json"
    card = json.loads(path.read_text())
    card["files"] = {"/../../etc/passwd": card["files"].pop(".bin"), ".xml": card["files"][".xml"]}
    path.write_text(json.dumps(card))
    assert reason(weights) == "export-digest"
