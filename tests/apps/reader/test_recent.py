from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from reading_page.recent import ForgottenError, Recent


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_each_question_is_answered_once(thread):
    asked = []
    recent = Recent(thread, lambda key: asked.append(key) or 10 * key, 2)
    assert [recent(key).result() for key in (1, 1, 2, 1, 3)] == [10, 10, 20, 10, 30]
    assert asked == [1, 2, 3]
    assert recent(2).result() == 20 and asked == [1, 2, 3, 2]  # only two are kept


def test_a_failure_is_tried_again(thread):
    fails = [True]
    recent = Recent(thread, lambda key: 1 / 0 if fails else key, 2)
    with pytest.raises(ZeroDivisionError):
        recent(1).result()
    fails.clear()
    assert recent(1).result() == 1


def test_what_nobody_waits_for_is_dropped(thread):
    started, free = threading.Event(), threading.Event()
    asked = []

    def slow(key):
        asked.append(key)
        started.set()
        assert free.wait(10)
        return key

    recent = Recent(thread, slow, 9, patience=0.2)
    first, left, wanted = recent("first"), recent("left"), recent("wanted")
    assert started.wait(10)
    time.sleep(0.4)
    assert recent("wanted") is wanted
    free.set()
    assert (first.result(), wanted.result()) == ("first", "wanted")
    with pytest.raises(ForgottenError):
        left.result()
    assert recent("left").result() == "left" and asked == ["first", "wanted", "left"]
