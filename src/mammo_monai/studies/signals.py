"""A scheduler's polite kill ends a process as Ctrl-C does, so that what is open is closed."""

from __future__ import annotations

import signal
import threading


def terminate_as_ctrl_c() -> None:
    """Let SIGTERM raise ``KeyboardInterrupt``; only a main thread can, elsewhere nothing changes."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
