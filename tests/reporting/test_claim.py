"""The checklist: 44 items, answered only from facts that are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from string import Formatter

from mammo_monai.reporting import gathering, sources
from mammo_monai.reporting.facts import facts
from mammo_monai.reporting.sections import claim

PARAMS = dict.fromkeys(("mammo_monai", "monai", "torch", "git_commit", "weights", "learning_rate"), "known")


def test_items_are_the_44_of_the_update():
    items = claim.checklist()["items"]
    assert [entry["number"] for entry in items] == list(range(1, 45))
    assert all(entry["item"] and entry["part"] for entry in items)
    parts = Counter(entry["part"].partition(":")[0] for entry in items)
    assert parts == {"Title and abstract": 2, "Introduction": 2, "Methods": 30, "Results": 5, "Discussion": 2,
                     "Other information": 3}  # fmt: skip
    words = {11: "identities", 18: "annotators agree", 20: "disjoint", 32: "same source", 33: "another source",
             34: "trial", 39: "wrong results", 43: "software"}  # fmt: skip
    assert all(word in items[number - 1]["item"] for number, word in words.items())


def test_every_fact_that_an_answer_needs_can_be_known(training, tmp_path):
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    elsewhere = replace(context, described={**context.described, "datalist": "other"}, bundle=tmp_path, root=tmp_path)
    known = facts(replace(context, params=PARAMS)) | facts(elsewhere)
    needed = {
        name for entry in claim.checklist()["items"] for _, name, _, _ in Formatter().parse(entry["answer"]) if name
    }
    assert needed <= known.keys()


def test_unknown_facts_leave_an_item_open():
    assert claim.answer("{a} and {b}", {"a": "1"}) == "open"
    assert claim.answer("{a} and {b}", {"a": "1", "b": "{c}"}) == "1 and {c}"
    assert claim.answer("", {}) == "open"


def test_answers_on_the_page(training):
    answers = {row[0]: row[-1] for row in training.table("claim", "claim")["rows"]}
    assert "120 rows of 15 patients" in answers["35"] and "special-view 7" in answers["8"]
    assert answers["33"] == answers["25"] == answers["44"] == "open"
    assert "60:20:20, seed 7" in answers["19"]
    figures = training.content()["metrics"]["figures"]
    for name in ("045", "1", "23"):
        each = (
            f"{title} {figures[f'{key}_{name}']['value']:.3f}"
            for key, title in (("auc", "AUC"), ("sensitivity", "sensitivity"))
        )
        assert all(part in answers["38"] for part in each)
