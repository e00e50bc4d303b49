"""What ran: parameters, environment, digests, time and memory."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from mammo_monai import __version__
from mammo_monai.reporting.blocks import Block, Facts, Section, Table, Text
from mammo_monai.reporting.context import Context

ORDER = 110
ENVIRONMENT = ("mammo_monai", "monai", "torch", "git_commit")
ELSEWHERE = ("section", "label map", "weights", "datalist", "patches")
"""What the evaluation said of itself and stands in another line or section."""
SIZES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "parameters": ("Parameters", lambda n: f"{n:,.0f}"),
    "trainable_parameters": ("Of these trained", lambda n: f"{n:,.0f}"),
    "training_seconds": ("Training", lambda s: str(timedelta(seconds=round(s)))),
    "evaluation_seconds": ("Evaluation", lambda s: str(timedelta(seconds=round(s)))),
    "images_per_second": ("Images per second", lambda n: f"{n:.1f}"),
    "peak_memory": ("Peak memory", lambda n: f"{n / 1e9:.1f} GB"),
    "peak_gpu_memory": ("Peak GPU memory", lambda n: f"{n / 1e9:.1f} GB"),
}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    card, params = context.card, context.params
    measured = {**_most(context.history), **context.measured}
    seconds = sum(epoch.get("seconds", 0) for epoch in context.history)
    facts = {
        "Bundle": str(card.get("bundle", "")),
        "MLflow run": str(card.get("run_id", "")),
        "Weights, SHA-256": str(card.get("sha256", "") or context.described.get("weights", "")),
        "Datalist of the training": str(card.get("datalist_digest", "")),
        "Datalist evaluated": context.described.get("datalist", "") or str((context.datalist or {}).get("digest", "")),
        **{f"Training: {name}": params[name] for name in ENVIRONMENT if name in params},
        "Report": f"mammo-monai {__version__}, Python {platform.python_version()}",
        "Time of the epochs": str(timedelta(seconds=round(seconds))) if seconds else "",
        **{key.capitalize(): text for key, text in context.described.items() if key not in ELSEWHERE},
        **{title: shown(measured[key]) for key, (title, shown) in SIZES.items() if key in measured},
    }
    blocks: list[Block] = [Facts({name: text for name, text in facts.items() if text})]
    settings = [[name, text] for name, text in sorted(params.items()) if name not in ENVIRONMENT]
    if settings:
        blocks.append(Table("parameters", "Parameters", ["id", "value"], settings))
    if not any(key.startswith("peak") for key in measured):
        blocks.append(Text("Peak memory: not recorded."))
    return Section("Run", blocks)


def _most(history: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The peaks of memory that a training noted; a resumed one has several processes."""
    keys = [key for key in SIZES if key.startswith("peak") and any(key in epoch for epoch in history)]
    return {key: max(epoch.get(key, 0) for epoch in history) for key in keys}
