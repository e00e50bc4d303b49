"""Dates moved by days, and the age that training needs where only a birth date stands in the header."""

from __future__ import annotations

import datetime
import re
from typing import Final

OLDEST: Final = 90
"""Years; ages of 90 and more become 90, as HIPAA's safe harbour (45 CFR 164.514) asks for all over 89."""
_UNIT: Final = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}


def parse(text: str) -> datetime.date | None:
    """A DICOM date (DA: YYYYMMDD; the retired YYYY.MM.DD too); None for anything else."""
    match = re.fullmatch(r"(\d{4})\.?(\d\d)\.?(\d\d)", text.strip(" \0"), re.ASCII)
    try:
        return datetime.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def shifted(text: str, days: int) -> str:
    """The date ``days`` later as YYYYMMDD; "" for what is no date or leaves the calendar: never as it is."""
    date = parse(text)
    try:
        return (date + datetime.timedelta(days)).strftime("%Y%m%d").zfill(8) if date else ""
    except OverflowError:
        return ""


def age(stated: str, born: str, examined: str) -> str:
    """Age as AS ("057Y"): the one stated, or whole years from birth to exam; 090Y for all over 89, "" unknown."""
    match = re.fullmatch(r"(\d{3})([DWMY])", stated.strip(" \0"), re.ASCII)
    if match and int(match[1]):
        return match[0] if int(match[1]) / _UNIT[match[2]] < OLDEST else f"{OLDEST:03d}Y"
    birth, exam = parse(born), parse(examined)
    if birth is None or exam is None or exam < birth:
        return ""
    years = exam.year - birth.year - ((exam.month, exam.day) < (birth.month, birth.day))
    return f"{min(years, OLDEST):03d}Y"
