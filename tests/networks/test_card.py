from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.networks.card import agreed_class_names, card, class_names


def test_what_stands_beside_the_weights(tmp_path):
    (tmp_path / "model.json").write_text('{"backbone": "resnet18"}')
    assert card(str(tmp_path / "model.pt")) == {"backbone": "resnet18"}
    assert card(str(tmp_path / "other.pt")) == {}
    assert card("imagenet") == {}


@pytest.mark.parametrize("text", ["{", "[1]", "\x00"])
def test_a_damaged_card_is_named(tmp_path, text):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(MammoError, match=r"model\.json"):
        card(str(tmp_path / "model.pt"))


def test_classes_of_weights_and_datalist_must_agree():
    trained = {"class_names": ["045", "1", "23"], "label_map": "birads3"}
    assert agreed_class_names(trained, ["045", "1", "23"]) == ["045", "1", "23"]
    assert agreed_class_names({}, ["0", "1"]) == ["0", "1"]
    with pytest.raises(MammoError, match="birads3"):
        agreed_class_names(trained, ["0", "1", "2"])


def test_classes_without_a_card_are_an_assumption_that_is_said(caplog):
    assert class_names({"class_names": ["a", "b"]}, ["x"]) == ["a", "b"]
    assert not caplog.text
    assert class_names({}, ["x", "y"]) == ["x", "y"]
    assert "assumed" in caplog.text
