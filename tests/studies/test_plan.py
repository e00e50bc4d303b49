from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.studies.plan import plan
from mammo_monai.studies.table import Row, Study


@pytest.fixture
def planned(bundle, tmp_path, phantoms, folds):
    """Function that plans a study on the folds."""

    def make(study, lists=None, **options):
        return plan(study, bundle, tmp_path / "out", phantoms, folds if lists is None else lists, options)

    return make


def test_each_row_on_each_list_in_a_folder_of_its_own(planned, study, tmp_path, folds):
    jobs = planned(study(a={}, b={"learning_rate": 0.5}))
    assert [job.name for job in jobs] == [f"{row}/fold-{k}" for row in "ab" for k in range(3)]
    assert jobs[0].folder == tmp_path / "out" / "a" / "fold-0"
    assert [job.datalist for job in jobs[:3]] == folds
    assert all(job.tested and not job.needs for job in jobs)


def test_the_command_line_wins_over_the_row_its_presets_and_common(planned, folds):
    rows = (
        Row("a", ("wide", "slow"), {"batch_size": 2}),
        Row("b", ("slow", "wide"), {"network::options#blocks": 7, "max_epochs": 9}),
    )
    common = {"learning_rate": 5, "batch_size": 5, "weights": "w", "max_epochs": 5}
    a, b = planned(Study("s", "", "a", common, rows), folds[:1], max_epochs=1)
    options = {"blocks": 4, "dropout": 0.1}
    assert a.overlay == {
        "learning_rate": 0.01,
        "batch_size": 2,
        "weights": "w",
        "max_epochs": 1,
        "network#options": options,
    }
    assert b.overlay["learning_rate"] == 0.2
    assert b.overlay["network#options#blocks"] == 7
    assert b.overlay["max_epochs"] == 1


def test_a_row_takes_what_another_made_on_the_same_fold(planned, study, tmp_path):
    jobs = planned(study(late={"weights": "{row:early}/model.pt"}, early={}))
    assert [job.row for job in jobs] == ["early"] * 3 + ["late"] * 3
    for early, late in zip(jobs[:3], jobs[3:], strict=True):
        assert late.needs == (early.folder,)
        assert late.overlay["weights"] == f"{early.folder}/model.pt"


def test_a_row_with_its_own_list_is_trained_once_for_all_folds(planned, study, tmp_path, phantoms):
    """The pre-training: phantoms for every fold of real films."""
    own = {"datalist": "{PRE}/datalist.json", "dataset_dir": "{PRE}"}
    first, *rest = planned(study(tuned={"weights": "{row:pre}/model.pt"}, pre=own), PRE=str(phantoms))
    assert (first.row, first.dataset_dir, first.folder) == ("pre", phantoms, tmp_path / "out" / "pre" / "datalist")
    assert "datalist" not in first.overlay
    assert [job.needs for job in rest] == [(first.folder,)] * 3
    with pytest.raises(MammoError, match="which is trained on each fold"):
        planned(study(folded={}, once={**own, "weights": "{row:folded}/model.pt"}), PRE=str(phantoms))


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ({"a": {"weights": "{row:b}"}, "b": {"weights": "{row:a}"}}, {}, "rows need each other: "),
        ({"a": {"weights": "{row:a}"}}, {}, "rows need each other: a -> a"),
        ({"first": {}, "b": {"weights": "{row:frst}"}}, {}, "{row:frst} is no row; nearest: first"),
        ({"a": {"weights": "{STORE}/x"}}, {}, "give it as --STORE VALUE"),
        ({"a": {}}, {"max_epoch": 3}, "command line: the bundle has no id 'max_epoch'; nearest: max_epochs"),
        ({"a": {"weights": "{STORE}"}}, {"STORE": "x", "STOR": "y"}, "nearest: STORE"),
        ({"a": {"learning_rte": 3}}, {}, "row 'a', overlay: the bundle has no id"),
        ({"a": {}}, {"output_dir": "x"}, "output_dir is set by the study"),
        ({"a": {"datalist": "/none.json"}}, {}, "/none.json: no such datalist"),
        ({"a": {}, "b": {"backbone": "resnet19"}}, {}, "row 'b': network 'resnet19' is unknown; nearest: resnet18"),
        ({"a": {"backbone": "{NET}"}}, {"NET": "baseline_cn"}, "nearest: baseline_cnn"),
    ],
)
def test_mistakes_are_found_before_anything_is_trained(planned, study, rows, options, said):
    with pytest.raises(MammoError) as raised:
        planned(study(**rows), **options)
    assert said in str(raised.value)


def test_images_that_are_not_there_are_found_too(bundle, study, tmp_path, folds):
    with pytest.raises(MammoError, match="no such file"):
        plan(study(a={}), bundle, tmp_path, tmp_path, folds)


def test_lists_that_share_test_patients_are_no_folds(planned, study, folds, tmp_path):
    copy = Path(shutil.copy(folds[0], tmp_path / "again.json"))
    with pytest.raises(MammoError, match="no folds of one division"):
        planned(study(a={}), [folds[0], copy])
    other = tmp_path / "other" / folds[0].name
    other.parent.mkdir()
    shutil.copy(folds[1], other)
    with pytest.raises(MammoError, match="two datalists are called"):
        planned(study(a={}), [folds[0], other])


def test_identity_is_what_is_trained_not_where(planned, study, folds, bundle, phantoms):
    def digest(rows=None, lists=folds[:1], **options):
        return planned(study(**(rows or {"a": {}})), lists, **options)[-1].digest

    base = digest()
    assert digest(num_workers=0, device="cuda:1", cache_dir="elsewhere") == base
    assert digest(learning_rate=0.3) != base
    assert digest(lists=folds[1:2]) != base
    pre = {"pre": {}, "a": {"weights": "{row:pre}/model.pt"}}
    changed = {**pre, "pre": {"learning_rate": 0.7}}
    assert digest(pre) != digest(changed)  # another pre-training makes another row
    config = bundle / "configs" / "train.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "batch_size": 9}))
    assert digest() != base


def test_no_bundle(study, tmp_path, phantoms, folds):
    with pytest.raises(MammoError, match="no such config"):
        plan(study(a={}), tmp_path, tmp_path, phantoms, folds)
