from __future__ import annotations

import json
import shutil
from pathlib import Path

import pydicom
import pytest
import torch

import mammo_monai
from mammo_monai.errors import MammoError, cause
from mammo_monai.inference.exam import find_exams
from mammo_monai.inference.predictor import Predictor
from mammo_monai.inference.seal import bundle_digest


def exam_of(phantoms: Path, tmp_path: Path) -> Path:
    folder = sorted(path for path in (phantoms / "images").iterdir() if path.is_dir())[0]
    shutil.copytree(folder, tmp_path / "exam")
    return tmp_path / "exam"


def refused(bundle: Path, **options: object) -> MammoError:
    with pytest.raises(Exception) as caught:  # MONAI wraps what a config's expression raises
        Predictor(bundle, device="cpu", **options)
    error = cause(caught.value)
    assert error is not None and "\n" not in str(error)
    return error


def test_the_package_offers_it():
    assert mammo_monai.Predictor is Predictor
    with pytest.raises(AttributeError):
        _ = mammo_monai.Nothing


def test_an_exam_and_where_its_result_comes_from(bundle, phantoms, tmp_path):
    folder = exam_of(phantoms, tmp_path)
    result = Predictor(bundle, device="cpu").predict(folder)
    header = pydicom.dcmread(next(folder.iterdir()), stop_before_pixels=True)
    assert (result.patient, result.exam) == (header.PatientID, header.StudyInstanceUID)
    assert {(image.laterality, image.view) for image in result.images} == {(s, v) for s in "LR" for v in ("CC", "MLO")}
    assert all(sum(image.outcome.probabilities.values()) == pytest.approx(1) for image in result.images)
    assert (result.whole.images, result.whole.missing, len(result.breasts)) == (4, (), 2)
    assert result.context["weights"] == json.loads((bundle / "models" / "model.json").read_text())["sha256"]
    assert (result.context["training run"], result.context["engine"]) == ("run", "torch")
    assert all(value >= 0 for value in result.seconds.values()) and result.seconds["network"] > 0


def test_one_bad_image_leaves_the_others(bundle, phantoms, tmp_path):
    folder = exam_of(phantoms, tmp_path)
    before = Predictor(bundle, device="cpu").predict(folder)
    bad = sorted(folder.iterdir())[1]
    bad.write_bytes(bad.read_bytes()[:-400])
    after = Predictor(bundle, device="cpu").predict(folder)
    assert [image.error.partition(":")[0] for image in after.images] == ["", "truncated-pixels", "", ""]
    for old, new in zip(before.images, after.images, strict=True):
        if new.outcome:
            assert new.outcome.probabilities == pytest.approx(old.outcome.probabilities, abs=1e-6)
    lost = before.images[1]
    assert after.whole.missing == (f"{lost.laterality}-{lost.view}",)


def test_repeated_views_and_a_single_one(bundle, phantoms, tmp_path):
    folder = exam_of(phantoms, tmp_path)
    first, *others = sorted(folder.iterdir())
    for path in others:
        path.unlink()
    predictor = Predictor(bundle, device="cpu")
    alone = predictor.predict(folder)
    assert (len(alone.images), alone.whole.images, len(alone.whole.missing)) == (1, 1, 3)
    again = pydicom.dcmread(first)
    again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    again.save_as(folder / "again.dcm")
    twice = predictor.predict(folder)
    assert (len(twice.images), len(twice.breasts), len(twice.whole.missing)) == (2, 1, 3)
    assert twice.breasts[0].outcome.probabilities == pytest.approx(alone.breasts[0].outcome.probabilities, abs=1e-6)


def test_it_is_asked_exam_by_exam(bundle, phantoms):
    predictor = Predictor(bundle, device="cpu")
    found = find_exams(phantoms / "images")
    with pytest.raises(MammoError, match="20 exams") as caught:
        predictor.predict(phantoms / "images")
    assert caught.value.reason == "several-exams"
    assert predictor.predict(found.exams[3]).exam == found.exams[3].exam


def test_another_batch_size_gives_the_same(bundle, phantoms):
    exam = find_exams(phantoms / "images").exams[0]
    one, four = (Predictor(bundle, device="cpu", batch_size=size).predict(exam) for size in (1, 4))
    for ours, theirs in zip(one.images, four.images, strict=True):
        assert ours.outcome.probabilities == pytest.approx(theirs.outcome.probabilities, abs=1e-6)


def test_what_was_tampered_with_is_refused(bundle):
    approved = json.loads((bundle / "models" / "model.json").read_text())["sha256"]
    assert refused(bundle, weights_sha256="0" * 64).reason == "weights-digest"
    sealed = bundle_digest(bundle)
    assert Predictor(bundle, device="cpu", bundle_sha256=sealed).context["bundle checksum"] == sealed
    Predictor(bundle, device="cpu", weights_sha256=approved)

    config = bundle / "configs" / "inference.json"
    text = config.read_text()
    config.write_text(text.replace('"policy": "stretch"', '"policy": "pad"'))
    error = refused(bundle)
    assert error.reason == "other-preprocessing" and "ResizeAread" in str(error)
    assert "preprocessing any" in Predictor(bundle, device="cpu", preprocessing="any").context["options"]
    config.write_text(text.replace('"$import torch"', '"$1 / 0"'))
    assert refused(bundle, bundle_sha256=sealed).reason == "bundle-digest"  # before a word of it is run
    config.write_text(text)

    (bundle / "models" / "decision.json").write_text(json.dumps({"sha256": "0" * 64}))
    assert refused(bundle).reason in ("decision-unreadable", "decision-mismatch")
    (bundle / "models" / "decision.json").unlink()

    weights = bundle / "models" / "model.pt"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    assert refused(bundle).reason == "weights-digest"
    weights.unlink()
    assert refused(bundle).reason == "weights-missing"


@pytest.mark.parametrize(
    "part", ["models/model.pt", "models/model.json", "configs/inference.json", "models/decision.json"]
)
def test_the_seal_covers_everything_an_answer_depends_on(bundle, part):
    (bundle / "models" / "decision.json").write_text("{}")
    before = bundle_digest(bundle)
    (bundle / part).write_bytes((bundle / part).read_bytes() + b" ")
    assert bundle_digest(bundle) != before
    (bundle / "models" / "notes.txt").write_text("nothing depends on these")
    (bundle / part).write_bytes((bundle / part).read_bytes()[:-1])
    assert bundle_digest(bundle) == before


def test_a_network_that_gives_no_number_is_an_error_of_its_image(bundle, phantoms):
    predictor = Predictor(bundle, device="cpu")
    with torch.no_grad():
        predictor.classifier.network.head.dense2.bias.fill_(float("nan"))
    result = predictor.predict(find_exams(phantoms / "images").exams[0])
    assert {image.error.partition(":")[0] for image in result.images} == {"not-finite"} and result.whole is None


def test_an_explanation_and_an_order_of_other_classes(bundle, phantoms):
    predictor = Predictor(bundle, device="cpu")
    exam = find_exams(phantoms / "images").exams[0]
    image = predictor.predict(exam).images[0]
    made = predictor.explain(exam.root / image.path)
    assert made.class_name == image.outcome.predicted
    assert made.probability == pytest.approx(image.outcome.probabilities[made.class_name], abs=1e-6)
    assert refused(bundle, order=["1", "2"]).reason == "bad-order"


def test_bundles_of_patches_and_folders_that_are_none(repository, tmp_path):
    assert refused(repository / "bundles" / "mass_patch", weights="none").reason == "patches"
    assert refused(tmp_path).reason == "missing-bundle"
