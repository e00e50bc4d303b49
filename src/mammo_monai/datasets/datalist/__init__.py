"""The datalist: one JSON file, decathlon-style, that says which image is trained, validated and tested on,
and as what.

Head: ``name`` (data set), ``label_map``, ``label_note``, ``level``, ``classes`` (in the order of the network's
outputs), ``split`` with its ``split_options``, ``ratios``, ``folds`` and ``fold``, ``seed``, ``stratify``, ``counts``
(images per section and class), ``asked`` (share of each section), ``balance`` (asked and got for every value that was
spread evenly), ``left_out``
(records per reason), ``left_out_first`` (the first of each reason by path and row), ``unlisted`` and ``unlisted_first``
(images under the root that no record names, how many and the first; absent where no file was looked at), ``notes``
(images per correction of the adapter), ``guard`` (what was checked against leaks, and what keeps patients together)
and ``digest``; then the lists ``training``, ``validation``
and ``test``. A merged list adds ``sources`` and ``confounding``.

Files of equal content with different labels are all left out ("contradicting-labels"), of whichever patients; those
with one label stay and stay together. ``merge`` leaves out what an earlier list holds already ("duplicate"). A class
may be without images, as in a list that is to be merged; :func:`load` refuses what cannot be trained on.

An item has ``image`` (relative to the data set's root), ``label``, ``dataset``, ``patient``, ``exam``, ``laterality``,
``view``, ``birads``, ``pathology``, ``density``, ``age``, ``vendor``, ``device``, ``site`` (text, "" when unknown),
``findings`` (boxes and circles in source pixels, see :class:`mammo_monai.datasets.records.Finding`), ``sha256`` and
``phash`` ("" when not made), at finding level ``finding`` (its index in the image), and in a prepared store
``prepared`` (the file in the store).
"""

from mammo_monai.datasets.datalist.building import build, build_all
from mammo_monai.datasets.datalist.content import counted, rebuilt
from mammo_monai.datasets.datalist.file import read, write
from mammo_monai.datasets.datalist.loading import class_counts, class_names, digest, load

__all__ = [
    "build", "build_all", "class_counts", "class_names", "counted", "digest", "load", "read", "rebuilt", "write",
]  # fmt: skip
