"""How well the readers agree on the classes of the judged cases: the kappas of the consensus of readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mammo_monai.reader_study.cases import Cases
from mammo_monai.reader_study.tables import Said
from mammo_monai.readings.kappa import Kappa, kappas
from mammo_monai.readings.table import Case, Reading

_LABEL = "class"


def agreement(said: Said, cases: Cases, arbiter: str = "", *, seed: int = 0) -> list[Kappa]:
    """Kappas of each pair and of all; over patients where every case has one.

    Args:
        said: the readers' table.
        cases: those that are judged, and whose they are.
        arbiter: who saw the other readings and is left out.
        seed: of the bootstrap.
    """
    patients = dict(zip(cases.names, cases.model.patients.tolist(), strict=True))
    known = not cases.model.notes.get("without-patient")
    classes = [
        _case(case, said.of(case), cases.model.class_names, patients[name] if known else None)
        for case in said.table.cases
        if (name := case.identity["image"]) in patients
    ]
    return kappas(replace(said.table, labels=(_LABEL,), cases=tuple(classes)), _LABEL, arbiter, seed=seed)


def _case(case: Case, calls: Mapping[str, int | None], names: tuple[str, ...], patient: str | None) -> Case:
    readings = next(iter(case.readings.values()))
    as_classes = {
        reader: Reading(names[call], readings[reader].row) for reader, call in calls.items() if call is not None
    }
    return replace(case, identity={} if patient is None else {"patient": patient}, readings={_LABEL: as_classes})
