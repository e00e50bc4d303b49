from __future__ import annotations

import pytest


def test_an_absent_program_skips_a_test_and_fails_it_where_none_may_be_absent(needs, monkeypatch):
    def outcome() -> type[BaseException]:
        with pytest.raises((pytest.skip.Exception, pytest.fail.Exception), match="shell: not here") as caught:
            needs("shell", "/bin/sh", None)
        return caught.type

    monkeypatch.setenv("MAMMO_STRICT", "1")
    needs("shell", "/bin/sh", True)
    assert outcome() is pytest.fail.Exception
    monkeypatch.delenv("MAMMO_STRICT")
    assert outcome() is pytest.skip.Exception
