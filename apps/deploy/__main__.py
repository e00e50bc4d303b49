"""``python apps/deploy -i IN -o OUT -m BUNDLE``: mammograms in, reports out, as a MONAI Deploy application."""

from __future__ import annotations

import os
import sys

from mammo_monai.errors import missing_extra

try:
    from mammo_deploy.application import main
except ModuleNotFoundError as error:
    sys.exit(f"error: {missing_extra(f'apps/deploy needs the MONAI Deploy App SDK ({error})', 'deploy')}")

if __name__ == "__main__":
    os.environ.setdefault("HOLOSCAN_LOG_LEVEL", "WARN")  # its core tells every step of the graph else
    sys.exit(main(sys.argv))
