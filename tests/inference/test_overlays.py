from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.inference import overlays as module
from mammo_monai.inference.exam import find_exams
from mammo_monai.inference.overlays import overlays
from mammo_monai.inference.predictor import Predictor


@pytest.fixture
def asked(bundle, phantoms):
    predictor, exam = Predictor(bundle, device="cpu"), find_exams(phantoms / "images").exams[0]
    return predictor, exam, predictor.predict(exam)


def test_each_image_with_a_result_has_one_no_longer_than_the_limit(asked, monkeypatch):
    predictor, exam, result = asked
    whole, failed = overlays(*asked)
    assert list(whole) == [image.path for image in result.images] and not failed
    first = result.images[0]
    expected = predictor.explain(exam.root / first.path, first.outcome.predicted).picture()
    assert (whole[first.path] == expected).all()
    monkeypatch.setattr(module, "LONGEST", 80)
    assert {max(picture.shape) for picture in overlays(*asked)[0].values()} == {80}


def test_one_that_fails_is_a_line_and_the_others_are_drawn(asked, monkeypatch):
    predictor, exam, result = asked
    bad, explain = result.images[1].path, Predictor.explain

    def fail(self, image, *more):
        if image == exam.root / bad:
            raise MammoError(f"{image}: no gradient", "no-gradient")
        return explain(self, image, *more)

    monkeypatch.setattr(Predictor, "explain", fail)
    pictures, failed = overlays(predictor, exam, result)
    assert set(pictures) == {image.path for image in result.images} - {bad}
    assert failed == [f"{bad}: no overlay, no-gradient: {exam.root / bad}: no gradient"]
