"""Patch lists: from a datalist that is already split to one whose items are windows of its images.

A patch list is a datalist (docs/decisions/014-patches.md). Its items keep what their image has and gain ``box``
(row_min, col_min, row_max, col_max; half-open, whole pixels of the source image; it may pass the image), ``policy``
and ``finding``, the index of the finding in its image, -1 for a window without any; where patches are copied also
``turn``, how the copy is laid down. ``findings``, ``pathology`` and ``birads`` are those of that finding alone. Its
head gains ``patches`` (how they were made), ``report``, ``outcomes``.

``outcomes`` counts per policy what was not plain, so that nothing happens silently. What is kept is
counted in patches (a copy is none), what is left out in findings, patches or images, as the code says:

| code | what it is | what becomes of it |
|---|---|---|
| ``at-edge`` | the patch passes the image | kept; filled with zeros when it is cut |
| ``tiny`` | the finding's longer side is under 16 pixels | kept: calcifications are small, and a patch shows more |
| ``grown`` | the patch would be under the policy's smallest | kept, as large as the smallest |
| ``larger-than-image`` | the finding or its patch is larger than the image | kept, clipped to it or as long as it |
| ``centre-off-image`` | only part of the finding is in the image, its centre is not | kept, clipped to the image |
| ``mask-scaled`` | the mask has another size than the image, the aspect is the same | kept |
| ``touches-another-class`` | a finding of another class reaches into the patch | kept |
| ``no-coordinates``, ``bad-coordinates``, ``off-image`` | nobody knows where it is, or not in this image | left out |
| ``mask-empty``, ``mask-of-another-shape``, ... | see :mod:`mammo_monai.datasets.cbis.masks` | left out |
| ``off-breast`` | no part of the finding is on the breast, so that the patch would show air | left out |
| ``patch-off-breast`` | the same of one tile of a larger finding | left out |
| ``two-classes`` | the centre lies in a finding of another class too | left out, since one patch has one class |
| ``kind-...-not-asked``, ``...-not-in-...``, ``...-unknown`` | not of ``kinds``, or without a class | left out |
| ``not-drawn`` | more patches than ``per_image`` | left out |
| ``not-negative``, ``unlocated-finding``, ``no-breast``, ``no-room`` | no background from this image | image left out |
| ``unreadable`` | the image cannot be read | image left out |
| ``fewer-than-asked`` | background windows that could not be found | missing |
"""

from mammo_monai.datasets.patches.building import build

__all__ = ["build"]
