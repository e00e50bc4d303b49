"""``report.md`` of a reader study: it prints what was found and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mammo_monai.notice import NOTICE
from mammo_monai.reader_study.figures import AVERAGED, KINDS
from mammo_monai.reader_study.study import Difference, Options, Study
from mammo_monai.readings.kappa import Kappa

PICTURE = "readers.png"
_LEFT_OUT = {
    "without-class": "whose truth is missing or has no class",
    "without-prediction": "without a prediction",
    "unread": "unread",
}
_SCOPE = {
    "common": "Everybody is judged on the same cases: one that any reader left unread counts for nobody.",
    "own": "Each reader is judged on the cases read; figures of different readers are of different cases.",
}


def markdown(study: Study, inputs: Mapping[str, Path], options: Options) -> str:
    """The report."""
    names = study.cases.model.class_names
    groups = [[*(f"{kind}_{name}" for name in names), AVERAGED + kind] for kind in KINDS]
    return "\n".join(
        [
            "# Reader study",
            "",
            f"**{NOTICE}**",
            "",
            *(f"* {name}: `{path}`" for name, path in inputs.items()),
            f"* the model calls {_point(study, options)}",
            f"* the model's areas on these cases: {', '.join(f'{name} {area}' for name, area in study.auc.items())}",
            *(f"* noted of the predictions: {count} {code}" for code, count in study.notes.items()),
            *([f"* {study.repeated} readings stand in the table more than once"] if study.repeated else []),
            "",
            "Values are followed by their 95 % interval and n.",
            "",
            *_cases(study, options),
            *(line for group in (*groups, ["accuracy"]) for line in _results(study, group)),
            f"![Readers in the model's ROC plane]({PICTURE})",
            "",
            *_committees(study),
            *_differences(study.differences),
            *_agreement(study.kappas, options.arbiter),
        ]
    )


def _point(study: Study, options: Options) -> str:
    if study.threshold is None:
        return "the most probable class"
    name, lowest = study.threshold
    made = f"of {options.level}s, calibrated and pooled" if options.level else "calibrated"
    chosen = f" (operating point {options.point!r} of `{options.weights}`, {made})" if options.point else ""
    return (
        f"{name} where its probability is {lowest:.4g} or more{chosen}, else the most probable other class; "
        "a threshold is chosen on validation cases, never on these"
    )


def _cases(study: Study, options: Options) -> list[str]:
    flow = study.cases.flow
    left_out = flow["truth"] - flow["judged"]
    reasons = "; ".join(f"{flow[code]} {why}" for code, why in _LEFT_OUT.items() if flow[code])
    lines = [
        "## Cases",
        "",
        f"{flow['truth']} cases in the truth table, {left_out} left out{f' ({reasons})' if reasons else ''}, "
        f"**{flow['judged']} judged**. {_SCOPE[options.cases]}",
        "",
        "The Hanoi study left 32 of 500 images out, which its software could not read, and judged everybody on the "
        "other 468.",
        "",
    ]
    rows = [(name, of.read, of.unread, of.without_class, of.other) for name, of in study.cases.coverage.items()]
    header = ["cases with a truth", "read", "unread", "of them read without a class", "other cases, left out"]
    return lines + _table(header, rows)


def _results(study: Study, figures: Sequence[str]) -> list[str]:
    rows = [(result.name, *(result.figures[name] for name in figures)) for result in study.results]
    title = "Accuracy" if figures == ["accuracy"] else figures[-1].removeprefix(AVERAGED).capitalize()
    return [f"## {title}", "", *_table(["", *map(_shown, figures)], rows)]


def _committees(study: Study) -> list[str]:
    if not study.committees:
        return ["## Committees", "", "None: it takes two readers, an arbiter not among them.", ""]
    rows = [
        (board.name, ", ".join(board.members), ", ".join(f"{n} {by}" for by, n in board.decided.items()))
        for board in study.committees
    ]
    return [
        "## Committees",
        "",
        "A case that a committee does not decide (disagreement, no-majority) is left out of its figures, and of those "
        "of the model where they are compared: what is left are the easier cases.",
        "",
        *_table(["committee", "members", "cases"], rows),
    ]


def _differences(differences: Sequence[Difference]) -> list[str]:
    tested = sum(len(of.tests) for of in differences)
    rows = [
        (of.against, _shown(name), f"{estimate}{_beyond(estimate.low, estimate.high)}", *_test(of, name))
        for of in differences
        for name, estimate in of.figures.items()
    ]
    return [
        "## Model less reader",
        "",
        "Differences on the same cases. The bootstrap draws the same patients for all; * marks an interval without 0. "
        "McNemar's test is exact, compares the cases that only one of the two has right, takes cases as independent, "
        f"and its {tested} p values are not corrected for their number.",
        "",
        *_table(["against", "figure", "model less other", "only model right", "only other right", "p"], rows),
    ]


def _beyond(low: float | None, high: float | None) -> str:
    return " *" if low is not None and high is not None and (low > 0 or high < 0) else ""


def _test(of: Difference, name: str) -> tuple[str, str, str]:
    test = of.tests.get(name)
    if test is None:
        return "", "", ""
    return str(test.model_only), str(test.other_only), "undefined" if test.p is None else f"{test.p:.2g}"


def _agreement(kappas: Sequence[Kappa], arbiter: str) -> list[str]:
    note = [f"{arbiter}, who saw the other readings, is left out.", ""] if arbiter else []
    if not kappas:
        return ["## Agreement of the readers", "", "None to measure: no case was read by two readers.", ""]
    rows = [(_who(kappa), kappa.cases, _share(kappa.agreement), _kappa(kappa)) for kappa in kappas]
    return ["## Agreement of the readers", "", *note, *_table(["readers", "cases", "agree", "kappa"], rows)]


def _who(kappa: Kappa) -> str:
    return f"all, {kappa.readings} readings each (Fleiss)" if kappa.kind == "fleiss" else " - ".join(kappa.readers)


def _share(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f} %"


def _kappa(kappa: Kappa) -> str:
    if kappa.value is None:
        return "undefined (chance alone would agree always)"
    ends = "no interval" if kappa.low is None else f"{kappa.low:.3f} to {kappa.high:.3f}"
    return f"{kappa.value:.3f} ({ends}, n = {kappa.cases})"


def _shown(figure: str) -> str:
    return figure.replace("_", " ", 1)


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    ] + [""]
