"""``python apps/reader --bundle DIR ...``: the reading page, on this machine."""

from __future__ import annotations

import sys

from reading_page.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
