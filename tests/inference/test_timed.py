from __future__ import annotations

import time

import pytest

from mammo_monai.inference.predictor import Predictor
from mammo_monai.inference.timed import Timed


def test_share_of_a_part_also_where_a_call_fails():
    def part(seconds: float) -> str:
        time.sleep(abs(seconds))
        if seconds < 0:
            raise ValueError("damaged")
        return "done"

    inner = Timed(part)

    def both(seconds: float) -> str:
        time.sleep(abs(seconds))
        return inner(seconds)

    outer = Timed(both)
    assert outer(0.02) == "done"
    with pytest.raises(ValueError, match="damaged"):
        outer(-0.02)
    assert len(inner.calls) == len(outer.calls) == 2
    assert 0.3 < inner.share_of(outer) < 0.7


def test_a_result_says_what_took_how_long(bundle, phantoms):
    exam = min(path for path in (phantoms / "images").iterdir() if path.is_dir())
    start = time.perf_counter()
    seconds = Predictor(bundle, device="cpu").predict(exam).seconds
    whole = time.perf_counter() - start
    assert list(seconds) == ["decode", "transform", "network", "output"]
    assert min(seconds.values()) > 0 and sum(seconds.values()) < whole
