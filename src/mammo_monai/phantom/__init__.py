"""Synthetic four-view exams with known truth, for the demo, the tests and a first try without real data."""

from mammo_monai.phantom.phantom_set import write_phantoms

__all__ = ["write_phantoms"]
