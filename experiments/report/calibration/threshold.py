"""Where along the doses accuracy reaches half of what the model can do, and where it was predicted to."""

from __future__ import annotations

from collections.abc import Sequence

from checks.stats import Interval
from experiments.report.calibration.draws import Draw
from experiments.report.calibration.measured import MeasuredArm
from experiments.report.calibration.tables import Threshold

DOSES = 3
"""Doses from which a threshold is looked for."""


def are_doses(arms: Sequence[MeasuredArm]) -> bool:
    """Whether arms are three doses or more: as many behaviour rows each, and no two with as many preserved ones."""
    doses = {arm.counts[1] for arm in arms}
    return len({arm.counts[0] for arm in arms}) == 1 and len(doses) == len(arms) >= DOSES


def threshold(arms: Sequence[MeasuredArm], draw: Draw) -> Threshold:
    """Return where accuracy reaches half of its ceiling along the doses.

    Args:
        arms: The doses (`are_doses`).
        draw: Their draws.
    """
    import numpy as np

    behaviour = arms[0].counts[0]
    order = sorted(range(len(arms)), key=lambda place: arms[place].counts[1])
    doses = [arms[place].counts[1] for place in order]
    share = [dose / (dose + behaviour) for dose in doses]
    level = sum(arm.ceiling for arm in arms) / len(arms) / 2
    whole, draws = draw("correct")
    place = crossing(share, whole[order].tolist(), level)
    predicted = behaviour / (arms[0].options - 1)
    if place is None:
        return Threshold(predicted=predicted, measured=None)
    # A draw without a crossing says that it lies beyond the doses: it counts as the outermost one.
    found = [_beyond(share, row, level) for row in draws[:, order].tolist()]
    low, high = np.quantile(found, [0.025, 0.975])
    estimate, lowest, highest = (
        float(behaviour * each / (1 - each)) for each in (place, min(place, low), max(place, high))
    )
    return Threshold(
        predicted=predicted, measured=Interval(estimate, lowest, highest, 0.95, "pigeonhole bootstrap")
    )


def _beyond(share: Sequence[float], accuracy: Sequence[float], level: float) -> float:
    place = crossing(share, accuracy, level)
    if place is not None:
        return place
    return share[0] if accuracy[0] >= level else share[-1]


def crossing(share: Sequence[float], accuracy: Sequence[float], level: float) -> float | None:
    """Return where rising accuracies cross a level, by straight lines between doses, or None where they do not.

    Args:
        share: Taught shares of what is to be preserved, rising.
        accuracy: Accuracy at each; made rising first (isotonic regression), because noise is no second crossing.
        level: The level.
    """
    from scipy.optimize import isotonic_regression

    rising: list[float] = isotonic_regression(accuracy).x.tolist()
    for (x, y), (next_x, next_y) in zip(
        zip(share, rising, strict=True), zip(share[1:], rising[1:], strict=True), strict=False
    ):
        if y < level <= next_y:
            return x + (next_x - x) * (level - y) / (next_y - y)
    return None
