"""A bundle says of its results what one stored report says, in metadata and README."""

from __future__ import annotations

import json
import shutil

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.reporting import bundle_results


@pytest.fixture
def bundle(repository, tmp_path):
    return shutil.copytree(
        repository / "bundles" / "birads_classifier",
        tmp_path / "bundle",
        ignore=shutil.ignore_patterns("models", "cache"),
    )


def bundles(repository):
    return sorted(path.parent.parent for path in repository.glob("bundles/*/configs/metadata.json"))


def agrees(bundle):
    """Whether metadata and README are what the stored results make them."""
    found = bundle_results.stored(bundle)
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
    readme = (bundle / "docs" / "README.md").read_text()
    marked = bundle_results.BEGIN in readme
    return metadata.get("eval_metrics", {}) == bundle_results.eval_metrics(found) and (
        bundle_results.block(found) in readme if marked else found is None
    )


def test_every_bundle_says_what_its_stored_report_says(repository):
    assert bundles(repository)
    for bundle in bundles(repository):
        assert agrees(bundle), f"{bundle.name}: run 'mammo-monai card {bundle}'"


def test_written_from_a_report(bundle, training):
    before = json.loads((bundle / "configs" / "metadata.json").read_text())
    bundle_results.write(bundle, training.out / "report.json")
    figures = training.content()["metrics"]["figures"]
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
    assert metadata["eval_metrics"]["macro_auc"] == round(figures["macro_auc"]["value"], 4)
    assert metadata["eval_metrics"]["macro_auc_low"] == round(figures["macro_auc"]["low"], 4)
    assert metadata["eval_metrics"]["n"] == 120
    assert {**metadata, "eval_metrics": {}} == before
    readme = (bundle / "docs" / "README.md").read_text()
    for name in ("045", "1", "23"):
        figure = figures[f"auc_{name}"]
        assert f"| {name} | {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}, n = 120) |" in readme
    assert agrees(bundle)


def test_written_from_the_folder_of_a_run_of_this_bundle_alone(bundle, training, repository, tmp_path):
    bundle_results.write(bundle, training.out)
    assert agrees(bundle) and bundle_results.stored(bundle)["bundle"] == "birads_classifier"
    other = shutil.copytree(repository / "bundles" / "mass_patch" / "configs", tmp_path / "other" / "configs").parent
    shutil.copytree(repository / "bundles" / "mass_patch" / "docs", other / "docs")
    before = (other / "configs" / "metadata.json").read_bytes()
    with pytest.raises(MammoError, match=r"network of birads_classifier, .* is mass_patch"):
        bundle_results.write(other, training.out)
    assert (other / "configs" / "metadata.json").read_bytes() == before
    assert not (other / "docs" / "results.json").exists()


def test_writing_again_changes_nothing(bundle, training):
    bundle_results.write(bundle, training.out / "report.json")
    files = [path for path in bundle.rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    bundle_results.write(bundle, None)
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize("file", ["configs/metadata.json", "docs/README.md", "docs/results.json"])
def test_an_edit_by_hand_is_noticed(bundle, training, file):
    bundle_results.write(bundle, training.out / "report.json")
    value = training.content()["metrics"]["figures"]["macro_auc"]["value"]
    path = bundle / file
    digits = {"configs/metadata.json": f"{round(value, 4)}", "docs/README.md": f"{value:.3f}"}.get(file, f"{value}")
    text = path.read_text()
    assert digits in text
    path.write_text(text.replace(digits, "0.999"))
    assert not agrees(bundle)


def test_bundle_without_results(bundle):
    original = (bundle / "configs" / "metadata.json").read_bytes()
    bundle_results.write(bundle, None)
    assert (bundle / "configs" / "metadata.json").read_bytes() == original
    assert bundle_results.NONE in (bundle / "docs" / "README.md").read_text()
    assert agrees(bundle)


def test_what_is_refused(bundle, training, tmp_path):
    with pytest.raises(MammoError, match=r"report\.json"):
        bundle_results.write(bundle, tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"metrics": {}}')
    with pytest.raises(MammoError, match=r"report\.json"):
        bundle_results.write(bundle, tmp_path / "other.json")
    with pytest.raises(MammoError, match="bundle"):
        bundle_results.write(tmp_path, None)
    readme = bundle / "docs" / "README.md"
    readme.write_text(readme.read_text() + bundle_results.BEGIN)
    with pytest.raises(MammoError, match="restore"):
        bundle_results.write(bundle, training.out / "report.json")
    assert not (bundle / "docs" / "results.json").exists()
