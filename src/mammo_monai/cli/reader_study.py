"""Compare a model with readers and committees of them on the same cases."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.errors import MammoError


def reader_study(
    *,
    truth: Path,
    readers: Path,
    model: Path,
    out: Path,
    case: str = "",
    category: str = "",
    reader: str = "reader",
    labels: str = "",
    committee: str = "",
    arbiter: str = "",
    cases: str = "common",
    threshold: str = "",
    weights: str = "",
    point: str = "",
    level: str = "",
    rule: str = "",
    order: str = "",
    replicates: int = 2000,
    seed: int = 0,
) -> None:
    """Write sensitivities, specificities, averages and paired differences with 95 % intervals, and print the report.

    OUT holds report.md, reader_study.json, figures.csv, differences.csv and readers.png, the readers as points in the
    plane of the model's ROC curves.

    Args:
        truth: table with a row per case: its name ('case', 'image', 'path', 'exam' or 'id'), 'category' and, for
            intervals over patients, 'patient'.
        readers: table of the readings as 'mammo-monai consensus' reads it: a row per case and reader with a column
            'reader', or a row per case and columns such as 'category_ANNA'.
        model: predictions.csv, or any table with columns p_<class>.
        out: the folder to write to.
        case: column of the predictions that names the case, if it is not the truth's.
        category: column of truth and readings; 'category', 'birads', 'pathology', 'density' or 'label' if not given.
        reader: column of the readers' names.
        labels: label map from categories to the model's classes ('birads3'); without it tables name the classes.
        committee: readers who make the committees, divided by commas; all if not given.
        arbiter: reader who decides where the others of the committee differ.
        cases: "common" (judge everybody on the cases that all read) or "own" (each on the cases read).
        threshold: CLASS=VALUE calls this class from this probability on, else the most probable other; the most
            probable class is called if not given. Choose it on validation cases.
        weights: in place of a threshold, the weights with the decision.json fitted on validation; calibrates, too.
        point: its operating point, "045, sensitivity 0.9"; with a level, that of breasts or exams.
        level: pool the predictions to "breast", "exam" or "patient" first.
        rule: how: "max", "mean", "most_suspicious" or "noisy_or"; without one as reports and inference do: views by
            their mean, breasts and exams by "max".
        order: classes from the least to the most suspicious, divided by commas, where they are not known.
        replicates: draws of the bootstrap.
        seed: of the bootstrap.
    """
    from mammo_monai.reader_study.report import write
    from mammo_monai.reader_study.study import Options, conduct

    options = Options(
        case, category, reader, labels, _names(committee), arbiter, cases, _threshold(threshold),
        Path(weights) if weights else None, point, level, rule, _names(order), replicates, seed,
    )  # fmt: skip
    inputs = {"truth": truth, "readers": readers, "model": model}
    print(write(out, conduct(**inputs, options=options), inputs, options))
    print(f"all of it in {out}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _threshold(text: str) -> tuple[str, float] | None:
    if not text:
        return None
    name, _, value = text.rpartition("=")
    try:
        lowest = float(value)
    except ValueError:
        lowest = -1.0
    if not name or not 0 <= lowest <= 1:
        raise MammoError(f"option --threshold: expected CLASS=VALUE with a value from 0 to 1, found {text!r}", "usage")
    return name, lowest
