from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.deidentification.dates import age, shifted


@given(st.dates(datetime.date(1900, 1, 1)), st.dates(datetime.date(1900, 1, 1)), st.integers(-730, -1))
def test_intervals_between_exams_stay(first, second, days):
    moved = [datetime.datetime.strptime(shifted(d.strftime("%Y%m%d"), days), "%Y%m%d").date() for d in (first, second)]
    assert moved[1] - moved[0] == second - first
    assert (first - moved[0]).days == -days


@pytest.mark.parametrize(
    "text", ["", "2020", "20201301", "20200230", "Smith", "00000000", "00010101", "2020-01-01", "２０２００１０１"]
)
def test_what_is_no_date_is_not_passed_on(text):
    assert shifted(text, -30) == ""


def test_leap_days_retired_form_and_padding():
    assert shifted("20200301", -1) == "20200229"
    assert shifted("2020.03.01", -1) == shifted("20200301 ", -1) == "20200229"


@pytest.mark.parametrize(
    ("stated", "born", "examined", "expected"),
    [
        ("057Y", "", "", "057Y"),
        ("089Y", "", "", "089Y"),
        ("090Y", "", "", "090Y"),
        ("104Y", "", "", "090Y"),
        ("999M", "", "", "999M"),
        ("999W", "", "", "999W"),
        ("", "19500615", "20200614", "069Y"),
        ("", "19500615", "20200615", "070Y"),
        ("000Y", "19500615", "20200615", "070Y"),
        ("57", "", "20200615", ""),
        ("", "19200615", "20200615", "090Y"),
        ("", "20210101", "20200101", ""),
        ("Smith", "", "", ""),
    ],
)
def test_age(stated, born, examined, expected):
    assert age(stated, born, examined) == expected
