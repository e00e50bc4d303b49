"""mammo-monai: from mammograms to trained, tracked and honestly evaluated classifiers.

Importing this package costs nothing: torch, MONAI and MLflow are imported by the modules that use them
(``transforms``, ``networks``, ``training``), never by ``dicom``, ``datasets`` or ``phantom``; :class:`Predictor` when
it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mammo_monai.inference.predictor import Predictor as Predictor

__version__ = "0.1.0"
__all__ = ["Predictor", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Predictor":
        from mammo_monai.inference.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
