from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.studies.folder import FAILED, FINISHED, STOP, finished, prepare, write_json
from mammo_monai.studies.plan import Job


@pytest.fixture
def job(tmp_path):
    identity = {"settings": {"batch_size": 4}, "datalist": "d", "rows": {}}
    return Job("a", tmp_path / "a" / "l", {"batch_size": 4}, tmp_path / "l.json", tmp_path, (), identity, tested=True)


def other(job, **settings):
    return replace(job, identity={**job.identity, "settings": settings})


def test_a_new_folder_a_left_one_and_a_finished_one(job, bundle):
    assert not finished(job)
    prepare(job, bundle, {}, {})
    assert not finished(job)
    (job.folder / "last.pt").touch()
    assert not finished(job)
    write_json(job.folder / FINISHED, {"identity": job.identity})
    assert finished(job)


@pytest.mark.parametrize("state", [FINISHED, "last.pt"])
def test_a_changed_row_is_refused_and_says_what_changed(job, bundle, state):
    prepare(job, bundle, {}, {})
    write_json(job.folder / state, {"identity": job.identity})
    with pytest.raises(MammoError, match=r"before its batch_size, spatial_size changed; choose another --out"):
        finished(other(job, batch_size=8, spatial_size=32))
    with pytest.raises(MammoError, match="before its datalist changed"):
        finished(replace(job, identity={**job.identity, "datalist": "e"}))


def test_a_row_changed_before_its_first_epoch_ended_is_just_begun_anew(job, bundle):
    prepare(job, bundle, {}, {})
    assert not finished(other(job, batch_size=2))


def test_evaluation_takes_the_trained_weights_whatever_the_row_starts_from(job, bundle):
    """``weights`` of a row is where training starts: the bundle's evaluate.json comes after it."""
    spec = json.loads(prepare(job, bundle, {"tracking_uri": "u"}, {"run_name": "r"}).read_text())
    names = [path.rpartition("/")[2] for path in spec["evaluation"]["configs"]]
    assert names == ["train.json", "overlay.json", "evaluate.json"]
    assert json.loads((job.folder / "overlay.json").read_text()) == {"batch_size": 4}
    assert spec["training"]["overrides"].keys() - spec["evaluation"]["overrides"].keys() == {"run_name"}
    assert spec["evaluation"]["overrides"]["tracking_uri"] == "u"
    untested = json.loads(prepare(replace(job, tested=False), bundle, {}, {}).read_text())
    assert untested["evaluation"] is None


def test_what_an_earlier_try_left_is_cleared(job, bundle):
    prepare(job, bundle, {}, {})
    for name in (FAILED, STOP):
        (job.folder / name).touch()
    prepare(job, bundle, {}, {})
    assert not {FAILED, STOP} & {path.name for path in job.folder.iterdir()}
