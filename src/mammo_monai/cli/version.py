"""Print the version."""

from __future__ import annotations


def version() -> None:
    """Print the version of mammo-monai."""
    from mammo_monai import __version__
    from mammo_monai.notice import NOTICE

    print(f"mammo-monai {__version__}. {NOTICE}")
