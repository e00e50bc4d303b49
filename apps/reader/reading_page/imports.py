"""Importing MONAI takes seconds, so the page is served before it; its modules form circles, so one thread imports."""

from __future__ import annotations

from threading import Lock
from typing import Final

ALONE: Final = Lock()
"""Held by whoever imports what needs MONAI."""
