"""Transforms in MONAI's style: one per file, an array class and its thin dictionary wrapper."""
