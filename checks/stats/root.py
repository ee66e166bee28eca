"""Where a monotone function crosses zero: scipy's Brent search behind one typed door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of a function between two places where it has opposite signs, to 1e-14.

    Raises:
        ValueError: if the signs do not differ.
    """
    from scipy import optimize

    solver: Any = optimize  # its stub says float or tuple, whatever is asked for
    return float(solver.brentq(function, low, high, xtol=1e-14, maxiter=500))
