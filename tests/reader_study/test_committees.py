from __future__ import annotations

import numpy as np

from mammo_monai.reader_study.committees import NOTHING, committees

CALLS = {
    "a": np.array([0, 0, 1, 2, 0, NOTHING]),
    "b": np.array([0, 0, 1, 1, 1, 2]),
    "c": np.array([0, 1, 2, 0, NOTHING, 2]),
}


def test_rules() -> None:
    found = {board.name: board for board in committees(CALLS)}
    assert list(found) == ["consensus of 3", "majority of 3"]
    # Those who read a case decide it: two of two agree on the last, and nobody has more than half of the two before.
    assert found["consensus of 3"].calls.tolist() == [0, -1, -1, -1, -1, 2]
    assert found["majority of 3"].calls.tolist() == [0, 0, 1, -1, -1, 2]
    assert found["consensus of 3"].decided == {"agreement": 2, "disagreement": 4}
    assert found["majority of 3"].decided == {"agreement": 2, "majority": 2, "no-majority": 2}


def test_the_arbiter_has_no_voice_where_the_others_agree() -> None:
    found = {board.name: board for board in committees(CALLS, "c")}
    assert list(found) == ["consensus of 2", "arbitration of 2 by c"]
    assert found["consensus of 2"].members == ("a", "b")
    assert found["arbitration of 2 by c"].calls.tolist() == [0, 0, 1, 0, -1, -1]
    assert found["arbitration of 2 by c"].decided == {
        "agreement": 3, "arbitration": 1, "disagreement": 1, "one-reading": 1,
    }  # fmt: skip


def test_one_reader_is_no_committee() -> None:
    assert committees({"a": CALLS["a"]}) == [] and committees({k: CALLS[k] for k in "ac"}, "c") == []
