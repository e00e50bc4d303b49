from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.plan import DEFAULT, Plan, planned

CLASSES = ("benign", "malignant")


def test_what_a_config_says_is_what_is_asked_for():
    assert planned(CLASSES) == DEFAULT == Plan()
    asked = planned(CLASSES, [["cost", 20], ["youden", 0]], "2.50 %", "malignant, cost 20")
    assert asked == Plan((("cost", 20.0), ("youden", 0.0)), "2.5%", "malignant, cost 20")
    assert (asked.share, DEFAULT.share) == (0.025, None)
    assert planned(CLASSES, [], 0) == Plan((), 0.0)


def test_a_command_line_may_take_a_name_for_two_words():
    """Fire reads "malignant, youden" as a tuple of names, and "1, youden" as one of a number and a name."""
    assert planned(CLASSES, decide_by=("malignant", "youden")).decide_by == "malignant, youden"
    assert planned(("1", "23"), decide_by=(1, "youden")).decide_by == "1, youden"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"operating_points": [["best", 1]]}, "operating_points: 'best' 1: expected one of sensitivity, specificity"),
        ({"operating_points": [["sensitivity", 90]]}, "operating_points: 'sensitivity' 90"),
        ({"operating_points": [["cost", float("nan")]]}, "operating_points: 'cost' nan"),
        ({"operating_points": ["youden"]}, "operating_points: expected a list of rules and targets"),
        ({"operating_points": 3}, "operating_points: expected a list"),
        ({"operating_points": None}, "operating_points: expected a list"),
        ({"operating_points": [["cost", "dear"]]}, "operating_points: expected a list"),
        ({"operating_points": [["cost", 2], ["cost", 2.0]]}, "operating_points: expected each rule and target once"),
        ({"abstain": "hot"}, "abstain: expected a margin of probability from 0 to 1, or a share"),
        ({"abstain": "101%"}, "abstain"),
        ({"abstain": "%"}, "abstain"),
        ({"abstain": -0.1}, "abstain"),
        ({"abstain": 1.5}, "abstain"),
        ({"abstain": None}, "abstain"),
        ({"abstain": float("nan")}, "abstain"),
        ({"decide_by": "malignant"}, "decide_by: expected argmax; benign, youden; benign, sensitivity 0.9;"),
        ({"decide_by": "malignant, cost 20"}, "decide_by: expected argmax; .*; found 'malignant, cost 20'"),
        ({"decide_by": 3}, "decide_by"),
        ({"decide_by": None}, "decide_by"),
        ({"decide_by": ""}, "decide_by"),
    ],
)
def test_what_is_none_is_one_line_that_names_its_id(given, expected):
    with pytest.raises(MammoError, match=expected) as caught:
        planned(CLASSES, **given)
    assert caught.value.reason == "bad-option" and "\n" not in str(caught.value)
