from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decisions.calling import decide_level
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.plan import ARGMAX, Plan
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.evaluation.exams import exam_results, write_exams
from mammo_monai.evaluation.operating import OperatingPoint
from mammo_monai.evaluation.prediction_table import from_predictions
from mammo_monai.evaluation.predictions import Prediction

CLASSES = ["045", "1", "23"]
ROWS = [
    Prediction("1", "p1", "e1", "L", "CC", "", (0.1, 0.7, 0.2)),
    Prediction("2", "p1", "e1", "L", "MLO", "", (0.5, 0.3, 0.2)),
    Prediction("3", "p1", "e1", "R", "CC", "", (0.2, 0.2, 0.6)),
    Prediction("4", "p1", "e1", "R", "MLO", "", (), error="unreadable: cut"),
    Prediction("5", "p2", "../e2", "R", "CC", "", (), error="empty-file: nothing"),
]
OF_BREASTS = OperatingPoint("1", "specificity", 0.9, 0.3, 0.5, 0.9)
POINT = OperatingPoint("045", "sensitivity", 0.9, 0.4, 0.9, 0.5)


@pytest.fixture
def decision() -> Decision:
    return Decision("0" * 64, tuple(CLASSES), 2.0, 0.05, (POINT,), 30, levels={"breast": (OF_BREASTS,)})


def scaled(probabilities: tuple[float, ...]) -> np.ndarray:
    """A temperature of 2 takes the square root of probabilities."""
    roots = np.sqrt(probabilities)
    return roots / roots.sum()


def test_images_breasts_and_the_exam():
    first, second = exam_results(ROWS, CLASSES, {"weights": "x"})
    assert (first.patient, first.exam, first.classes) == ("p1", "e1", ("045", "1", "23"))
    assert [image.outcome and image.outcome.predicted for image in first.images] == ["1", "045", "23", None]
    left, right = first.breasts
    assert (left.laterality, left.images, left.missing, left.rule) == ("L", 2, (), "mean")
    assert list(left.outcome.probabilities.values()) == pytest.approx([0.3, 0.5, 0.2])
    assert (right.laterality, right.images, right.missing) == ("R", 1, ("R-MLO",))
    # Of each degree (1 < 23 < 045) the most that a breast shows: 045 of the left, 23 or worse of the right.
    assert list(first.whole.outcome.probabilities.values()) == pytest.approx([0.3, 0.2, 0.5])
    assert (first.whole.outcome.predicted, first.whole.outcome.decision, first.whole.images) == ("23", "", 3)
    assert first.remarks == ("1 of 4 images have no result", "no result of R-MLO")
    assert (second.breasts, second.whole, second.images[0].outcome) == ((), None, None)


def test_calibrated_probabilities_are_pooled_by_themselves(decision):
    first, _ = exam_results(ROWS, CLASSES, {}, decision)
    one, two = scaled((0.1, 0.7, 0.2)), scaled((0.5, 0.3, 0.2))
    assert list(first.images[0].outcome.calibrated.values()) == pytest.approx(one)
    assert list(first.breasts[0].outcome.calibrated.values()) == pytest.approx((one + two) / 2)
    left, right = (one + two) / 2, scaled((0.2, 0.2, 0.6))
    worst, normal = max(left[0], right[0]), min(left[1], right[1])
    assert list(first.whole.outcome.calibrated.values()) == pytest.approx([worst, normal, 1 - worst - normal])
    assert first.images[0].outcome.decision == "1"
    (verdict,) = first.images[1].outcome.operating_points
    assert verdict.called == (two[0] >= 0.4) and verdict.probability == pytest.approx(two[0])
    (of_left,) = first.breasts[0].outcome.operating_points
    assert (of_left.class_name, of_left.threshold, of_left.called) == ("1", 0.3, True)
    assert of_left.probability == pytest.approx(((one + two) / 2)[1])
    assert first.whole.outcome.operating_points == ()
    # Left: 0.347 of 045 against 0.407 of 1; the margin is the decision's.
    assert first.breasts[0].outcome.decision == ("1" if np.diff(np.sort((one + two) / 2))[-1] >= 0.05 else "abstain")


