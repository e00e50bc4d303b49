"""Synthetic four-view exams in VinDr-Mammo's folders and tables: made here, of no woman, free of any licence.

Holds what ``mammo-monai phantom --out DIR --exams N --seed S`` wrote, as many exams as were asked for; so
there are no published counts. Read by the adapter of VinDr-Mammo, which is thereby exercised; phantoms in
another layout are read by the adapter their layout is named after.
"""

from __future__ import annotations

from mammo_monai.datasets.adapters.vindr import records

__all__ = ["PUBLISHED", "records"]

PUBLISHED: dict[str, int] = {}
