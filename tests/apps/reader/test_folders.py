from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_page.folders import MOST, Root

from mammo_monai.errors import MammoError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    (base / "outside" / "secret").mkdir(parents=True)
    (base / "outside" / "film.dcm").write_bytes(b"x")
    (base / "root" / "exams" / "one").mkdir(parents=True)
    (base / "root" / ".hidden").mkdir()
    (base / "root" / "out").symlink_to(base / "outside")
    (base / "root" / "film.dcm").symlink_to(base / "outside" / "film.dcm")
    (base / "root" / "in").symlink_to(base / "root" / "exams")
    (base / "root" / "loop").symlink_to(base / "root" / "loop")
    (base / "root-beside").mkdir()
    return Root.at(base / "root")


def test_folders_below_the_root(root):
    assert root.inside("") == root.path
    assert root.name(root.inside("exams/one")) == "exams/one"
    assert root.folders("") == ["exams", "in"]
    assert root.folders("exams") == ["one"]


@pytest.mark.parametrize(
    "path", ["..", "exams/../..", "/etc", "out", "out/secret", "film.dcm", "exams/\0", "..\\..", "\\\\host\\share"]
)
def test_nothing_outside(root, path):
    with pytest.raises(MammoError) as caught:
        root.inside(path)
    assert caught.value.reason == "outside-folder"


@pytest.mark.parametrize("path", ["%2e%2e", "%2e%2e/outside", "loop", "nothing", "exams/one/film", "x" * 5000])
def test_what_is_not_there(root, path):
    with pytest.raises(MammoError) as caught:
        root.inside(path)
    assert caught.value.reason == "not-found"


@given(st.lists(st.sampled_from(["..", ".", "exams", "out", "in", "one", "~", "%2e", "root-beside", ""]), max_size=6))
def test_whatever_is_found_lies_below(root, parts):
    try:
        found = root.inside("/".join(parts))
    except MammoError:
        return
    assert found == root.path or root.path in found.parents


def test_a_root_must_be_there(tmp_path):
    with pytest.raises(MammoError, match="--folder"):
        Root.at(tmp_path / "nothing")


def test_not_every_folder_is_listed(tmp_path):
    for number in range(MOST + 5):
        (tmp_path / f"{number:05d}").mkdir()
    assert len(Root.at(tmp_path).folders("")) == MOST
