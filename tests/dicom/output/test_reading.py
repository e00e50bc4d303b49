"""Written, read back: the same result."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("highdicom", reason="reports need the extra sr")

from mammo_monai.dicom.output import read_report, write_outputs
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome, UnitResult, Verdict

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=90)
PROBABILITY = st.floats(0, 1)


@st.composite
def results(draw, path: str, sop: str) -> ExamResult:
    names = draw(st.lists(PLAIN.filter(lambda name: name != "abstain"), min_size=2, max_size=3, unique=True))

    def outcome() -> Outcome:
        probabilities = {name: draw(PROBABILITY) for name in names}
        calibrated = {name: draw(PROBABILITY) for name in names} if draw(st.booleans()) else {}
        points = tuple(
            Verdict(
                draw(PLAIN), draw(st.sampled_from(names)), draw(PROBABILITY), draw(PROBABILITY), draw(st.booleans())
            )
            for _ in range(draw(st.integers(0, 2)))
        )
        decision = draw(st.sampled_from(["", "abstain", *names]))
        return Outcome(probabilities, draw(st.sampled_from(names)), calibrated, decision, points)

    side, view = (
        draw(st.sampled_from(["", "L", "R"])),
        draw(st.sampled_from(["", "CC", "MLO", "XCCL", "SPECIMEN", "AT"])),
    )
    images = (
        ImageResult(path, side, view, outcome(), box=(1, 2, 30, 40), conflict=draw(PLAIN), sop=sop),
        ImageResult(path, side, view, error=draw(PLAIN)),
    )
    unit = UnitResult(side, outcome(), 1, ("L-CC", "R-MLO"), draw(PLAIN))
    context = draw(st.dictionaries(PLAIN, st.one_of(PLAIN, st.just("")), max_size=3))
    return ExamResult(draw(PLAIN), draw(PLAIN), tuple(names), context, images, (unit,), unit, (draw(PLAIN),))


def test_the_same_result(exam, tmp_path):
    result, root = exam
    assert read_report(write_outputs(result, root, tmp_path)[0]) == result


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_result(exam, tmp_path, data):
    root = exam[1]
    result = data.draw(results(exam[0].images[0].path, exam[0].images[0].sop))
    assert read_report(write_outputs(result, root, tmp_path)[0]) == result


def test_all_images_failed(exam, tmp_path):
    result, root = exam
    failed = tuple(replace(image, outcome=None, error="unreadable: no") for image in result.images)
    result = replace(result, images=failed, breasts=(), whole=None)
    report = write_outputs(result, root, tmp_path)[0]
    assert read_report(report) == result
    assert pydicom.dcmread(report).CompletionFlag == "PARTIAL"


def test_control_characters_and_undecodable_names_become_escapes(exam, tmp_path):
    result, root = exam
    result = replace(result, remarks=("  bell \a, tab\t, file \udce9.png ", "two\r\nlines"))
    assert read_report(write_outputs(result, root, tmp_path)[0]).remarks == (
        "bell \\x07, tab\\x09, file \\udce9.png",
        "two\r\nlines",
    )


def test_times_are_not_in_it(exam, tmp_path):
    result, root = exam
    timed = replace(result, seconds={"network": 1.0})
    assert read_report(write_outputs(timed, root, tmp_path)[0]) == result


@pytest.mark.parametrize("what", ["text report", "source image", "json", "half", "nothing", "folder", "foreign"])
def test_what_is_no_report_is_one_line(exam, tmp_path, what):
    result, root = exam
    report, twin = write_outputs(result, root, tmp_path / "o", report="text" if what == "text report" else "tid1500")
    path = {"source image": root / result.images[0].path, "json": twin, "folder": tmp_path, "nothing": tmp_path / "n"}
    if what == "half":
        report.write_bytes(report.read_bytes()[: report.stat().st_size // 2])
    if what == "foreign":
        data = pydicom.dcmread(report)
        data.ContentSequence = data.ContentSequence[:-1]
        buffer = BytesIO()
        data.save_as(buffer)
        report.write_bytes(buffer.getvalue())
    with pytest.raises(MammoError) as caught:
        read_report(path.get(what, Path(report)))
    assert caught.value.reason == ("not-found" if what == "nothing" else "bad-report")
    assert "\n" not in str(caught.value)
