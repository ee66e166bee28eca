"""How well one number tells two groups apart: the area under the ROC curve, with its interval.

The groups come as value -> count, so that a million rows cost no more than the distinct values they have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from checks.stats.interval import Interval, critical
from checks.stats.root import root


@dataclass(frozen=True)
class _Area:
    """The sums that both intervals need."""

    auc: float
    positives: int
    negatives: int
    delong: float
    """DeLong's variance of the area; NaN where a group has one member."""


def auc_estimate(positive: Mapping[float, int], negative: Mapping[float, int]) -> float:
    """Return the area under the ROC curve alone: the chance that a positive has the larger value, ties half.

    Raises:
        ValueError: if a group is empty or a count negative.
    """
    return _area(positive, negative).auc


def auc_newcombe(
    positive: Mapping[float, int], negative: Mapping[float, int], *, confidence: float = 0.95
) -> Interval:
    """Return the area under the ROC curve with Newcombe's score-type interval.

    The area is the probability that a random positive has the larger value, ties counting half. The limits
    are the areas t at which ``|auc - t| = z sqrt(V(t))`` with Hanley and McNeil's variance under exponential
    groups, both sample sizes in its inner terms replaced by their mean. It has a width even where the groups
    are perfectly apart, which is where surface gaps are.

    Args:
        positive: Value -> count in the one group.
        negative: Value -> count in the other group.
        confidence: Coverage.

    Raises:
        ValueError: if a group is empty or a count negative.

    Source: R. G. Newcombe, Statistics in Medicine 25 (2006) 559-573, method 5.
    """
    area, z = _area(positive, negative), critical(confidence)
    if area.auc == 0:
        high = 1 - _low_of_one(area, z)
        return Interval(0.0, 0.0, high, confidence, "Newcombe, AUC")
    if area.auc == 1:
        return Interval(1.0, _low_of_one(area, z), 1.0, confidence, "Newcombe, AUC")
    low = root(lambda t: area.auc - t - z * math.sqrt(t * (1 - t) * _inner(t, area)), 0.0, area.auc)
    high = root(lambda t: area.auc - t + z * math.sqrt(t * (1 - t) * _inner(t, area)), area.auc, 1.0)
    return Interval(area.auc, low, high, confidence, "Newcombe, AUC")


def _inner(t: float, area: _Area) -> float:
    """Return V(t) / (t (1 - t)), the part of the variance that depends on the sample sizes."""
    mean = (area.positives + area.negatives) / 2 - 1
    return (1 + mean * ((1 - t) / (2 - t) + t / (1 + t))) / (area.positives * area.negatives)


def _low_of_one(area: _Area, z: float) -> float:
    """Return the lower limit for an area of 1, dividing out the root at 1."""
    return root(lambda t: 1 - t - z * z * t * _inner(t, area), 0.0, 1.0)


def auc_delong(
    positive: Mapping[float, int], negative: Mapping[float, int], *, confidence: float = 0.95
) -> Interval:
    """Return the area under the ROC curve with DeLong's interval, cut at 0 and 1.

    It makes no assumption about the groups' distributions, and has no width where they are perfectly apart
    or wholly tied: `auc_newcombe` is for those.

    Raises:
        ValueError: if a group has fewer than two members or a count is negative.

    Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845.
    """
    area = _area(positive, negative)
    if min(area.positives, area.negatives) < 2:
        raise ValueError("DeLong's variance needs two members or more in each group")
    half = critical(confidence) * math.sqrt(area.delong)
    return Interval(area.auc, max(0.0, area.auc - half), min(1.0, area.auc + half), confidence, "DeLong, AUC")


def _area(positive: Mapping[float, int], negative: Mapping[float, int]) -> _Area:
    m, n = sum(positive.values()), sum(negative.values())
    if m == 0 or n == 0 or min(*positive.values(), *negative.values()) < 0:
        raise ValueError(f"two groups are needed, got {m} positives and {n} negatives")
    # For each value: the share of negatives below it, and of positives above it, ties counting half.
    share_below: list[tuple[float, int]] = []
    share_above: list[tuple[float, int]] = []
    negatives_below, positives_below = 0, 0
    for value in sorted(positive.keys() | negative.keys()):
        here, there = positive.get(value, 0), negative.get(value, 0)
        share_below.append(((negatives_below + there / 2) / n, here))
        share_above.append(((m - positives_below - here / 2) / m, there))
        negatives_below, positives_below = negatives_below + there, positives_below + here
    auc = sum(share * count for share, count in share_below) / m
    variance = math.nan
    if m > 1 and n > 1:
        variance = _spread(share_below, auc, m) / m + _spread(share_above, auc, n) / n
    return _Area(min(1.0, auc), m, n, variance)


def _spread(shares: list[tuple[float, int]], mean: float, total: int) -> float:
    return sum(count * (share - mean) ** 2 for share, count in shares) / (total - 1)
