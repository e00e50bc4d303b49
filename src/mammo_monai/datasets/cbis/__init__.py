"""CBIS-DDSM piece by piece: its files on disk, the rows of its tables, its masks told apart by content."""
