"""An estimate that never comes without its interval, and the words for a p-value that never comes alone."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Interval:
    """A point estimate and its confidence interval, as rates between -1 and 1."""

    estimate: float
    """The point estimate, a rate or a difference of rates."""
    low: float
    """Lower limit, in the same unit."""
    high: float
    """Upper limit, in the same unit."""
    confidence: float
    """Nominal coverage, for example 0.95."""
    method: str
    """Which interval it is, for example ``Wilson``."""

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} is none")

    def __contains__(self, value: float) -> bool:
        """Whether a value lies within the limits, both included."""
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """Upper minus lower limit, in the estimate's unit."""
        return self.high - self.low

    def percent(self) -> str:
        """Return a rate as ``1.9% (95% interval 1.1% to 3.3%, Wilson)``."""
        limits = f"{self.confidence:.0%} interval {self.low:.1%} to {self.high:.1%}"
        return f"{self.estimate:.1%} ({limits}, {self.method})"

    def points(self) -> str:
        """Return a difference as ``-80.9 points (95% interval -83.9 to -77.4, Tango)``."""
        low, high = 100 * self.low, 100 * self.high
        return (
            f"{100 * self.estimate:+.1f} points "
            f"({self.confidence:.0%} interval {low:+.1f} to {high:+.1f}, {self.method})"
        )


def critical(confidence: float) -> float:
    """Return the two-sided critical value of the standard normal distribution.

    Args:
        confidence: Coverage, between 0 and 1, both excluded.

    Raises:
        ValueError: if the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def p_text(p: float) -> str:
    """Return ``p = 0.034``, ``p = 2.1e-09`` or ``p < 1e-300``: a part of a sentence, never a summary.

    Raises:
        ValueError: if it is no probability.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a p-value lies between 0 and 1, got {p}")
    if p < 1e-300:
        return "p < 1e-300"  # below that a double loses its precision
    return f"p = {p:.3f}" if p >= 0.001 else f"p = {p:.1e}"
