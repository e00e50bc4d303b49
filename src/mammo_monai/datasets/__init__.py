"""Data sets: one adapter each, one record type, label maps, patient-disjoint splits and the datalist."""
