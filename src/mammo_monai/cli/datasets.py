"""List the data sets, or show what one holds, its options, licence and source."""

from __future__ import annotations


def datasets(dataset: str = "") -> None:
    """List the data sets that can be read, or show what one holds, its options, licence and source.

    Args:
        dataset: name of one data set.
    """
    from mammo_monai.datasets import adapters

    if not dataset:
        for name in adapters.names():
            print(f"{name:10} {(adapters.load(name).__doc__ or '').partition(chr(10))[0]}")
        return
    adapter = adapters.load(dataset)
    own = [
        f"--{option}" + (f" (default {default})" if default else "")
        for option, default in adapters.options(adapter).items()
    ]
    print((adapter.__doc__ or "").strip())
    print("\nOptions: " + (", ".join(own) or "none"))
