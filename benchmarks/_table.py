"""One line of the table: what was compared, how it came out and what was wanted."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks._timing import Pairs

HEAD = ("| benchmark | ours | against | ratio | target | |", "|---|---|---|---|---|---|")


@dataclass(frozen=True)
class Target:
    """What a ratio should be: at most, or (``faster``) at least ``limit``; None where nothing was promised."""

    limit: float | None = None
    faster: bool = False

    def __str__(self) -> str:
        return "-" if self.limit is None else f"{'>=' if self.faster else '<='} {self.limit:g}"

    def verdict(self, ratio: float) -> str:
        """ "met", "MISSED", or "" without a target."""
        if self.limit is None:
            return ""
        return "met" if (ratio >= self.limit if self.faster else ratio <= self.limit) else "MISSED"


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    benchmark: str
    ours: str
    against: str
    ratio: float
    target: Target = Target()

    def __str__(self) -> str:
        cells = (self.benchmark, self.ours, self.against, f"{self.ratio:.4g}", self.target)
        return f"| {' | '.join(map(str, (*cells, self.target.verdict(self.ratio))))} |"


def at_most(limit: float) -> Target:
    """Ours over against must not exceed ``limit``."""
    return Target(limit)


def times_faster(limit: float) -> Target:
    """Against over ours must reach ``limit``."""
    return Target(limit, faster=True)


def timed(benchmark: str, pairs: Pairs, against: str, target: Target = Target()) -> Line:
    """The line of an interleaved timing; ``against`` says what the other side is."""
    ratio = 1 / pairs.ratio if target.faster else pairs.ratio
    return Line(benchmark, str(pairs.ours), f"{pairs.against} {against}", ratio, target)
