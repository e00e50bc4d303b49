"""What a datalist holds, counted by section: the tables of VinDr-Mammo (seed 001) and of the Hanoi study (seed 000).

Breasts, exams and patients are counted once, however many images they have; identifiers belong to a data set.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mammo_monai.datasets.records import SECTIONS

UNKNOWN = "unknown"
AGE_STEP = 5
"""Years of one bar of the age histogram."""
OLDEST = 120
ATTRIBUTES = {"birads": "BI-RADS", "density": "Density", "pathology": "Pathology"}
_ORDER = ("normal", "benign", "malignant")

Item = Mapping[str, Any]
Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: stem of its files.
        title: what it counts.
        header: of the columns; the first is that of the row names.
        rows: their cells, a name first.
        note: what has to be known to read it.
        bars: how many of the rows, from the first, make a figure; their columns are those of :func:`_by_section`.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    bars: int = 0


def tables(datalist: Mapping[str, Any]) -> list[Table]:
    """Every table that a datalist has something to say for, in the order of a page."""
    made = [sections(datalist), class_by_view(datalist)]
    for field, title in ATTRIBUTES.items():
        if any(item.get(field) for _, item in _items(datalist)):
            made += [by_value(datalist, field, title, unit) for unit in ("breasts", "images")]
    made += [table for table in (findings(datalist), finding_birads(datalist), ages(datalist)) if table.rows]
    made += [counted(datalist, "left_out", "Left out, by reason"), counted(datalist, "notes", "Corrected, by code")]
    made += [balance(datalist), class_by_source(datalist)]
    return [table for table in made if table.rows]


def sections(datalist: Mapping[str, Any]) -> Table:
    """Patients, exams, breasts and images of each section."""
    rows = [(unit, _distinct(datalist, key)) for unit, key in _UNITS.items()]
    if (items := Counter(section for section, _ in _items(datalist))) != rows[-1][1]:
        rows.append(("items", items))
    return Table(
        "sections",
        "Sections",
        ("", *SECTIONS, "total"),
        tuple((unit, *(count[section] for section in SECTIONS), count.total()) for unit, count in rows),
    )


def class_by_view(datalist: Mapping[str, Any]) -> Table:
    """Class by view by section: Table 1 of seed 000."""
    counts: dict[str, Counter[str]] = {}
    for index, name in enumerate(datalist["classes"]):
        own = [(section, item) for section, item in _items(datalist) if item["label"] == index]
        counts[name] = Counter(section for section, _ in own)
        for view in sorted({_view(item) for _, item in own}):
            counts[f"{name} {view}"] = Counter(section for section, item in own if _view(item) == view)
    total = Counter(section for section, _ in _items(datalist))
    made = _by_section("class_by_view", "Class by view", counts | {"all": total}, total, "%")
    return replace(made, bars=len(counts))  # the bar of all would be 100 %


def by_value(datalist: Mapping[str, Any], field: str, title: str, unit: str) -> Table:
    """BI-RADS or density by section: Tables 3 and 4 of seed 001, which count breasts."""
    key = _UNITS[unit]
    held: dict[tuple[str, Hashable], set[str]] = defaultdict(set)
    for section, item in _items(datalist):
        held[section, key(item)].add(str(item.get(field) or UNKNOWN))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (section, _), values in held.items():
        for value in values:
            counts[value][section] += 1
    several = sum(len(values) > 1 for values in held.values())
    note = f"{several} {unit} have several categories and count in each." if several else ""
    ordered = {value: counts[value] for value in sorted(counts, key=_rank)}
    of = Counter(section for section, _ in held)
    return _by_section(f"{field}_{unit}", f"{title} of {unit}", ordered, of, "%", note)


def findings(datalist: Mapping[str, Any]) -> Table:
    """Findings of each category: Table 5 of seed 001."""
    return _findings(
        datalist,
        "findings",
        "Findings",
        lambda finding: [str(category) for category in finding.get("categories") or [UNKNOWN]],
        "A finding of several categories counts in each.",
    )


def finding_birads(datalist: Mapping[str, Any]) -> Table:
    """Findings of each BI-RADS category: Figure 3 of seed 001."""
    made = _findings(datalist, "finding_birads", "BI-RADS of findings", lambda f: [str(f.get("birads") or UNKNOWN)], "")
    known = [row for row in made.rows if row[0] != UNKNOWN]
    return made if known else Table(made.name, made.title, made.header, ())


def ages(datalist: Mapping[str, Any]) -> Table:
    """Exams by age of the patient, in steps of five years: Figure 4 of seed 001."""
    known: dict[tuple[str, Hashable], int | None] = {}
    for section, item in _items(datalist):
        key = section, _UNITS["exams"](item)
        known[key] = known[key] if known.get(key) is not None else _years(item.get("age"))
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for (section, _), years in known.items():
        if years is not None:
            counts[years // AGE_STEP * AGE_STEP][section] += 1
    bars = {
        f"{start}-{start + AGE_STEP - 1}": counts[start]
        for start in range(min(counts, default=0), max(counts, default=-1) + 1, AGE_STEP)
    }
    of = sum(counts.values(), Counter[str]())
    note = f"{of.total()} of {len(known)} exams state an age."
    return _by_section("ages", "Age in years, of exams", bars, of, "%", note)


def counted(datalist: Mapping[str, Any], key: str, title: str) -> Table:
    """What was left out or corrected when the datalist was made."""
    found = datalist.get(key) or {}
    return Table(key, title, ("", "records"), tuple(sorted(found.items())))


def balance(datalist: Mapping[str, Any]) -> Table:
    """What a split was asked for and what it got, for every value of every attribute."""
    rows = [
        (f"{attribute} {value}", *(held[section][side] for section in SECTIONS for side in ("asked", "got")))
        for attribute, values in (datalist.get("balance") or {}).items()
        for value, held in values.items()
    ]
    header = ("", *(f"{section} {side}" for section in SECTIONS for side in ("asked", "got")))
    return Table("balance", "Balance of the split, in images", header, tuple(rows))


def class_by_source(datalist: Mapping[str, Any]) -> Table:
    """Which data set the images of each class come from, in a merged list."""
    found = datalist.get("confounding") or {"table": {}, "warnings": []}
    rows = tuple((name, *row.values()) for name, row in found["table"].items())
    sources = tuple(next(iter(found["table"].values()), {}))
    return Table("class_by_source", "Class by source", ("", *sources), rows, " ".join(found["warnings"]))


_UNITS: Mapping[str, Callable[[Item], Hashable]] = {
    "patients": lambda item: (item.get("dataset", ""), item["patient"]),
    "exams": lambda item: (item.get("dataset", ""), item["exam"]),
    # Where the side is unknown, the image is all that is known of its breast.
    "breasts": lambda item: (item.get("dataset", ""), item["exam"], item.get("laterality") or item["image"]),
    "images": lambda item: item["image"],
}


def _items(datalist: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    return ((section, item) for section in SECTIONS for item in datalist[section])


def _distinct(datalist: Mapping[str, Any], key: Callable[[Item], Hashable]) -> Counter[str]:
    return Counter(section for section, _ in {(section, key(item)) for section, item in _items(datalist)})


def _findings(
    datalist: Mapping[str, Any], name: str, title: str, values: Callable[[Mapping[str, Any]], Iterable[str]], note: str
) -> Table:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for section, item in _items(datalist):
        for finding in item.get("findings") or ():
            for value in values(finding):
                counts[value][section] += 1
    ordered = {value: counts[value] for value in sorted(counts, key=_rank)}
    return _by_section(name, title, ordered, _distinct(datalist, _UNITS["images"]), "per 100 images", note)


def _by_section(
    name: str, title: str, counts: Mapping[str, Counter[str]], of: Counter[str], per: str, note: str = ""
) -> Table:
    """A row per value: its number in each section and in all, then each of these per 100 of ``of``."""
    columns = (*SECTIONS, "total")
    of = of + Counter({"total": of.total()})
    rows = []
    for value, count in counts.items():
        numbers = [count[section] for section in SECTIONS]
        numbers.append(sum(numbers))
        shares = (100 * n / of[column] if of[column] else math.nan for n, column in zip(numbers, columns, strict=True))
        rows.append((value, *numbers, *(_number(share) for share in shares)))
    return Table(
        name, title, ("", *columns, *(f"{column} {per}" for column in columns)), tuple(rows), note, bars=len(rows)
    )


def _number(value: Any) -> Cell:
    """Rounded to three places; blank where it is undefined."""
    return "" if value is None or not math.isfinite(value) else round(value, 3)


def _view(item: Item) -> str:
    return "-".join(item.get(key) or "?" for key in ("laterality", "view"))


def _rank(value: str) -> tuple[bool, int, str]:
    return value == UNKNOWN, _ORDER.index(value) if value in _ORDER else 0, value


def _years(text: Any) -> int | None:
    try:
        years = float(str(text or "").strip())
    except ValueError:
        return None
    return int(years) if 0 < years <= OLDEST else None
