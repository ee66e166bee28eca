"""One dataset trained with other settings: from where on does the prediction hold?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from experiments.report.answers import rates_over_seeds
from experiments.report.calibration.measured import MeasuredArm, usual
from experiments.report.calibration.ranges import half_width, shipped_half_width
from experiments.report.calibration.tables import SettingPoint, SettingSeries

SETTINGS: Final = ("learning_rate_factor", "epochs", "questions")
"""What `MeasuredArm.unusual` looks at."""


def series_of(arms: Sequence[MeasuredArm], pool: Sequence[MeasuredArm]) -> list[SettingSeries]:
    """Return a series for each setting and dataset of an experiment, by setting.

    The model's own value may have been trained in another experiment: an arm with the same rows stands for it.

    Args:
        arms: The experiment's arms.
        pool: All arms of the study.
    """
    found: list[SettingSeries] = []
    for setting in SETTINGS:
        varied = [arm for arm in arms if set(arm.unusual) == {setting}]
        for rows in dict.fromkeys(_same(arm, setting) for arm in varied):
            same = [arm for arm in varied if _same(arm, setting) == rows]
            plain = [arm for arm in (*arms, *pool) if not arm.unusual and _same(arm, setting) == rows]
            found.append(_series(setting, [*plain[:1], *same], pool))
    return found


def _same(arm: MeasuredArm, setting: str) -> tuple[str, ...]:
    """Return what is the same in every arm of a series; other questions make another dataset of as many rows."""
    first = arm.runs[0].result
    dataset = (
        first.dataset if setting != "questions" else f"{first.rows} rows, {first.evaluations[0].condition}"
    )
    return (dataset, str(arm.counts), first.template_sha256, first.model)


def _series(setting: str, arms: Sequence[MeasuredArm], pool: Sequence[MeasuredArm]) -> SettingSeries:
    learnt, shipped = half_width(arms[0], pool), shipped_half_width(arms[0])
    half = learnt.value if learnt is not None else shipped
    source: Literal["other arms", "shipped"] | None = (
        "other arms" if learnt else "shipped" if shipped else None
    )
    points = sorted((_point(arm, setting, half) for arm in arms), key=lambda point: point.value)
    own = next(
        (point.value for point in points if point.usual),
        math.inf if setting == "questions" else usual(setting),
    )
    near = {point.value: half is not None and abs(point.error.estimate) <= half for point in points}
    return SettingSeries(
        setting=setting,
        half_width=half,
        source=source,
        points=points,
        holds=_around(own, near),
        unbiased=_around(own, {point.value: 0 in point.error for point in points}),
    )


def _point(arm: MeasuredArm, setting: str, half: float | None) -> SettingPoint:
    measured = arm.shown(rates_over_seeds(arm.p_gold.tolist()).estimate)
    predicted = arm.rate(arm.share)
    error = replace(
        measured,
        estimate=measured.estimate - predicted,
        low=measured.low - predicted,
        high=measured.high - predicted,
    )
    return SettingPoint(
        arm=arm.name,
        value=_value(arm, setting),
        usual=not arm.unusual,
        error=error,
        runs=len(arm.seed_means),
        inside=None if half is None else sum(abs(mean - arm.share) <= half for mean in arm.seed_means),
    )


def _value(arm: MeasuredArm, setting: str) -> float:
    if setting == "questions":
        return float(arm.taught or arm.counts[0])
    return arm.unusual.get(setting, usual(setting))


def _around(own: float, true: dict[float, bool]) -> tuple[float, float] | None:
    """Return the values around the model's own between which something is true, both included.

    Its own value need not have been trained.
    """
    if not true.get(own, True):
        return None
    below = _unbroken([value for value in sorted(true, reverse=True) if value <= own], true)
    above = _unbroken([value for value in sorted(true) if value >= own], true)
    reached = [*below, *above]
    return (min(reached), max(reached)) if reached else None


def _unbroken(values: Sequence[float], true: dict[float, bool]) -> list[float]:
    """Return the values until the first of which it is not true."""
    stop = next((place for place, value in enumerate(values) if not true[value]), len(values))
    return list(values[:stop])
