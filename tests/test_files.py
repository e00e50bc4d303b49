from __future__ import annotations

import os

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.files import folder, replacing, write_text


def test_new_content_replaces_the_old_at_once(tmp_path):
    write_text(tmp_path / "new folder" / "a.txt", "one")
    write_text(tmp_path / "new folder" / "a.txt", "two")
    assert (tmp_path / "new folder" / "a.txt").read_text() == "two"
    assert list((tmp_path / "new folder").iterdir()) == [tmp_path / "new folder" / "a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.txt", "one")
    with pytest.raises(MammoError, match="No space left"), replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("ha")
        raise OSError(28, "No space left on device")
    assert (tmp_path / "a.txt").read_text() == "one"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "one")


def test_neither_a_device_nor_a_folder_is_replaced(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path):
        with pytest.raises(MammoError, match="not a regular file"), replacing(path):
            pass
    assert fifo.is_fifo()


def test_a_folder_alone_that_cannot_be_made_names_it(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError, match="no folder can be made") as raised:
        folder(tmp_path / "file" / "inside")
    assert raised.value.reason == "not-writable"
    assert folder(tmp_path / "a" / "b").is_dir()
