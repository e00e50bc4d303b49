from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.studies import table
from mammo_monai.studies.table import Row, Study

GOOD = {
    "name": "ladder",
    "note": "why",
    "baseline": "b",
    "common": {"max_epochs": 3},
    "rows": [
        {"name": "a", "preset": "wide", "overlay": {"spatial_size": [64, 32]}, "seen": "+1.2"},
        {"name": "b", "preset": ["wide", "slow"], "note": "second"},
    ],
}


def written(tmp_path, content, name="study.json"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_json(tmp_path):
    a = Row("a", ("wide",), {"spatial_size": [64, 32]}, seen="+1.2")
    assert table.read(written(tmp_path, GOOD)) == Study(
        "ladder", "why", "b", {"max_epochs": 3}, (a, Row("b", ("wide", "slow"), note="second"))
    )


def test_csv_says_the_same(tmp_path):
    text = 'name,note,preset,seen,spatial_size,weights\na,,wide,+1.2,"[64, 32]",\nb,second,wide slow,,,none\n'
    a = Row("a", ("wide",), {"spatial_size": [64, 32]}, seen="+1.2")
    b = Row("b", ("wide", "slow"), {"weights": "none"}, note="second")
    assert table.read(written(tmp_path, "\ufeff" + text, "ladder.csv")) == Study("ladder", "", "a", {}, (a, b))


def test_name_and_baseline_have_defaults(tmp_path):
    read = table.read(written(tmp_path, {"rows": [{"name": "x"}]}, "mine.json"))
    assert (read.name, read.baseline) == ("mine", "x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row": []}, "unknown key 'row'; nearest: rows"),
        ({"rows": []}, "at least one row"),
        ({"rows": [{"name": "a", "overlays": {}}]}, "row 1: unknown key 'overlays'; nearest: overlay"),
        ({"rows": [{"name": "a"}, {"name": "A"}], "baseline": ""}, "two rows are called 'A'"),
        ({"rows": [{"name": "../a"}]}, "names a folder"),
        ({"rows": [{"name": "study.md"}]}, "names a folder"),
        ({"rows": [{"preset": "wide"}]}, "row 1: name ''"),
        ({"rows": [{"name": "a", "preset": 3}]}, '"preset" must be'),
        ({"rows": [{"name": "a", "preset": [3]}]}, '"preset" must be'),
        ({"rows": [{"name": "a", "overlay": []}]}, '"overlay" must be an object'),
        ({"rows": ["a"]}, "row 1 must be an object"),
        ({"common": 3}, '"common" must be an object'),
        ({"baseline": "bb"}, "baseline 'bb' is no row; nearest: b"),
        ({"rows": [{"name": "a", "against": "aa"}], "baseline": ""}, "row 'a': against 'aa' is no row; nearest: a"),
        ({"rows": [{"name": "a", "classical": "wood"}], "baseline": ""}, "no classical model 'wood'"),
    ],
)
def test_mistakes_are_one_line(tmp_path, change, said):
    path = written(tmp_path, {**GOOD, **change})
    with pytest.raises(MammoError) as raised:
        table.read(path)
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nom,preset\na,b\n", "no column 'name'"),
        ("name,x,x\na,1,2\n", "two columns are called 'x'"),
        ("name,x\na,1,2\n", "more cells than the header"),
        ("name\n", "at least one row"),
        ("", "no column 'name'"),
    ],
)
def test_bad_tables(tmp_path, text, said):
    with pytest.raises(MammoError, match=said):
        table.read(written(tmp_path, text, "s.csv"))


def test_no_file_and_no_json(tmp_path):
    with pytest.raises(MammoError, match="no such study file"):
        table.read(tmp_path / "none.json")
    with pytest.raises(MammoError, match="cannot be read as a study"):
        table.read(written(tmp_path, "{"))
    with pytest.raises(MammoError, match="cannot be read as a study"):
        table.read(written(tmp_path, "[" * 100_000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "rows", "preset", "overlay", "common", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_study_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content))
    try:
        assert table.read(path).rows
    except MammoError as error:
        assert "\n" not in str(error)
