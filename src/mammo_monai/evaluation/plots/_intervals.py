"""The intervals in ``metrics.json``, for legends."""

from __future__ import annotations

import json
import math
from pathlib import Path

from mammo_monai.evaluation.estimate import Estimate


def interval(folder: Path, figure: str, value: float) -> str:
    """Interval as it follows a value, " (95 %: 0.812 to 0.934)"; "" where there is none.

    Args:
        folder: of the evaluation.
        figure: its name in ``metrics.json``.
        value: what the picture found; an interval of another value is one of other predictions and is left out.
    """
    path = folder / "metrics.json"
    figures = json.loads(path.read_text(encoding="utf-8")).get("figures", {}) if path.is_file() else {}
    found = Estimate.read(figures[figure]) if figure in figures else None
    if found is None or found.value is None or found.low is None or found.high is None:
        return ""
    return f" (95 %: {found.low:.3f} to {found.high:.3f})" if math.isclose(found.value, value, abs_tol=1e-6) else ""
