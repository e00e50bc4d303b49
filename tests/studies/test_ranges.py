from __future__ import annotations

import json

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.studies import ranges

GOOD = {
    "rate": {"low": 1e-5, "high": 1e-2, "log": True},
    "momentum": {"low": 0.5, "high": 0.9, "step": 0.2},
    "blocks": {"low": 1, "high": 4},
    "size": {"choices": [[64, 64], [32, 16]]},
    "amp": {"choices": [True, None, "x"]},
}


def test_values_are_what_the_file_says(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(GOOD))
    read = ranges.read(path)
    search = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    drawn = [ranges.suggest(search.ask(), read) for _ in range(60)]
    rates = sorted(value["rate"] for value in drawn)
    assert 1e-5 <= rates[0] < rates[-1] <= 1e-2
    assert 10 < sum(rate < 3.2e-4 for rate in rates) < 50  # half of them by logarithm, 3 % on a plain scale
    assert {round(value["momentum"], 6) for value in drawn} == {0.5, 0.7, 0.9}
    assert {value["blocks"] for value in drawn} == {1, 2, 3, 4}
    assert {type(value["blocks"]) for value in drawn} == {int}
    assert all(value["size"] in ([64, 64], [32, 16]) for value in drawn)
    assert {value["amp"] for value in drawn} == {True, None, "x"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lo": 1, "high": 2}, "unknown key 'lo'; nearest: low"),
        ({"low": 2, "high": 1}, '"low" < "high", found 2 and 1'),
        ({"low": 1}, "found 1 and None"),
        ({"low": "1", "high": 2}, "expected numbers"),
        ({"low": True, "high": 2}, "expected numbers"),
        ({"low": 0, "high": 1.0, "log": True}, '"log" needs'),
        ({"low": 1, "high": 9, "log": True, "step": 2}, '"log" needs'),
        ({"low": 1, "high": 9, "log": "yes"}, '"log" must be'),
        ({"low": 1, "high": 9, "step": 0.5}, '"step" must be'),
        ({"choices": []}, '"choices" must be'),
        ({"choices": [1], "low": 1}, '"choices" must be'),
        ([1, 2], "expected {"),
    ],
)
def test_ranges_that_hold_nothing(tmp_path, given, said):
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"rate": given}))
    with pytest.raises(MammoError) as raised:
        ranges.read(path)
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"{path}: rate: ")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "3", '{"a": {"low": NaN, "high": 1}}'])
def test_files_that_are_no_ranges(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(MammoError):
        ranges.read(path)


NUMBERS = st.integers(-5, 5) | st.floats(-5, 5)


@given(
    st.dictionaries(
        st.sampled_from(ranges.KEYS), NUMBERS | st.booleans() | st.lists(NUMBERS, max_size=3) | st.text(max_size=2)
    )
)
def test_what_is_read_can_be_drawn_from(tmp_path_factory, given_range):
    path = tmp_path_factory.getbasetemp() / "r.json"
    path.write_text(json.dumps({"x": given_range}))
    try:
        read = ranges.read(path)
    except MammoError:
        return
    value = ranges.suggest(optuna.create_study().ask(), read)["x"]
    if "choices" in given_range:
        assert value in given_range["choices"]
    else:
        assert given_range["low"] <= value <= given_range["high"]
