from __future__ import annotations

import pytest

from mammo_monai.bundle_config import as_values, read_config
from mammo_monai.errors import MammoError


def test_ids_are_set_anew_and_mistakes_named(repository, tmp_path):
    bundle = repository / "bundles" / "birads_classifier"
    parser = read_config(bundle, "train", {"spatial_size": [64, 48]})
    assert parser["spatial_size"] == [64, 48] and parser["bundle_root"] == str(bundle)
    with pytest.raises(MammoError, match="no id 'spatial_sise'"):
        read_config(bundle, "train", {"spatial_sise": 3})
    with pytest.raises(MammoError, match=r"train\.json: no such config"):
        read_config(tmp_path, "train", {})


def test_options_are_json_where_they_are():
    given = {"spatial_size": "[64,48]", "amp": "true", "voi": "none", "weights": "a/b.pt"}
    assert as_values(given) == {"spatial_size": [64, 48], "amp": True, "voi": "none", "weights": "a/b.pt"}
