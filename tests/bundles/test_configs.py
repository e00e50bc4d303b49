"""What every bundle must have, read from its files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

BUNDLES = sorted((Path(__file__).resolve().parents[2] / "bundles").iterdir())
FILES = ("LICENSE", "large_files.yml", "docs/README.md", "docs/data_license.txt", "configs/logging.conf")
CONFIGS = ("metadata", "train", "evaluate", "inference", "multi_gpu_train")
OVERRIDES = """
dataset_dir datalist output_dir artefacts spatial_size batch_size max_epochs num_workers weights backbone learning_rate
patience class_weights positive amp seed device tracking_uri experiment_name run_name resume
""".split()
REQUIRED = """
schema version changelog monai_version pytorch_version numpy_version required_packages_version task description
authors copyright network_data_format name intended_use data_source data_type image_classes label_classes
pred_classes eval_metrics references
""".split()

pytestmark = pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)


def load(bundle: Path, name: str) -> dict:
    return json.loads((bundle / "configs" / f"{name}.json").read_text())


def test_necessary_files(bundle):
    missing = [name for name in (*FILES, *(f"configs/{c}.json" for c in CONFIGS)) if not (bundle / name).is_file()]
    assert not missing


def test_override_ids_are_the_same_in_every_bundle(bundle):
    assert [name for name in OVERRIDES if name not in load(bundle, "train")] == []
    logged = load(bundle, "train")["tracking"]["params"]
    assert [name for name in OVERRIDES if name not in logged] == []


def test_runs_of_all_bundles_compare(bundle):
    """Metrics have the same names, every id that can be set is a parameter, and so are the same facts beside them."""
    first, train = load(BUNDLES[0], "train"), load(bundle, "train")
    for part in ("train", "validate"):
        for metrics in ("key_metric", "additional_metrics"):
            assert train[part][metrics] == first[part][metrics]
    params = train["tracking"]["params"]
    settings = {name for name, value in train.items() if not any(sign in json.dumps(value) for sign in "$@%")}
    assert settings - params.keys() == {"bundle_root", "run_tags"}  # where it lies, and what are tags of the run
    assert {name: value for name, value in params.items() if name not in train} == {
        name: value for name, value in first["tracking"]["params"].items() if name not in first
    }
    assert all(value in (f"@{name}", f"$str(@{name})") for name, value in params.items() if name in train)


def test_metadata_has_every_field_and_a_change_for_its_version(bundle):
    metadata = load(bundle, "metadata")
    assert [name for name in REQUIRED if name not in metadata] == []
    assert metadata["version"] in metadata["changelog"]
    for tensors in metadata["network_data_format"].values():
        for tensor in tensors.values():
            assert tensor.keys() >= {"type", "format", "num_channels", "spatial_shape", "dtype", "value_range"}
    assert "not for clinical use" in metadata["intended_use"]


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_are_pretty_printed_and_know_no_machine(bundle, name):
    assert_pretty_and_portable(bundle / "configs" / f"{name}.json")


def test_presets_set_ids_that_there_are(bundle):
    train = load(bundle, "train")
    for path in sorted((bundle / "configs" / "presets").glob("*.json")):
        assert_pretty_and_portable(path)
        for name in json.loads(path.read_text()):
            value = train
            for part in name.split("#"):
                assert part in value, f"{path.name}: {name}"
                value = value[part]


def assert_pretty_and_portable(path: Path) -> None:
    text = path.read_text()
    assert text == json.dumps(json.loads(text), indent=4, ensure_ascii=False) + "\n"
    assert "/home/" not in text
    assert "'/" not in text.replace("+ '/", "")


def test_preprocessing_stands_once(bundle):
    """Train, evaluate and inference have the same deterministic transforms, parameters and order."""
    train, inference = load(bundle, "train"), load(bundle, "inference")
    deterministic = train["train"]["deterministic_transforms"] + train["train"]["channel_transforms"]
    assert inference["preprocessing"]["transforms"] == deterministic
    assert train["validate"]["preprocessing"]["transforms"] == (
        "$@train#deterministic_transforms + @train#channel_transforms"
    )
    assert train["train"]["preprocessing"]["transforms"] == (
        "$@train#deterministic_transforms + @train#random_transforms + @train#channel_transforms"
    )
    assert not [key for key in load(bundle, "evaluate") if "transform" in key or "preprocessing" in key]
