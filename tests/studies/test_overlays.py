from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.studies.overlays import checked, filled, layered, names_in, read_preset

CONFIG = {"learning_rate": 1, "network": {"layers": [{"size": 3}]}, "output_dir": "", "imports": []}


@pytest.mark.parametrize("key", ["learning_rate", "network#layers#0#size", "network::layers", "+imports"])
def test_ids_of_the_config_are_taken(key):
    assert checked({key: 1}, CONFIG, "row") == {key.replace("::", "#"): 1}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("learning_rte", "nearest: learning_rate"),
        ("network#layer", "nearest: network#layers"),
        ("network#layers#1", "nearest: network#layers#0"),
        ("network#layers#0#size#deep", "there are none"),
        ("zzz", "choose one of learning_rate, network, output_dir, imports"),
        ("output_dir", "output_dir is set by the study"),
    ],
)
def test_others_are_refused_with_the_nearest(key, said):
    with pytest.raises(MammoError) as raised:
        checked({key: 1}, CONFIG, "row 'a'")
    assert said in str(raised.value)
    assert str(raised.value).startswith("row 'a': ")


def test_a_later_layer_wins_also_over_what_is_set_within():
    one, two, three = {"net": {"a": 1}, "x": 1}, {"net#a": 2, "network": 5}, {"net": {"a": 3}}
    assert layered(one, two) == {"net": {"a": 1}, "x": 1, "net#a": 2, "network": 5}
    assert list(layered(one, two)) == ["net", "x", "net#a", "network"]  # within comes after
    assert layered(one, two, three) == {"x": 1, "network": 5, "net": {"a": 3}}


def test_names_in_braces_are_found_and_filled_at_any_depth():
    value = {"a": ["{row:first}/model.pt", 3], "b": {"c": "{STORE}/{STORE} $[x for x in {1: 2}]"}}
    assert list(names_in(value)) == ["row:first", "STORE", "STORE"]
    assert filled(value, {"row:first": "/out/first", "STORE": "s"}.__getitem__) == {
        "a": ["/out/first/model.pt", 3],
        "b": {"c": "s/s $[x for x in {1: 2}]"},
    }


def test_unknown_preset(bundle):
    assert read_preset(bundle, "slow") == {"learning_rate": 0.01}
    with pytest.raises(MammoError, match="no preset 'slw'; nearest: slow"):
        read_preset(bundle, "slw")
