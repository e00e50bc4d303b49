"""Pseudonyms from the user's key: the same key and the same original always give the same pseudonym.

HMAC-SHA-256 (RFC 2104) under the key: without the key no original can be tried out, as it could with the bare hash
of a patient number or of a UID (seed 001 used unsalted MD5, whose hex digits are no valid UID besides).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from mammo_monai.errors import MammoError

SHORTEST_KEY: Final = 32
"""Bytes a key file must hold: 256 bits, or 64 hex digits."""
LONGEST_SHIFT: Final = 2 * 365
"""Days by which a patient's dates go back at most; the least is one."""
_MAKE: Final = 'make one with: python -c "import secrets; print(secrets.token_hex(32))" > KEYFILE'


@dataclass(frozen=True)
class Pseudonyms:
    """What stands for a patient, a UID and a date under one key.

    Args:
        key: secret bytes; they appear in no repr, message or output.
    """

    key: bytes = field(repr=False)

    def _digest(self, kind: str, original: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{original}".encode(), hashlib.sha256)

    def name(self, kind: str, original: str) -> str:
        """16 hex digits for ``original``; different for every ``kind``, so that tables cannot be joined by them."""
        return self._digest(kind, original)[:8].hex()

    def patient(self, patient_id: str) -> str:
        """Pseudonym of a patient id; padding and Unicode composition make no difference, upper and lower case do."""
        return self.name("patient", unicodedata.normalize("NFC", patient_id.strip(" \0")))

    def uid(self, original: str) -> str:
        """A valid UID of at most 44 characters under 2.25 (PS3.5 B.2): the number of a version 8 UUID (RFC 9562)."""
        raw = bytearray(self._digest("uid", original.strip(" \0"))[:16])
        raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
        return f"2.25.{UUID(bytes=bytes(raw)).int}"

    def shift(self, patient_id: str) -> int:
        """Days, -1 to -730, by which every date of this patient is moved: the time between her exams stays."""
        number = int.from_bytes(self._digest("shift", self.patient(patient_id))[:8], "big")
        return -1 - number % LONGEST_SHIFT

    def fingerprint(self) -> str:
        """16 hex digits that tell one key from another without giving anything away about it."""
        return self.name("key", "")


def read_key(path: Path) -> Pseudonyms:
    """Read the key file; blanks around its content are no part of the key.

    Raises:
        MammoError: reason ``bad-key``; the line tells how to make one.
    """
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        why = error.strerror or str(error)
        raise MammoError(f"{path}: the key file cannot be read ({why}); {_MAKE}", "bad-key") from error
    if len(key) < SHORTEST_KEY or len(set(key)) < 8:
        raise MammoError(
            f"{path}: expected a random key of {SHORTEST_KEY} bytes or more, found {len(key)}; {_MAKE}", "bad-key"
        )
    return Pseudonyms(key)
