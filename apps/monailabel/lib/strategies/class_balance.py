"""Class balance: the image most likely of the class that is rarest among the submitted labels."""

from __future__ import annotations

from collections.abc import Mapping

BY_PREDICTION = True


def urgency(probabilities: Mapping[str, float], labelled: Mapping[str, int]) -> float:
    """Minus the labels there are of the predicted class; among these, the more probable it is the sooner.

    A probability is below the difference of two counts, so it decides within a class only.
    """
    predicted = max(probabilities, key=lambda name: probabilities[name])
    return min(probabilities[predicted], 1 - 1e-9) - labelled[predicted]
