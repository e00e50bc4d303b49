"""Readers, committees of them and a model on the same cases: who finds what, and how sure the differences are."""
