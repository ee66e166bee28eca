"""Ranges for a prediction whose width is learnt from measured errors, without a distribution (conformal prediction).

Runs come in groups: the seeds of one arm share its rows, its mixture and so most of its error, and two arms share
neither. What is assumed is that groups are exchangeable, and runs within a group; not that runs of two groups are. Each
of the G groups then counts as one, however many runs it has, and the next group is the (G + 1)-th, of which nothing is
known: its share of the mass lies at infinity. The quantile is thus taken of

    sum over groups g and their runs i of  delta(v_gi) / ((G + 1) n_g)  +  delta(infinity) / (G + 1).

Fewer than ``confidence / (1 - confidence)`` groups, 19 for 95%, cannot carry that confidence: the range then reaches to
the largest value, and holds for a run of a new group with the probability G / (G + 1) at least.

A library for this (MAPIE) would bring scikit-learn for one weighted quantile, and has none for groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class ConformalBound:
    """An upper bound for the value of a run of a new group."""

    value: float
    """The bound, in the values' unit."""
    guaranteed: float
    """Probability, at least, that a run of a new group stays within it, if groups are exchangeable."""
    groups: int
    """Groups that it was learnt from."""


def conformal_bound(groups: Sequence[Sequence[float]], *, confidence: float = 0.95) -> ConformalBound:
    """Return the bound that a run of a new group exceeds with the probability `1 - confidence` at most.

    Values that were measured with a prediction that used none of the groups (absolute errors of a prediction made
    from the data alone) give the range ``prediction +- bound``.

    Args:
        groups: For each group, its runs' values.
        confidence: Wanted coverage. Where there are too few groups for it, the bound is the largest value and
            `ConformalBound.guaranteed` says what it is good for.

    Raises:
        ValueError: if there is no group, one has no value, or the confidence is not between 0 and 1.

    Source: Y. Lee, R. F. Barber, R. Willett, Distribution-free inference with hierarchical data, arXiv 2306.06342,
    section 3. With one run in each group it is split conformal prediction: V. Vovk, A. Gammerman, G. Shafer,
    Algorithmic Learning in a Random World (2005), chapter 4.
    """
    count = len(groups)
    quantile = _quantile(groups, confidence, Fraction(1, count + 1) if count else Fraction(1))
    if quantile is None:
        return ConformalBound(max(max(group) for group in groups), count / (count + 1), count)
    return ConformalBound(quantile, confidence, count)


def pooled_bound(groups: Sequence[Sequence[float]], *, confidence: float = 0.95) -> ConformalBound:
    """Return the same quantile without the mass at infinity: right for many groups, too small for few.

    Its `guaranteed` is 0: nothing is guaranteed for a finite number of groups.

    Args:
        groups: As for `conformal_bound`.
        confidence: Wanted coverage.

    Raises:
        ValueError: likewise.

    Source: R. Dunn, L. Wasserman, A. Ramdas, Journal of the American Statistical Association 118 (2023) 2491-2502
    ("pooling CDFs").
    """
    quantile = _quantile(groups, confidence, Fraction(1, len(groups) or 1))
    if quantile is None:  # pragma: no cover - the weights add up to one, which no confidence reaches
        raise ValueError("the values' weights do not add up to one")
    return ConformalBound(quantile, 0.0, len(groups))


def conformal_interval(
    groups: Sequence[tuple[float, Sequence[float]]], *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return low and high end of a range for a prediction that is fitted to the groups (jackknife+), and its guarantee.

    Args:
        groups: For each group what the prediction is when fitted without it, and the absolute errors that this fit
            makes on the group's own runs.
        confidence: Wanted coverage.

    Returns:
        Low end, high end, and the probability that is guaranteed: ``1 - 2 a`` where ``1 - a`` is the confidence, or
        ``G / (G + 1)`` where the groups are too few for it. In practice coverage is near ``1 - a``.

    Raises:
        ValueError: if there is no group, one has no value, or the confidence is not between 0 and 1.

    Sources: R. F. Barber, E. J. Candes, A. Ramdas, R. J. Tibshirani, Annals of Statistics 49 (2021) 486-507; for
    groups Lee, Barber, Willett (as above).
    """
    highs = [[centre + error for error in errors] for centre, errors in groups]
    lows = [[error - centre for error in errors] for centre, errors in groups]
    high, low = (conformal_bound(each, confidence=confidence) for each in (highs, lows))
    return -low.value, high.value, max(0.0, 1 - 2 * (1 - high.guaranteed))


def _quantile(groups: Sequence[Sequence[float]], confidence: float, mass: Fraction) -> float | None:
    """Return the smallest value that has `confidence` of the mass at or below it; None where all have less."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, got {confidence}")
    if not groups or not all(groups):
        raise ValueError("a bound is learnt from one group or more, each with one value or more")
    # Exact, so that 19 groups reach 95% and rounding does not decide; 0.95 is meant, not the double beside it.
    wanted, reached = Fraction(str(confidence)), Fraction(0)
    for value, weight in sorted((value, mass / len(group)) for group in groups for value in group):
        reached += weight
        if reached >= wanted:
            return value
    return None
