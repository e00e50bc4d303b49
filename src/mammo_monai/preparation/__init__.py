"""A bundle's deterministic transforms over a whole datalist once; see ``docs/decisions/011-prepared-store.md``."""