@pytest.mark.parametrize("decide_by", [ARGMAX, "045, sensitivity 0.9"])
def test_what_is_judged_is_what_is_decided(decide_by):
    """A report over the table of an evaluation calls each breast and exam as inference does, contradicted sides too."""
    random = np.random.default_rng(0)
    scores = random.dirichlet([0.6, 0.6, 0.6], 160)
    conflicts = random.choice(["", "laterality L by tags, R by pixels"], 160, p=[0.9, 0.1])
    rows = [
        Prediction(
            f"{i}.dcm",
            f"p{i // 8}",
            f"e{i // 4}",
            "LR"[i // 2 % 2],
            ("CC", "MLO")[i % 2],
            CLASSES[i % 3],
            tuple(row),
            conflict,
        )
        for i, (row, conflict) in enumerate(zip(scores.tolist(), conflicts.tolist(), strict=True))
    ]
    levels = {level: (replace(POINT, threshold=at),) for level, at in (("breast", 0.3), ("exam", 0.45))}
    plan = Plan((("sensitivity", 0.9),), 0.05, decide_by)
    decision = Decision("0" * 64, tuple(CLASSES), 2.0, 0.05, (POINT,), 30, levels=levels, plan=plan)
    results = exam_results(rows, CLASSES, {}, decision)
    table = calibrated(from_predictions(rows, CLASSES), 2.0)
    found = {level: decide_level(table, level, decision)[1] for level in ("image", "breast", "exam")}
    told = {
        "image": [image.outcome for result in results for image in result.images],
        "breast": [breast.outcome for result in results for breast in result.breasts],
        "exam": [result.whole.outcome for result in results],
    }
    for level, outcomes in told.items():
        assert [outcome.decision for outcome in outcomes] == list(found[level].called)
        (reached,) = found[level].points.values()
        assert [outcome.operating_points[0].called for outcome in outcomes] == reached.tolist()
        assert len(set(found[level].called)) == 4  # each class, and none
    assert len(told["breast"]) > 80  # of 40 exams: images of a contradicted side stand by themselves


def test_an_order_nobody_knows_leaves_breasts_open_and_says_so():
    rows = [Prediction("1", "p", "e", "L", "CC", "", (0.1, 0.9))]
    (result,) = exam_results(rows, ["cat", "dog"], {})
    assert (result.breasts, result.whole) == ((), None)
    assert "order of suspicion" in result.remarks[0]
    (named,) = exam_results(rows, ["cat", "dog"], {}, order=["cat", "dog"])
    assert named.whole.outcome.predicted == "dog" and "order" not in str(named.remarks)


def test_no_breast_takes_suspicion_from_another():
    rows = [
        Prediction("1", "p", "e", "L", "CC", "", (0.03, 0.93, 0.04)),
        Prediction("2", "p", "e", "R", "CC", "", (0.02, 0.02, 0.96)),
    ]
    (result,) = exam_results(rows, CLASSES, {})
    assert (result.whole.outcome.predicted, result.whole.rule) == ("23", "max")


def test_an_image_whose_side_is_contradicted_is_pooled_with_no_other():
    rows = [
        Prediction("1", "p", "e", "L", "CC", "", (0.1, 0.8, 0.1)),
        Prediction("2", "p", "e", "L", "CC", "", (0.9, 0.05, 0.05), conflict="laterality L by tags, R by pixels"),
    ]
    (result,) = exam_results(rows, CLASSES, {})
    assert [(breast.laterality, breast.outcome.predicted) for breast in result.breasts] == [("L", "1"), ("", "045")]
    assert any("contradicted" in remark for remark in result.remarks)


def test_patches_are_not_pooled():
    rows = [Prediction("1", "p", "e", "L", "CC", "", (0.1, 0.7, 0.2), box=(0, 0, 9, 9))]
    (result,) = exam_results(rows, CLASSES, {})
    assert result.images[0].box == (0, 0, 9, 9) and result.whole is None


def test_json_gives_an_equal_result_back(decision):
    for result in exam_results(ROWS, CLASSES, {"weights": "x"}, decision):
        text = json.dumps(result.to_json())
        assert "not for clinical use" in text
        assert ExamResult.from_json(json.loads(text)) == result


@pytest.mark.parametrize("content", [{}, {"classes": 3}, [], None, {"images": [], "classes": []}])
def test_what_is_no_result_is_refused(content):
    with pytest.raises(MammoError) as caught:
        ExamResult.from_json(content)
    assert caught.value.reason == "bad-result"


def test_exams_of_an_earlier_inference_do_not_stay(tmp_path):
    write_exams(tmp_path, exam_results(ROWS, CLASSES, {}))
    (tmp_path / "notes.json").write_text("{}")
    (kept,) = write_exams(tmp_path, exam_results(ROWS[:1], CLASSES, {}))
    assert {path.name for path in tmp_path.iterdir()} == {kept.name, "notes.json"}


def test_one_json_per_exam_whose_name_is_no_identifier(tmp_path):
    files = write_exams(tmp_path / "exams", exam_results(ROWS, CLASSES, {"weights": "x"}))
    assert len(files) == 2
    assert {path.parent for path in files} == {tmp_path / "exams"}
    assert json.loads(files[1].read_text())["exam"] == "../e2"
