"""The checklist: 44 items, answered only from facts that are known."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from string import Formatter

import numpy as np

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
    elsewhere = replace(context, described={**context.described, "datalist": "other"})
    (tmp_path / "worst-1.png").touch()
    known = facts(replace(context, params=PARAMS, weights=tmp_path / "model.pt"), tmp_path) | facts(elsewhere, tmp_path)
    needed = {
        name for entry in claim.checklist()["items"] for _, name, _, _ in Formatter().parse(entry["answer"]) if name
    }
    assert needed <= known.keys()


def test_a_card_may_give_one_number_for_both_sides(training, tmp_path):
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    assert facts(replace(context, card={**context.card, "spatial_size": 96}), tmp_path)["spatial_size"] == "96 x 96"
    assert "spatial_size" not in facts(replace(context, card={}), tmp_path)


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


def test_networks_that_predicted(training, tmp_path):
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    one, two = "a/model.pt", ["a/model.pt", "b/model.pt"]
    assert "ensemble" not in facts(context, tmp_path)
    assert facts(replace(context, weights=one), tmp_path)["ensemble"] == "None: a single network"
    flipped = replace(context, weights=two, described={"test-time augmentation": "flip"})
    assert facts(flipped, tmp_path)["ensemble"].startswith("Mean probabilities of 2 networks")
    assert "(flip)" in facts(flipped, tmp_path)["ensemble"]


def test_age_and_density_of_each_partition(training, tmp_path):
    """From the list itself: a patient's first age once, densities by image; what nobody stated is open."""
    listed = json.loads(training.datalist.read_text())
    answers = {row[0]: row[-1] for row in training.table("claim", "claim")["rows"]}
    for part in ("training", "validation", "test"):
        first = {}
        for item in listed[part]:
            first.setdefault(item["patient"], int(item["age"]))
        counts = Counter(item["density"] for item in listed[part])
        ages = f"age {min(first.values())} to {max(first.values())}, median {np.median(list(first.values())):g}"
        assert f"{part}: {ages}, density " + ", ".join(f"{c} {counts[c]}" for c in sorted(counts)) in answers["36"]
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    listed["test"][0] |= {"age": "", "patient": "nobody"}
    blank = {part: [{**item, "age": "", "density": ""} for item in listed[part]] for part in ("training", "validation")}
    known = facts(replace(context, datalist={**listed, **blank}), tmp_path)["demographics"]
    assert known.startswith("test: age") and "(15 of 16 patients)" in known
    blank["test"] = [{**item, "age": "", "density": ""} for item in listed["test"]]
    assert "demographics" not in facts(replace(context, datalist={**listed, **blank}), tmp_path)
