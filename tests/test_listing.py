from __future__ import annotations

import pytest

from mammo_monai import listing
from mammo_monai.errors import MammoError


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "listed_package"
    folder.mkdir()
    for name in ("__init__", "zebra", "ant", "_shared"):
        (folder / f"{name}.py").write_text(f"here = {name!r}\n")
    (folder / "notes.txt").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return "listed_package"


def test_modules_are_found_by_listing_but_not_what_they_share(package):
    assert listing.names(package) == ["ant", "zebra"]


def test_a_module_is_loaded_by_name(package):
    assert listing.load(package, "ant", "no beast 'ant'; choose one of", "unknown-beast").here == "ant"


@pytest.mark.parametrize("name", ["bee", "_shared", "", "ant.zebra", "../ant"])
def test_what_is_not_listed_is_refused(package, name):
    with pytest.raises(MammoError, match=r"^no beast; choose one of ant, zebra$") as caught:
        listing.load(package, name, "no beast; choose one of", "unknown-beast")
    assert caught.value.reason == "unknown-beast"
