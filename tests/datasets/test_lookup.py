from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.datasets.lookup import index
from mammo_monai.errors import MammoError


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_paths_by_id_at_any_depth_and_in_any_case(tmp_path: Path) -> None:
    make(tmp_path, "AllXML/1.xml", "deep/allxml/2.XML", "AllXML/3.txt", "Other/4.xml")
    assert index(tmp_path, "AllXML/*.xml", lambda path: path.stem) == {"1": "AllXML/1.xml", "2": "deep/allxml/2.XML"}


def test_a_file_without_an_id_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "1.png", "notes.png")
    assert index(tmp_path, "*.png", lambda path: path.stem if path.stem.isdigit() else None) == {"1": "1.png"}


def test_what_archivers_add_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "a/1.xml", "a/._1.xml", "__MACOSX/a/1.xml", ".cache/1.xml")
    assert index(tmp_path, "*.xml", lambda path: path.stem.lstrip("._")) == {"1": "a/1.xml"}


def test_two_files_with_one_id_are_both_named(tmp_path: Path) -> None:
    make(tmp_path, "a/1_x.dcm", "b/1_y.dcm")
    with pytest.raises(MammoError) as error:
        index(tmp_path, "*.dcm", lambda path: path.name.partition("_")[0])
    assert str(tmp_path / "a/1_x.dcm") in str(error.value) and str(tmp_path / "b/1_y.dcm") in str(error.value)
    assert error.value.reason == "two-files-one-id" and "\n" not in str(error.value)


def test_linked_folders_are_followed_and_walked_once(tmp_path: Path) -> None:
    make(tmp_path / "disk", "1.xml")
    root = tmp_path / "set"
    root.mkdir()
    (root / "images").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "round").symlink_to(root)  # a circle
    assert index(root, "*.xml", lambda path: path.stem) == {"1": "images/1.xml"}


def test_a_folder_out_of_reach_is_named(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="gone: cannot be read"):
        index(tmp_path / "gone", "*", lambda path: path.name)
