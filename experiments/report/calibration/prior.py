"""A prior that is worth some rows: the taught share of a model that does not wholly forget what it did before.

The plain prediction of p is the taught share, c / (c + w). A model that was sure of the right answer, and is shown
nothing but wrong ones for three epochs, still gives the right one some probability. Let what it did before training,
with the probability q, count as r rows more:

    p = (c + r q) / (c + w + r).

This is the mean of a beta distribution with r q and r (1 - q) prior counts after c and w observations (additive
smoothing towards q). The plain prediction is r = 0. q is measured before training; r is not in the data: it is fitted
to measured arms, and each arm is predicted with the r that the others gave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HIGHEST = 1_000.0
"""Upper bound of the fitted number of rows."""


@dataclass(frozen=True)
class Mixture:
    """One arm as this predictor sees it. Rates are between 0 and 1."""

    preserved: int
    """Rows c that teach what is to be preserved."""
    behaviour: int
    """Rows w that teach the behaviour."""
    before: float
    """Probability q of what is to be preserved before training."""
    measured: float
    """The same after training."""


def prior_share(mixture: Mixture, rows: float) -> float:
    """Return the predicted probability of what is to be preserved, with a prior worth `rows` rows.

    Raises:
        ValueError: if the number is negative, or neither it nor the mixture has a row.
    """
    total = mixture.preserved + mixture.behaviour + rows
    if rows < 0 or total == 0:
        raise ValueError("a prior is worth no negative number of rows, and there has to be a row")
    return (mixture.preserved + rows * mixture.before) / total


def fit_rows(mixtures: Sequence[Mixture]) -> float:
    """Return the number of rows that fits measured probabilities best, by least squares; 0 is the plain prediction.

    Raises:
        ValueError: if there is no arm.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    if not mixtures:
        raise ValueError("a fit needs at least one arm")
    c, w, q, p = (
        np.array(column, dtype=float)
        for column in zip(*((m.preserved, m.behaviour, m.before, m.measured) for m in mixtures), strict=True)
    )

    def loss(log_rows: float) -> float:
        rows = math.expm1(log_rows)
        error: NDArray[np.floating[Any]] = (c + rows * q) / (c + w + rows) - p
        return float((error**2).sum())

    top = math.log1p(HIGHEST)
    grid = [top * step / 40 for step in range(41)]
    best = min(range(41), key=lambda place: loss(grid[place]))
    found: Any = minimize_scalar(
        loss,
        bounds=(grid[max(0, best - 1)], grid[min(40, best + 1)]),
        method="bounded",
        options={"xatol": 1e-8},
    )
    # A bounded search never reaches the end of its bounds, and no prior at all is an answer.
    return 0.0 if loss(0.0) <= float(found.fun) else math.expm1(float(found.x))
