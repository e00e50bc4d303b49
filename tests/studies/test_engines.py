from __future__ import annotations

import os
from pathlib import Path

from mammo_monai.studies import engines
from mammo_monai.studies.folder import Outcome


def test_several_slots_have_a_device_each_and_share_the_cores(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,7")
    seen = []

    def launch(spec, environment):
        seen.append(environment)
        return Outcome(spec)

    with engines.local(2, launch) as submit:
        assert [submit(Path(name)).result() for name in "abc"] == [Outcome(Path(name)) for name in "abc"]
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in seen] == ["3", "7", "3"]  # given back when it is done
    assert {int(slot["OMP_NUM_THREADS"]) for slot in seen} == {max(1, (os.cpu_count() or 1) // 2)}


def test_one_slot_leaves_the_environment_alone():
    with engines.local(1, lambda spec, environment: environment) as submit:
        assert submit(Path("a")).result() == {}
