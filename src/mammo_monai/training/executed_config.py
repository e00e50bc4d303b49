"""The configuration that a running bundle really executes: files, overlays and command-line overrides merged."""

from __future__ import annotations

import inspect
import json
from typing import Any

from monai.bundle import ConfigWorkflow


def executed_config() -> dict[str, Any] | None:
    """Configuration of the ``ConfigWorkflow`` that is running this code, None outside of one.

    MONAI hands its parser to no component, and the command line holds only the overrides; the workflow is found on the
    call stack, where it is by definition while it runs.
    """
    frame = inspect.currentframe()
    while frame is not None:
        workflow = frame.f_locals.get("self")
        if isinstance(workflow, ConfigWorkflow):
            return json.loads(json.dumps(workflow.parser.get(), default=str))
        frame = frame.f_back
    return None
