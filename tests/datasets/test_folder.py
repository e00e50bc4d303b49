from __future__ import annotations

import pytest

from mammo_monai.datasets.folder import find_images
from mammo_monai.errors import MammoError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.dcm", "exam 1/a.png", "exam 1/deep/c", ".hidden", ".cache/d.png", "DICOMDIR"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_every_visible_file_at_any_depth(folder):
    found = find_images(str(folder))
    assert [item["path"] for item in found] == ["b.dcm", "exam 1/a.png", "exam 1/deep/c"]
    assert found[1]["image"] == str(folder / "exam 1" / "a.png")


def test_one_file_or_a_list(folder):
    assert find_images(str(folder / "b.dcm")) == [
        {"image": str(folder / "b.dcm"), "path": "b.dcm", "folder": folder.name}
    ]
    assert [i["path"] for i in find_images(str(folder), ["exam 1/a.png", "gone.dcm"])] == ["exam 1/a.png", "gone.dcm"]
    (folder / "list.txt").write_text("b.dcm\n\nexam 1/a.png\n")
    assert [i["path"] for i in find_images(str(folder), str(folder / "list.txt"))] == ["b.dcm", "exam 1/a.png"]


def test_nothing_there(tmp_path):
    (tmp_path / "empty").mkdir()
    cases = [
        (tmp_path / "none", None),
        (tmp_path / "empty", None),
        (tmp_path, str(tmp_path / "no.txt")),
        (tmp_path, "datalist.json"),
    ]
    for root, listed in cases:
        with pytest.raises(MammoError):
            find_images(str(root), listed)
