"""How much of what a condition is taught arrives: too little training, rows known by heart, knowledge forgotten.

Each is a share between 0 and 1 with a range, monotone in what it is made from, and a sentence that says why. The
derivation and what the numbers were fitted to are in ``docs/predictor.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.prediction.fitted import Parameters
from checks.prediction.training import Training

LONG_ANSWER = 16
"""Tokens with loss in an answer from which it counts as long."""


@dataclass(frozen=True)
class Share:
    """A share with its range."""

    low: float
    """Lower end."""
    mid: float
    """What is most likely."""
    high: float
    """Upper end."""

    @property
    def width(self) -> float:
        """How much is left open."""
        return self.high - self.low


ALL = Share(1.0, 1.0, 1.0)
"""Everything arrives."""


def learnt(dose: float, *, long: bool | None, given: Parameters) -> Share:
    """Return the share of a mixture that a dose gets across.

    Args:
        dose: `Training.dose` of the condition's rows.
        long: Whether the token at which answers part is one among many that carry loss; None where it may be either.
        given: The fitted parameters.
    """
    least = given.short_dose if long is False else given.long_dose
    most = given.long_dose if long else given.short_dose
    return Share(
        low=_risen(dose / (least * given.dose_spread), given.steepness),
        mid=_risen(dose / (least * most) ** 0.5, given.steepness),
        high=_risen(dose / (most / given.dose_spread), given.steepness),
    )


def by_heart(passes: float, *, given: Parameters) -> Share:
    """Return the share of what is learnt that are rows and not the rule.

    Args:
        passes: How often training sees each question of the condition, epochs included.
        given: The fitted parameters.
    """
    ratio = passes / given.heart_passes
    return Share(
        low=_risen(ratio / given.heart_spread, 2),
        mid=_risen(ratio, 2),
        high=_risen(ratio * given.heart_spread, 2),
    )


def forgets(training: Training, given: Parameters) -> bool | None:
    """Return whether a learning rate is one at which a model forgets what it knew; None where that is not known."""
    if training.learning_rate is None or training.width is None:
        return None
    return training.learning_rate * training.width >= given.fast_rate


def _risen(ratio: float, power: float) -> float:
    return 0.0 if ratio <= 0 else 1 / (1 + ratio**-power)
