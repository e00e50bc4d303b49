from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.networks.card import card


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
