"""The bundle a server serves, with the weights of its last round of training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.inference.predictor import Predictor
from mammo_monai.inference.seal import bundle_digest

CURRENT: Final = "current.json"
"""Beside the rounds: which one is served. Without it, the bundle's own weights are."""

OF_OWN_WEIGHTS: Final = ("bundle_sha256", "weights_sha256", "engine")
"""Options that speak of the bundle's own weights: a round has a checksum of its own, and no export."""


class Served:
    """A bundle under a name.

    Args:
        name: under which clients know it.
        bundle: its folder.
        rounds: folder of the rounds of training.
        options: of :class:`~mammo_monai.inference.predictor.Predictor`.

    Raises:
        MammoError: whatever the Predictor refuses.
    """

    def __init__(self, name: str, bundle: Path, rounds: Path, options: Mapping[str, Any]) -> None:
        self.name, self.bundle, self.rounds = name, bundle, rounds
        self._own = Predictor(bundle, **options)
        self._options = {name: value for name, value in options.items() if name not in OF_OWN_WEIGHTS}
        self._seen, self._predictor = self._load()

    @property
    def predictor(self) -> Predictor:
        """With the weights of the last round, which another process may have finished meanwhile.

        Raises:
            MammoError: the weights of the round are not those it ended with.
        """
        if self._pointer() != self._seen:
            self._seen, self._predictor = self._load()
        return self._predictor

    @property
    def weights(self) -> Path:
        """The file with the weights that are served."""
        return Path(str(self.predictor.classifier.weights))

    def current(self) -> dict[str, Any]:
        """What the last round left, {} before the first.

        Raises:
            MammoError: its note is none.
        """
        pointer = self._pointer()
        if not pointer:
            return {}
        try:
            told = json.loads(pointer)
            return {**told, "round": str(told["round"]), "bundle_sha256": str(told["bundle_sha256"])}
        except (ValueError, KeyError, TypeError):
            raise MammoError(
                f"{self.rounds / CURRENT}: not the note of a round; restore it, or delete it to serve the bundle's own "
                "weights again",
                "bad-round",
            ) from None

    def publish(self, folder: Path, told: Mapping[str, Any]) -> None:
        """Serve the weights of a round from now on; earlier ones stay where they are.

        Args:
            folder: of the round.
            told: what else is known of it.
        """
        sealed = bundle_digest(self.bundle, folder / "model.pt")
        note = {"round": folder.name, "bundle_sha256": sealed, **told}
        write_text(self.rounds / CURRENT, json.dumps(note, indent=2) + "\n")

    def _pointer(self) -> str:
        file = self.rounds / CURRENT
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def _load(self) -> tuple[str, Predictor]:
        pointer, told = self._pointer(), self.current()
        if not told:
            return pointer, self._own
        weights = str(self.rounds / told["round"] / "model.pt")
        options = {**self._options, "weights": weights, "bundle_sha256": told["bundle_sha256"]}
        return pointer, Predictor(self.bundle, **options)
