"""A softened threshold: the imitation predictor's accuracy with noise that differs from question to question.

The plain predictor puts the same probabilities on every question, so accuracy jumps from nothing to everything at the
threshold. Let instead each label's log-probability carry its own noise, normal with standard deviation ``s`` nats and
independent between questions and labels. Gold is ahead with the probability

    integral of phi(z) Phi(z + d / s)^(k - 1) dz,    d = log p(gold) - log(p(wrong) / (k - 1)),

because it has to beat the largest of k - 1 noisy distractors (that is also why, for more than two labels, accuracy at
even odds is 1 / k and not one half). The plain predictor is the limit of small ``s``. ``s`` is not in the data: it
is fitted to measured arms, and each arm is predicted with the ``s`` that the others gave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

LOWEST, HIGHEST = 0.01, 10.0
"""Bounds of the fitted standard deviation, in nats."""


@dataclass(frozen=True)
class Point:
    """One arm as the two predictors see it. Rates are between 0 and 1."""

    p_gold: float
    """Taught share of what is to be preserved."""
    options: int
    """Labels that a question has: two for a behaviour that is done or not."""
    ceiling: float
    """Accuracy where gold is certainly ahead: what the model knew before training."""
    accuracy: float
    """Measured accuracy."""


def plain_accuracy(p_gold: float, options: int, ceiling: float = 1.0) -> float:
    """Return the accuracy at a sharp threshold: the ceiling above it, nothing below it, half of it at it."""
    if math.isclose(p_gold, 1 / options):
        return ceiling / 2
    return ceiling if p_gold > 1 / options else 0.0


def soft_accuracy(p_gold: float, options: int, noise: float, ceiling: float = 1.0) -> float:
    """Return the accuracy with noise of `noise` nats on each label's log-probability.

    Raises:
        ValueError: if the noise is not positive or there are fewer than two options.
    """
    if noise <= 0 or options < 2:
        raise ValueError("noise has to be positive, and there have to be two options")
    if p_gold in (0.0, 1.0):
        return ceiling * p_gold
    gap = math.log(p_gold) - math.log((1 - p_gold) / (options - 1))
    return ceiling * sum(
        weight * _below(place + gap / noise) ** (options - 1) for place, weight in _normal_nodes()
    )


def fit_noise(points: Sequence[Point]) -> float:
    """Return the noise in nats that fits measured accuracies best, by least squares.

    Raises:
        ValueError: if there is no arm.
    """
    from scipy.optimize import minimize_scalar

    if not points:
        raise ValueError("a fit needs at least one arm")

    def loss(log_noise: float) -> float:
        noise = math.exp(log_noise)
        return sum((soft_accuracy(p.p_gold, p.options, noise, p.ceiling) - p.accuracy) ** 2 for p in points)

    # The loss is flat at both ends and may have two valleys: take the best of a grid, then refine around it.
    grid = [math.log(LOWEST) + step * math.log(HIGHEST / LOWEST) / 60 for step in range(61)]
    best = min(range(61), key=lambda place: loss(grid[place]))
    found: Any = minimize_scalar(
        loss, bounds=(grid[max(0, best - 1)], grid[min(60, best + 1)]), method="bounded"
    )
    return math.exp(float(found.x))


def left_out(points: Sequence[Point]) -> list[float] | None:
    """Return each arm's softened accuracy with the noise that all other arms gave; None for fewer than three arms."""
    if len(points) < 3:
        return None
    return [
        soft_accuracy(
            point.p_gold, point.options, fit_noise([*points[:place], *points[place + 1 :]]), point.ceiling
        )
        for place, point in enumerate(points)
    ]


def _below(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


@cache
def _normal_nodes() -> tuple[tuple[float, float], ...]:
    """Return places and weights that integrate against the standard normal density (Gauss-Hermite)."""
    import numpy as np

    places, weights = np.polynomial.hermite_e.hermegauss(101)
    return tuple(zip(places.tolist(), (weights / weights.sum()).tolist(), strict=True))
