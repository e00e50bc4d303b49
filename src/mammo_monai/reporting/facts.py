"""What the software knows of a study, by name and in words: what checklist items are answered from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.networks.checkpoints import members
from mammo_monai.networks.spatial_size import pair
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.demographics import described
from mammo_monai.reporting.flow import left_out
from mammo_monai.reporting.overlays import PICTURES

NOT_SETTINGS = (
    "dataset_dir", "datalist", "output_dir", "cache_dir", "tracking_uri", "experiment_name", "run_name", "resume",
    "mammo_monai", "monai", "torch", "git_commit", "datalist_digest", "class_names",
)  # fmt: skip
"""Parameters that say where, not how, a training ran."""
JUDGED = {"auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity"}
"""What a diagnosis of one class is judged by."""


def facts(context: Context, out: Path) -> dict[str, str]:
    """Only what is known is there.

    Args:
        context: of the report.
        out: its folder, where overlays have been drawn or not.
    """
    found = {
        **_of_list(context.datalist),
        **_of_training(context),
        **_of_evaluation(context),
        "overlays": "saliency maps of the worst errors" if any(out.glob(PICTURES)) else "",
        "intended_use": "research only, not for clinical use",
    }
    return {name: text for name, text in found.items() if text}


def words(counts: Mapping[str, object]) -> str:
    """``a 3, b 4``."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _of_list(listed: Mapping[str, Any] | None) -> dict[str, str]:
    if listed is None:
        return {}
    return {
        "dataset": listed.get("name", ""),
        "datalist_digest": listed["digest"],
        "left_out": words(left_out(listed)) or "nothing",
        "level": listed.get("level", ""),
        "listed": f"{sum(len(listed[section]) for section in SECTIONS):,}",
        "label_map": listed.get("label_map", ""),
        "label_note": listed.get("label_note", ""),
        "split": f"split {listed.get('split', '')}",
        "ratios": ":".join(f"{float(part):g}" for part in listed.get("ratios", [])),
        "seed": str(listed.get("seed", "")),
        "counts": words({section: len(listed[section]) for section in SECTIONS}),
        "vendors": words(Counter(item["vendor"] for part in SECTIONS for item in listed[part] if item["vendor"])),
        "demographics": described(listed),
        "guard": ", ".join(listed.get("guard", {}).get("checked", [])),
    }


def _of_training(context: Context) -> dict[str, str]:
    card, params = context.card, context.params
    settings = {name: text for name, text in sorted(params.items()) if name not in NOT_SETTINGS}
    return {
        **{name: params.get(name, "") for name in ("mammo_monai", "monai", "torch", "git_commit", "weights")},
        "settings": "; ".join(f"{name} {text}" for name, text in settings.items()),
        "bundle": str(card.get("bundle", "")),
        "backbone": str(card.get("backbone", "")),
        "spatial_size": " x ".join(map(str, pair(card["spatial_size"]))) if "spatial_size" in card else "",
        "ensemble": _ensemble(context),
        "epoch": str(card.get("epoch", "")),
        "epochs": str(len(context.history) or ""),
    }


def _ensemble(context: Context) -> str:
    """How many networks predicted; "" where it is not known what did."""
    if not context.weights:
        return ""
    networks, variants = len(members(context.weights)), context.described.get("test-time augmentation", "none")
    said = f"Mean probabilities of {networks} networks" if networks > 1 else "None: a single network"
    return said if variants == "none" else f"{said}, of whose predictions the mean over variants is taken ({variants})"


def _of_evaluation(context: Context) -> dict[str, str]:
    scored, figures = context.scored, context.metrics["figures"]
    trained, evaluated = context.card.get("datalist_digest"), context.described.get("datalist")
    other = bool(trained and evaluated and trained != evaluated)
    own = bool(trained and evaluated and trained == evaluated)
    notes = {code: n for code, n in context.metrics["notes"].items() if code != "without-patient"}
    return {
        "classes": ", ".join(scored.class_names),
        "unread": f"{len(context.unread):,}",
        "not_judged": f"{sum(notes.values()):,}",
        "judged": f"{len(scored):,}",
        "patients": f"{context.metrics['patients']:,}",
        "section": context.section if own else "",
        "external": f"evaluated on datalist {evaluated}, trained on {trained}" if other else "",
        "macro_auc": str(Estimate.read(figures["macro_auc"])),
        "accuracy": str(Estimate.read(figures["accuracy"])),
        "diagnostic": "; ".join(f"{name}: {_judged(figures, name)}" for name in scored.class_names),
        "wrong": f"{int((scored.called != scored.labels).sum()):,}",
    }


def _judged(figures: Mapping[str, Any], name: str) -> str:
    return ", ".join(f"{title} {Estimate.read(figures[f'{key}_{name}'])}" for key, title in JUDGED.items())
