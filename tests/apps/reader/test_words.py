from __future__ import annotations

import json
import re

import pytest
from reading_page import texts
from reading_page.readings import BIRADS

PLACEHOLDER = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module")
def words():
    return {code: texts.texts(code) for code in texts.languages()}


def test_both_languages_say_the_same_things(words):
    assert set(words) == {"en", "vi"}
    assert list(words["en"]) == list(words["vi"])
    for key, text in words["en"].items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(words["vi"][key])), key
        assert text and words["vi"][key]
    assert texts.texts("../../etc/passwd") == words["en"]


def test_every_key_is_there_and_used(words, repository):
    folder = repository / "apps" / "reader"
    sources = "\n".join(path.read_text() for pattern in ("static/*.js", "templates/*") for path in folder.glob(pattern))
    asked = set(re.findall(r'\bt\("([^"]+)"', sources)) | set(re.findall(r'data-(?:text|label)="([^"{]+)"', sources))
    asked |= {
        key
        for pair in re.findall(r'\bt\([^"\n]*(?:"[^"\n]*"[^"\n?]*)?\? "([^"]+)" : "([^"]+)"', sources)
        for key in pair
    }
    asked |= set(re.findall(r'"(key\.\w+)"', sources)) | set(re.findall(r'text\("\w+", "([^"]+)"\)', sources))
    patterns = [re.escape(key).replace(r"\$\{\}", "") for key in re.findall(r"t\(`([^$`]+)\$\{", sources)]
    known = set(words["en"])
    assert asked - known == set()
    unused = {key for key in known - asked if not any(key.startswith(p.replace("\\", "")) for p in patterns)}
    assert unused == set()


def test_categories_and_sides_have_words(words):
    for texts_ in words.values():
        assert {f"birads.{category}" for category in BIRADS} <= set(texts_)
    assert "ác tính" in words["vi"]["birads.5"] and "lành tính" in words["vi"]["birads.2"]
    assert json.dumps(words["vi"]["notice"], ensure_ascii=False).count("nghiên cứu") == 1


def test_no_address_of_another_machine(repository):
    folder = repository / "apps" / "reader"
    for path in [*folder.rglob("*.js"), *folder.rglob("*.css"), *folder.rglob("*.html"), *folder.rglob("*.json")]:
        assert not re.search(r"(https?:)?//[\w-]+\.\w", path.read_text()), path
