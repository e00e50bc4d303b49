"""What everything that shows a result says beside it."""

from __future__ import annotations

NOTICE = "Research use only, not for clinical use."
