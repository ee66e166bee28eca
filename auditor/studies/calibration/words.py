"""How the calibration's Markdown writes intervals, ranges and errors."""

from __future__ import annotations

from auditor.studies.clean_result.words import limits, percent
from checks.stats import Interval


def interval(found: Interval) -> str:
    """Return a rate as ``6.6% (4.2% to 9.0%)``."""
    return f"{percent(found.estimate)} ({limits(found)})"


def ends(low: float, high: float) -> str:
    """Return a range of rates as ``4.2% to 9.0%``."""
    return f"{percent(low)} to {percent(high)}"


def points(found: Interval) -> str:
    """Return a mean error as ``2.7 points (95% interval 2.2 to 3.2, pigeonhole bootstrap)``."""
    return (
        f"{100 * found.estimate:.1f} points (95% interval {100 * found.low:.1f} to "
        f"{100 * found.high:.1f}, {found.method})"
    )


def difference(found: Interval) -> str:
    """Return a difference as ``-7.0 (-9.4 to -5.2)``, in points."""
    return f"{100 * found.estimate:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"
