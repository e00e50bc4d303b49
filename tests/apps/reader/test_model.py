from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from reading_page.model import Model


def test_a_map_is_the_predictors_own_which_knows_of_engines_without_gradients():
    asked = []
    classifier = SimpleNamespace(batch_size=1, spatial_size=(8, 8), probabilities=lambda images: images)
    predictor = SimpleNamespace(classifier=classifier, explain=lambda *place: asked.append(place) or "a map")
    assert Model(lambda: predictor).saliency(Path("film.dcm"), "045").result(60) == "a map"
    assert asked == [(Path("film.dcm"), "045")]
