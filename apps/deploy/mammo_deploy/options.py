"""What can be asked of the application besides the App SDK's own input, output and model."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Final, get_args

from mammo_monai.dicom.output.writing import Report

REPORTS: Final = get_args(Report)
PREFIX: Final = "MAMMO_"
"""Of the environment variable of each option: a packaged application is often started by a host that passes no
arguments.
"""


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our options and what is left of ``argv``, its first item (the program) included, for the App SDK to parse.

    An argument goes before its variable, such as ``MAMMO_ENGINE`` of ``--engine``.
    """
    parser = argparse.ArgumentParser(
        prog="deploy",
        allow_abbrev=False,
        usage="%(prog)s -i INPUT -o OUTPUT -m BUNDLE [-l LEVEL] [options]",
        epilog=f"Each option can be set by an environment variable too, such as {PREFIX}ENGINE; input, output and "
        "model by HOLOSCAN_INPUT_PATH, HOLOSCAN_OUTPUT_PATH and HOLOSCAN_MODEL_PATH.",
    )
    parser.add_argument("--engine", help="what runs the network; default: the bundle's own choice")
    parser.add_argument("--report", choices=REPORTS, default=REPORTS[0], help="kind of structured report")
    parser.add_argument("--bundle-sha256", default="", help="refuse a bundle with another checksum")
    parser.add_argument("--weights-sha256", default="", help="refuse weights with another SHA-256")
    parser.add_argument("--overlays", choices=("on", "off"), default="on", help="saliency pictures")
    values = {name: os.environ.get(PREFIX + name.upper(), "") for name in vars(parser.parse_args([]))}
    asked = [f"--{name.replace('_', '-')}={value}" for name, value in values.items() if value]
    options, rest = parser.parse_known_args([*asked, *argv[1:]])
    return options, [argv[0], *rest]
