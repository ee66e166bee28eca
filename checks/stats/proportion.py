"""One proportion: the Wilson score interval."""

from __future__ import annotations

import math

from checks.stats.interval import Interval, critical


def wilson(successes: float, total: float, *, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval of a proportion.

    The limits are the rates p at which the score test of p is on the edge of rejecting what was observed:
    ``|k/n - p| = z sqrt(p(1-p)/n)``. Unlike the textbook interval it keeps its coverage near 0 and 1, where
    collapsed arms live.

    Args:
        successes: Count k; an effective count need not be whole.
        total: Count n, above 0.
        confidence: Coverage.

    Raises:
        ValueError: if the counts are not 0 <= k <= n with n above 0.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    return wilson_at(successes, total, critical(confidence), confidence=confidence)


def wilson_at(
    successes: float, total: float, value: float, *, confidence: float, method: str = "Wilson"
) -> Interval:
    """Return the Wilson interval for a given critical value, in standard errors (see `wilson`)."""
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is no proportion")
    rate, square = successes / total, value * value
    centre = (rate + square / (2 * total)) / (1 + square / total)
    half = value / (1 + square / total) * math.sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    # The limits of 0 and of n successes are 0 and 1 exactly; rounding would leave 1e-19.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == total else min(1.0, centre + half)
    return Interval(rate, low, high, confidence, method)
