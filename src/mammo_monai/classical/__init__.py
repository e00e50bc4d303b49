"""A classical baseline: texture and gradient features of the same patches, and models that do without a GPU.

What a network has to beat before its figures mean anything. The pixels come through the bundle's own chain, so both
judge the same patch. The size of a patch is no feature: where patches are cut around a finding
(``policies/context.py``) it is the size that the annotator drew.
"""
