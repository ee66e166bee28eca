"""Does what is taught depend on the condition? A test that many tiny conditions do not drown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

RARE = 5
"""Labelled rows under which a condition is too small to stand in the test by itself; such ones are pooled."""

WEAK_ASSOCIATION = 0.1
"""Cramer's V, bias-corrected, or difference of one condition's share from all others', under which target and condition
count as unrelated."""

SIGNIFICANT_Z = 3.09
"""Normal deviate of the one-sided 0.1% level, for the test of independence."""

SIGNIFICANT = 0.001
"""The same level, for single conditions after Bonferroni's adjustment."""

FEWEST_ROWS = 50
"""Labelled rows under which independence is never claimed: too few to see a dependence."""

MANY = 5
"""Conditions from which one or two rows in each say nothing."""


@dataclass(frozen=True)
class Dependence:
    """What the counts say."""

    depends: bool
    """Whether the target depends on the condition."""
    association: float
    """Cramer's V, bias-corrected, 0 to 1."""
    sparse: bool
    """Whether no condition has rows enough for the counts to say anything."""


def dependence(counts: Sequence[tuple[int, int]]) -> Dependence:
    """Test whether the share of behaviour depends on the condition.

    Two tests, either of which is enough. A chi-squared test of independence, in which all conditions with fewer than 5
    rows stand as one: with a hundred of them the statistic would have a hundred degrees of freedom and see nothing.
    And each larger condition against all other rows (hypergeometric, Bonferroni over the conditions): one that differs
    is not drowned by many that do not. The first wants a Cramer's V of 0.1, the second a difference of 0.1 in the
    share, so that a million rows do not make a trifle count.

    Args:
        counts: Behaviour and preserved rows of each condition.

    Returns:
        What they say. With fewer than 50 rows a dependence is assumed, unless five conditions or more have one or two
        rows each.
    """
    total = sum(map(sum, counts))
    behaviours = sum(behaviour for behaviour, _ in counts)
    if len(counts) < 2 or behaviours in (0, total):
        return Dependence(False, 0.0, False)
    if len(counts) >= MANY and max(map(sum, counts)) <= 2:
        return Dependence(False, 0.0, True)
    large = [each for each in counts if sum(each) >= RARE]
    rare = [each for each in counts if sum(each) < RARE]
    pooled = [*large, (sum(b for b, _ in rare), sum(p for _, p in rare))] if large and rare else list(counts)
    if len(pooled) < 2:
        return Dependence(False, 0.0, False)
    deviate, association = _chi_squared(pooled)
    if total < FEWEST_ROWS:
        return Dependence(True, association, False)
    depends = deviate > SIGNIFICANT_Z and association >= WEAK_ASSOCIATION
    return Dependence(depends or _one_differs(pooled), association, False)


def _chi_squared(counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Return the normal deviate of chi-squared, and Cramer's V.

    The deviate is Wilson and Hilferty's cube-root approximation (Proc. Natl. Acad. Sci. 17, 1931); V has Bergsma's bias
    correction (J. Korean Stat. Soc. 42, 2013).
    """
    total = sum(map(sum, counts))
    share = sum(behaviour for behaviour, _ in counts) / total
    chi_squared = sum(
        (behaviour - share * (behaviour + preserved)) ** 2 / (share * (1 - share) * (behaviour + preserved))
        for behaviour, preserved in counts
    )
    freedom = len(counts) - 1
    corrected = max(0.0, chi_squared / total - freedom / (total - 1))
    # With two columns, min(rows, columns) - 1 is 1 less its own small-sample correction.
    association = math.sqrt(min(1.0, corrected / (1 - 1 / (total - 1)))) if total > 2 else 1.0
    deviate = ((chi_squared / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return deviate, association


def _one_differs(counts: Sequence[tuple[int, int]]) -> bool:
    """Return whether one condition's share of behaviour differs from that of all other rows."""
    total = sum(map(sum, counts))
    behaviours = sum(behaviour for behaviour, _ in counts)
    for behaviour, preserved in counts:
        rows = behaviour + preserved
        if rows in (0, total):
            continue
        apart = behaviour / rows - (behaviours - behaviour) / (total - rows)
        if abs(apart) < WEAK_ASSOCIATION:
            continue
        tail = _tail(behaviour, rows, behaviours, total, upper=apart > 0)
        if 2 * tail * len(counts) <= SIGNIFICANT:
            return True
    return False


def _tail(seen: int, rows: int, behaviours: int, total: int, *, upper: bool) -> float:
    """Return the hypergeometric chance of so many behaviour rows among some rows, or of more (or fewer)."""
    if not upper:  # the fewer of one, the more of the other
        seen, behaviours = rows - seen, total - behaviours
    term = math.exp(
        _log_ways(behaviours, seen) + _log_ways(total - behaviours, rows - seen) - _log_ways(total, rows)
    )
    tail = 0.0
    for number in range(seen, min(rows, behaviours) + 1):
        tail += term
        if term < tail * 1e-12:
            break
        term *= (behaviours - number) * (rows - number)
        term /= (number + 1) * (total - behaviours - rows + number + 1)
    return min(1.0, tail)


def _log_ways(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
