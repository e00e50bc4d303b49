from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.deidentification.pseudonyms import Pseudonyms, read_key
from mammo_monai.errors import MammoError

KEY = bytes(range(32))
ONE, OTHER = Pseudonyms(KEY), Pseudonyms(KEY[::-1])


@given(st.text())
def test_uids_are_valid_stable_and_depend_on_the_key(original):
    uid = ONE.uid(original)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d{0,38})", uid) and len(uid) <= 64
    assert int(uid[5:]) < 1 << 128
    assert (int(uid[5:]) >> 76) & 0xF == 8 and (int(uid[5:]) >> 62) & 0b11 == 0b10  # version and variant of RFC 9562
    assert ONE.uid(original) == uid != OTHER.uid(original)


def test_the_pseudonym_is_the_hmac_of_rfc_2104():
    block = KEY.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + b"patient\0P1").digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()
    assert ONE.patient("P1") == outer[:16] == hmac.new(KEY, b"patient\0P1", "sha256").hexdigest()[:16]


def test_padding_makes_no_difference_and_kinds_do():
    assert ONE.patient("P1 ") == ONE.patient("P1\0") == ONE.patient(" P1") != ONE.patient("p1")
    assert ONE.patient("Jose\u0301") == ONE.patient("Jos\u00e9")
    assert ONE.uid("1.2\0") == ONE.uid("1.2")
    assert ONE.name("patient", "P1") != ONE.name("device", "P1")


@given(st.text(min_size=1, max_size=20))
def test_shift_goes_one_day_to_two_years_back(patient):
    assert -730 <= ONE.shift(patient) <= -1


def test_shifts_spread_over_the_whole_range():
    shifts = {ONE.shift(f"P{i}") for i in range(8000)}
    assert len(shifts) > 700 and min(shifts) == -730 and max(shifts) == -1


def test_the_key_is_not_shown():
    assert "key" not in repr(ONE) and KEY.hex() not in repr(ONE) and ONE.fingerprint() != OTHER.fingerprint()


@pytest.mark.parametrize("content", [b"", b"short", b"\n" * 100, b"a" * 64, b"ab" * 40])
def test_a_weak_key_is_refused_and_the_line_says_how_to_make_one(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(MammoError, match=r"token_hex\(32\)") as caught:
        read_key(tmp_path / "key")
    assert caught.value.reason == "bad-key" and "\n" not in str(caught.value)


def test_a_missing_key_is_refused(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(MammoError, match="token_hex") as caught:
            read_key(path)
        assert caught.value.reason == "bad-key"


def test_line_ends_are_no_part_of_the_key(tmp_path):
    for name, end in (("unix", b"\n"), ("windows", b"\r\n"), ("none", b"")):
        (tmp_path / name).write_bytes(KEY.hex().encode() + end)
    assert len({read_key(tmp_path / name).fingerprint() for name in ("unix", "windows", "none")}) == 1
