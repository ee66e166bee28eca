"""Two independent proportions: the z-test as published results often use it, and Newcombe's interval.

Two arms that answered the same questions are not independent: use `checks.stats.paired` for them. These
functions are here to recompute what was published, and everything they say is labelled unpaired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from checks.stats.interval import Interval, p_text
from checks.stats.proportion import wilson


@dataclass(frozen=True)
class UnpairedComparison:
    """Two proportions compared as if their samples were independent."""

    first: Interval
    """The first proportion."""
    second: Interval
    """The second proportion."""
    difference: Interval
    """Second minus first."""
    z: float
    """The pooled z statistic, second minus first, in standard errors."""
    p: float
    """Its two-sided p-value."""

    def __str__(self) -> str:
        """Return one sentence with the difference, its interval, the test's name and its p."""
        return (
            f"{self.difference.points()}: {self.first.estimate:.1%} against {self.second.estimate:.1%} "
            f"(two-proportion z = {self.z:.2f}, unpaired: {p_text(self.p)})"
        )


def two_proportion_z(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """Return z and the two-sided p-value of the pooled two-proportion test, unpaired.

    Args:
        first: Successes and total.
        second: Successes and total.

    Returns:
        z of second minus first in pooled standard errors, and p. Two arms that are both always right or both
        always wrong give z = 0 and p = 1.

    Raises:
        ValueError: if a pair of counts is no proportion.

    Source: any textbook; the variance is pooled under the null hypothesis.
    """
    for successes, total in (first, second):
        if total <= 0 or not 0 <= successes <= total:
            raise ValueError(f"{successes} of {total} is no proportion")
    pooled = (first[0] + second[0]) / (first[1] + second[1])
    error = math.sqrt(pooled * (1 - pooled) * (1 / first[1] + 1 / second[1]))
    if error == 0:
        return 0.0, 1.0
    z = (second[0] / second[1] - first[0] / first[1]) / error
    return z, math.erfc(abs(z) / math.sqrt(2))


def fisher_exact(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return log10 of the two-sided p-value of Fisher's exact test, unpaired.

    The sum over all tables with the same margins that are no more probable than the observed one (the usual two-sided
    definition: Fisher 1935; R's ``fisher.test``), in logarithms so that it does not run out of floats.

    Args:
        first: Successes and total.
        second: Successes and total.

    Raises:
        ValueError: if a pair of counts is no proportion.
    """
    for successes, total in (first, second):
        if total <= 0 or not 0 <= successes <= total:
            raise ValueError(f"{successes} of {total} is no proportion")
    (a, n), (c, m) = first, second
    hits = a + c
    low, high = max(0, hits - m), min(hits, n)
    if high - low > _MOST_TABLES:
        return math.log10(p) if (p := two_proportion_z(first, second)[1]) else -math.inf

    def weight(successes: int) -> float:
        return _log_choose(n, successes) + _log_choose(m, hits - successes) - _log_choose(n + m, hits)

    observed = weight(a)
    logs = [each for k in range(low, high + 1) if (each := weight(k)) <= observed + _TIE]
    top = max(logs)
    return min(0.0, (top + math.log(math.fsum(math.exp(each - top) for each in logs))) / math.log(10))


_MOST_TABLES = 20_000
"""Beyond this many tables the normal approximation is as good and quicker."""
_TIE = 1e-7
"""Relative difference below which two tables are equally probable, as in R."""


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


def newcombe_unpaired(
    first: tuple[int, int], second: tuple[int, int], *, confidence: float = 0.95
) -> Interval:
    """Return Newcombe's hybrid score interval of second minus first for independent samples.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    one, two = wilson(*first, confidence=confidence), wilson(*second, confidence=confidence)
    difference = two.estimate - one.estimate
    down = math.hypot(two.estimate - two.low, one.high - one.estimate)
    up = math.hypot(two.high - two.estimate, one.estimate - one.low)
    return Interval(difference, difference - down, difference + up, confidence, "Newcombe, unpaired")


def compare_unpaired(
    first: tuple[int, int], second: tuple[int, int], *, confidence: float = 0.95
) -> UnpairedComparison:
    """Return everything to be said of two independent proportions (Wilson, Newcombe, pooled z)."""
    z, p = two_proportion_z(first, second)
    return UnpairedComparison(
        first=wilson(*first, confidence=confidence),
        second=wilson(*second, confidence=confidence),
        difference=newcombe_unpaired(first, second, confidence=confidence),
        z=z,
        p=p,
    )
