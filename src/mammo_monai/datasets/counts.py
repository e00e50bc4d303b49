"""What a data set holds, counted under the names its adapter's ``PUBLISHED`` uses."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from mammo_monai.datasets.records import Record

STANDARD_VIEWS = {("L", "CC"), ("L", "MLO"), ("R", "CC"), ("R", "MLO")}
_COUNTED = ("laterality", "view", "birads", "pathology", "density", "split")


def count(records: Iterable[Record]) -> dict[str, int]:
    """Patients, exams, images and findings, and the images of each value ("birads 4", "view CC", "split
    test").

    A finding of several categories counts once under "findings" and once under each "finding <category>".
    """
    records = list(records)
    views = defaultdict(set)
    for record in records:
        views[record.exam].add((record.laterality, record.view))
    findings = [finding for record in records for finding in record.findings]
    totals = {
        "patients": len({record.patient for record in records}),
        "exams": len(views),
        "exams with the four standard views": sum(seen >= STANDARD_VIEWS for seen in views.values()),
        "images": len(records),
        "images with findings": sum(bool(record.findings) for record in records),
        "findings": len(findings),
        "findings with box": sum(finding.box is not None for finding in findings),
        "findings with circle": sum(finding.circle is not None for finding in findings),
        "findings without birads": sum(finding.birads is None for finding in findings),
    }
    named = Counter(f"{field} {value}" for record in records for field in _COUNTED if (value := getattr(record, field)))
    named.update(f"finding {category}" for finding in findings for category in finding.categories)
    return totals | dict(sorted(named.items()))
