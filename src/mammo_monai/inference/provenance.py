"""Where a result comes from, as texts that every output prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_monai import __version__
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.inference.classifier import Classifier
from mammo_monai.training.prediction_writer import UNDECIDED

LOCAL = ("weights", "device")
"""Options that say where, not what."""


def provenance(
    bundle: Path, classifier: Classifier, decision: Decision | None, sealed: str, options: Mapping[str, Any]
) -> dict[str, str]:
    """Bundle, version, checksums, training, decision and how the network is run, set options included.

    Raises:
        MammoError: the bundle's metadata cannot be read.
    """
    file = bundle / "configs" / "metadata.json"
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
        name, version = str(metadata["name"]), str(metadata["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MammoError(f"{file}: expected the bundle's name and version, found {error!r}", "bad-metadata") from error
    trained = classifier.card
    return {
        "bundle": name,
        "version": version,
        "mammo-monai": __version__,
        "bundle checksum": sealed,
        "weights": classifier.weights_sha256 or str(classifier.weights),
        "classes": "of the training" if trained else "assumed, no card beside the weights",
        "training run": str(trained.get("run_id", "unknown")),
        "datalist": str(trained.get("datalist_digest", "unknown")),
        "test-time augmentation": classifier.tta,
        "engine": classifier.engine,
        "decision": str(decision or UNDECIDED),
        "options": ", ".join(f"{key} {value}" for key, value in sorted(options.items()) if key not in LOCAL) or "none",
    }
