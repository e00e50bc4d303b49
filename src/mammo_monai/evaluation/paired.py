"""How much better one set of predictions is than another on the same rows: the same patients are drawn for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import figures
from mammo_monai.evaluation.estimate import Difference, of_draws, of_interval
from mammo_monai.evaluation.intervals import NOTHING, delong
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES, draws, method
from mammo_monai.evaluation.scored import Scored, identities, identity_columns

_SHOWN = 3
"""Rows that an error names."""


def difference(a: Scored, b: Scored, figure: str, replicates: int = REPLICATES, seed: int = 0) -> Difference:
    """The figure of ``b`` less that of ``a``; see :func:`differences`."""
    return differences(a, {"b": b}, [figure], replicates, seed)["b"][figure]


def differences(
    a: Scored, others: Mapping[str, Scored], names: Sequence[str], replicates: int = REPLICATES, seed: int = 0
) -> dict[str, dict[str, Difference]]:
    """Figures of each of the others less those of ``a``, with 95 % intervals.

    Rows are joined by what identifies them (data set, path, box, finding; or image, id, row). The interval is that of
    paired DeLong for one area, else that of the bootstrap, whose draws are the same for all; both over the patients of
    the table that groups most rows. A figure that few rows shift has none: they shift both sides, but not alike.

    Args:
        a: what is compared with, the baseline.
        others: by name.
        names: of the figures.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Differences by name of the other and name of the figure; n is the smaller of both.

    Raises:
        MammoError: the classes differ, rows cannot be joined, a row is on one side only or labelled differently; or
            there is no such figure.
    """
    joined = {name: _join(a, other, name) for name, other in others.items()}
    tables = [a, *joined.values()]
    grouped = min(tables, key=lambda table: len(np.unique(table.patients)))
    patients = len(np.unique(grouped.patients))
    points = [figures.point(table, names) for table in tables]
    described = [figures.describe(table) for table in tables]
    whole = all(table.folds.max(initial=0) == 0 for table in tables)  # DeLong ranks all rows together
    areas = {f"auc_{name}": index for index, name in enumerate(a.class_names) if whole}
    bootstrapped = [name for name in names if name not in areas and not described[0][name].biased]
    values = [figures.function(table, bootstrapped) for table in tables]
    blocks = [
        [of_weights(weights) for of_weights in values]
        for weights in (draws(grouped.patients, replicates, seed) if bootstrapped else ())
    ]

    def estimate(table: int, name: str) -> Difference:
        value, n = points[table][name] - points[0][name], min(described[i][name].n for i in (0, table))
        figure = described[0][name]
        needs = f"{figure.needs} on both sides"
        if name in areas:
            index = areas[name]
            ours, theirs = (tables[i].probabilities[:, index] for i in (0, table))
            truth = a.labels == index
            found = of_interval(value, delong.difference(ours, theirs, truth, grouped.patients), n, needs)
            return Difference(**found.content(), freedom=delong.freedom(truth, grouped.patients))
        if figure.biased:
            found = of_interval(value, NOTHING, n, needs, "few rows shift both sides, and not alike")
            return Difference(**found.content())
        drawn = np.concatenate([block[table][name] - block[0][name] for block in blocks])
        span = (figure.span[0] - figure.span[1], figure.span[1] - figure.span[0])
        found = of_draws(value, drawn, patients, f"paired {method(grouped, replicates)}", n, needs, span)
        return Difference(**found.content(), freedom=patients - 1, span=span)

    return {other: {name: estimate(table, name) for name in names} for table, other in enumerate(joined, 1)}


def _join(a: Scored, b: Scored, name: str) -> Scored:
    """``b`` in the order of the rows of ``a``."""
    if a.class_names != b.class_names:
        raise MammoError(
            f"{name}: expected the classes {', '.join(a.class_names)}, found {', '.join(b.class_names)}; "
            "compare predictions of one label map",
            reason="other-classes",
        )
    titles = identity_columns(a.columns, b.columns)
    ours, theirs = (_places(table, titles, name) for table in (a, b))
    for there, here, who in ((ours, theirs, "the first"), (theirs, ours, name)):
        alone = [identity for identity in there if identity not in here]
        if alone:
            shown = "; ".join(" ".join(filter(None, identity)) for identity in alone[:_SHOWN])
            raise MammoError(
                f"{name}: expected the same images in both tables; {len(alone)} of {len(there)} rows only {who} has "
                f"({shown}); compare predictions of one test list",
                reason="other-rows",
            )
    joined = b.take([theirs[identity] for identity in ours])
    if differing := np.flatnonzero(joined.labels != a.labels).tolist():
        shown = " ".join(filter(None, list(ours)[differing[0]]))
        raise MammoError(
            f"{name}: {len(differing)} rows have another label than in the first table, {shown} among them; "
            "compare predictions of one datalist",
            reason="contradiction",
        )
    return joined


def _places(table: Scored, titles: Sequence[str], name: str) -> dict[tuple[str, ...], int]:
    places = {identity: i for i, identity in enumerate(identities(table.columns, titles, len(table)))}
    if len(places) < len(table):
        raise MammoError(
            f"{name}: rows cannot be told apart by {', '.join(titles) or 'any column that both tables have'}; "
            "a column path (image, id or row) has to name each row",
            reason="no-identity",
        )
    return places
