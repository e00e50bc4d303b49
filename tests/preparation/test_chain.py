from __future__ import annotations

import json

import pytest
from monai.bundle import ConfigParser

from mammo_monai.errors import MammoError
from mammo_monai.preparation.chain import read_chain


def test_the_chain_is_the_bundles_own_up_to_its_cache_boundary(bundle, options):
    config = json.loads((bundle / "configs" / "train.json").read_text())
    steps = [
        step for step in config["train"]["deterministic_transforms"] if "_disabled_" not in step
    ]  # unless asked for
    names = [step["_target_"].rpartition(".")[2] for step in steps]
    expected = names[: names.index(config["validate"]["dataset"]["cache_through"]) + 1]
    chain = read_chain(bundle, options)
    assert [type(step).__name__ for step in chain.transform.transforms] == expected
    assert [name for name, _ in chain.steps] == expected


def test_an_option_changes_the_step_it_belongs_to_alone(bundle):
    one, other = (dict(read_chain(bundle, {"spatial_size": size}).steps) for size in ([64, 64], [64, 48]))
    assert [name for name in one if one[name] != other[name]] == ["ResizeAread"]
    voi = dict(read_chain(bundle, {"spatial_size": [64, 64], "voi": "none"}).steps)
    assert [name for name in one if one[name] != voi[name]] == ["LoadImaged"]


def test_steps_are_those_that_training_sees(bundle, options):
    parser = ConfigParser()
    parser.read_config(str(bundle / "configs" / "train.json"))
    parser.update({"bundle_root": str(bundle), **options})
    from mammo_monai.training.deterministic_part import steps

    train = parser.get_parsed_content("train#preprocessing").flatten().transforms
    chain = read_chain(bundle, options)
    assert steps(train[: len(chain.steps)]) == chain.steps


@pytest.mark.parametrize(
    ("folder", "options", "expected"),
    [("nowhere", {}, "no such config"), (None, {"spatial_sise": 3}, "no id 'spatial_sise'")],
)
def test_mistakes_are_named(bundle, tmp_path, folder, options, expected):
    with pytest.raises(MammoError, match=expected):
        read_chain(tmp_path / folder if folder else bundle, options)
