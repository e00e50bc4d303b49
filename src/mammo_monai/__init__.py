"""mammo-monai: from mammograms to trained, tracked and honestly evaluated classifiers.

Importing this package costs nothing: torch, MONAI and MLflow are imported by the modules that use them
(``transforms``, ``networks``, ``training``), never by ``dicom``, ``datasets`` or ``phantom``.
"""

__version__ = "0.1.0"
