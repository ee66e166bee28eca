"""Numbers that several arms go into: seeds and questions drawn with replacement, the same ones for all arms.

Arms share both, so that what one seed or one question does to one arm it does to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from checks.stats import Interval
from experiments.report.calibration.measured import MeasuredArm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.floating[Any]]

RESAMPLES = 2_000
"""How many times seeds and questions are drawn."""

Measure = Literal["p_gold", "correct"]

Draw = Callable[[Measure], "tuple[Table, Table]"]
"""Measure -> arms' means as they are (arms), and in each draw (draws x arms)."""


def drawn(arms: Sequence[MeasuredArm]) -> Draw:
    """Draw seeds and questions once for all arms of one shape; arms of another shape get draws of their own."""
    import numpy as np

    stream = np.random.RandomState(0)
    weights: dict[tuple[int, tuple[str, ...]], tuple[Any, Any]] = {}
    for arm in arms:
        seeds, asked = len(arm.p_gold), arm.asked
        if (seeds, asked) not in weights:
            weights[seeds, asked] = (
                stream.multinomial(seeds, [1 / seeds] * seeds, size=RESAMPLES),
                stream.multinomial(len(asked), [1 / len(asked)] * len(asked), size=RESAMPLES),
            )

    def means(measure: Measure) -> tuple[Table, Table]:
        tables: list[Table] = [getattr(arm, measure) for arm in arms]
        found: list[Table] = []
        for arm, table in zip(arms, tables, strict=True):
            by_seed, by_question = weights[len(table), arm.asked]
            found.append(((by_seed @ table) * by_question).sum(axis=1) / table.size)
        return np.array([table.mean() for table in tables]), np.array(found).T

    return means


def mean_error(
    draw: Draw, measure: Measure, predicted: Sequence[float], claimed: Sequence[int]
) -> Interval | None:
    """Return the mean absolute error over the claimed arms with its interval; None where none is claimed.

    Args:
        draw: The arms' draws.
        measure: What was predicted.
        predicted: What it was predicted to be, arm by arm.
        claimed: Places of the arms that count.
    """
    import numpy as np

    if not claimed:
        return None
    places = list(claimed)
    wanted = np.array(predicted)[places]
    whole, each = draw(measure)
    estimate = float(np.abs(whole[places] - wanted).mean())
    low, high = np.quantile(np.abs(each[:, places] - wanted).mean(axis=1), [0.025, 0.975])
    return Interval(
        estimate, min(estimate, float(low)), max(estimate, float(high)), 0.95, "pigeonhole bootstrap"
    )
