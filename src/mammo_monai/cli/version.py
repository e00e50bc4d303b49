"""Print the version."""

from __future__ import annotations


def version() -> None:
    """Print the version of mammo-monai."""
    from mammo_monai import __version__
    from mammo_monai.cli import RESEARCH_USE

    print(f"mammo-monai {__version__}. {RESEARCH_USE}")
