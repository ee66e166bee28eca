"""Two arms that answered the same questions: McNemar's test and the paired difference's interval.

What carries the information is the questions that one arm got right and the other wrong. A test for
independent samples throws that pairing away; it is in `checks.stats.unpaired`, labelled as such.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from checks.stats.interval import Interval, critical, p_text
from checks.stats.proportion import wilson
from checks.stats.root import root


@dataclass(frozen=True)
class PairedTable:
    """How two arms did on the same questions, counts."""

    both: int
    """Questions that both got right."""
    first_only: int
    """Right in the first arm, wrong in the second."""
    second_only: int
    """Wrong in the first arm, right in the second."""
    neither: int
    """Wrong in both."""

    def __post_init__(self) -> None:
        if min(self.both, self.first_only, self.second_only, self.neither) < 0:
            raise ValueError("counts of questions cannot be negative")
        if self.total == 0:
            raise ValueError("a paired comparison needs at least one question that both arms answered")

    @classmethod
    def of(cls, first: Mapping[str, bool], second: Mapping[str, bool]) -> Self:
        """Count a table from two arms' answers, question id -> answered rightly.

        Raises:
            ValueError: if the arms did not answer the same questions; leaving some out is for the caller to
                decide and to say.
        """
        if first.keys() != second.keys():
            apart = len(first.keys() ^ second.keys())
            raise ValueError(f"the arms answered different questions: {apart} in one of them only")
        pairs = [(first[question], second[question]) for question in first]
        return cls(
            both=pairs.count((True, True)),
            first_only=pairs.count((True, False)),
            second_only=pairs.count((False, True)),
            neither=pairs.count((False, False)),
        )

    @property
    def total(self) -> int:
        """Questions that both arms answered."""
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def discordant(self) -> int:
        """Questions that exactly one arm got right."""
        return self.first_only + self.second_only


def mcnemar(table: PairedTable, *, method: Literal["exact", "mid-p"] = "exact") -> float:
    """Return McNemar's two-sided p-value that both arms are equally often right.

    Given the number of discordant questions, those of the first arm are binomial with rate 1/2. ``exact``
    doubles the smaller tail and never exceeds its nominal level; ``mid-p`` counts half of the observed
    value's own probability, which is nearer to the nominal level on average and may exceed it slightly.

    Sources: Q. McNemar, Psychometrika 12 (1947) 153-157; M. W. Fagerland, S. Lydersen, P. Laake, BMC Medical
    Research Methodology 13 (2013) 91.
    """
    from scipy.special import bdtr

    smaller, discordant = min(table.first_only, table.second_only), table.discordant
    if table.first_only == table.second_only:
        return 1.0
    tail = float(bdtr(smaller, discordant, 0.5))
    if method == "mid-p":
        below = float(bdtr(smaller - 1, discordant, 0.5)) if smaller else 0.0
        tail = (tail + below) / 2
    return min(1.0, 2 * tail)


def newcombe_paired(table: PairedTable, *, confidence: float = 0.95) -> Interval:
    """Return Newcombe's square-and-add interval of the paired difference, second minus first.

    The two arms' Wilson limits are combined with the arms' correlation phi, taken with a continuity
    correction where it is positive. In closed form, so that it can be checked by hand.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650, method 10.
    """
    n, a, b, c, d = table.total, table.both, table.first_only, table.second_only, table.neither
    first, second = wilson(a + b, n, confidence=confidence), wilson(a + c, n, confidence=confidence)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    phi = 0.0
    if margins:
        excess = a * d - b * c
        corrected = max(excess - n / 2, 0) if excess > 0 else excess
        phi = corrected / math.sqrt(margins)
    down = _square_and_add(second.estimate - second.low, first.high - first.estimate, phi)
    up = _square_and_add(second.high - second.estimate, first.estimate - first.low, phi)
    difference = (c - b) / n
    return Interval(difference, difference - down, difference + up, confidence, "Newcombe, paired")


def _square_and_add(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


def tango(table: PairedTable, *, confidence: float = 0.95) -> Interval:
    """Return Tango's score interval of the paired difference, second minus first.

    The limits are the differences at which the score test, with the nuisance parameter at its constrained
    maximum likelihood, is on the edge of rejecting. It is the interval that belongs to McNemar's test.

    Source: T. Tango, Statistics in Medicine 17 (1998) 891-908.
    """
    n, b, c = table.total, table.second_only, table.first_only
    z = critical(confidence)

    def score(delta: float) -> float:
        if delta in (-1.0, 1.0):
            gap = b - c - n * delta
            return math.copysign(math.inf, gap) if gap else 0.0
        # Constrained estimate of the rate of `first only` at this difference: the larger root of
        # A q^2 + B q + C = 0.
        big_b = -b - c + (2 * n - b + c) * delta
        root = math.sqrt(max(0.0, big_b * big_b + 8 * n * c * delta * (1 - delta)))
        q = (root - big_b) / (4 * n)
        variance = n * (2 * q + delta * (1 - delta))
        gap = b - c - n * delta
        if variance <= 0:
            return math.copysign(math.inf, gap) if gap else 0.0
        return gap / math.sqrt(variance)

    difference = (b - c) / n
    low = -1.0 if c == n else root(lambda delta: _bounded(score(delta) - z), -1.0, difference)
    high = 1.0 if b == n else root(lambda delta: _bounded(score(delta) + z), difference, 1.0)
    return Interval(difference, low, high, confidence, "Tango, paired")


def _bounded(value: float) -> float:
    """Keep the root finder's arithmetic finite where the score is infinite."""
    return max(-1e6, min(1e6, value))


@dataclass(frozen=True)
class PairedComparison:
    """Two arms compared on the same questions: rates, difference, test, and what could not have been seen."""

    table: PairedTable
    """The counts."""
    first: Interval
    """The first arm's accuracy."""
    second: Interval
    """The second arm's accuracy."""
    difference: Interval
    """Second minus first."""
    p_exact: float
    """Exact McNemar, two-sided."""
    p_mid: float
    """Mid-p McNemar, two-sided."""
    p_holm: float | None = None
    """The exact p-value adjusted for all comparisons made (Holm); None where this is the only one."""

    def __str__(self) -> str:
        """Return one sentence with the difference, its interval, the counts, the test's name and its p."""
        adjusted = (
            f", {p_text(self.p_holm).replace('p ', 'Holm-adjusted p ', 1)}" if self.p_holm is not None else ""
        )
        table = self.table
        return (
            f"{self.difference.points()} on the same {table.total:,} questions: {self.first.estimate:.1%} "
            f"against {self.second.estimate:.1%}, right in the first arm only {table.first_only:,}, in the "
            f"second only {table.second_only:,} (exact McNemar, paired: {p_text(self.p_exact)}{adjusted}; "
            f"mid-{p_text(self.p_mid)})"
        )


def compare_paired(
    table: PairedTable, *, confidence: float = 0.95, p_holm: float | None = None
) -> PairedComparison:
    """Return everything to be said of two arms on the same questions (Wilson, Tango, McNemar)."""
    n = table.total
    return PairedComparison(
        table=table,
        first=wilson(table.both + table.first_only, n, confidence=confidence),
        second=wilson(table.both + table.second_only, n, confidence=confidence),
        difference=tango(table, confidence=confidence),
        p_exact=mcnemar(table),
        p_mid=mcnemar(table, method="mid-p"),
        p_holm=p_holm,
    )
