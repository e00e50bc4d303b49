"""Handlers that are defined under an id of their own."""

from __future__ import annotations

from typing import TypeVar

Handler = TypeVar("Handler")


def handler_by_id(handler: Handler) -> Handler:
    """The handler itself: ``"handler": "@early_stop"``.

    MONAI wants ``train#handlers`` to be a literal list of dictionaries; this lets an entry be a handler that others
    refer to (the checkpoint stores the early stop and the run id).
    """
    return handler
