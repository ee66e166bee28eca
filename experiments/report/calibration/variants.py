"""Rows taken out beside the same dataset as composed, on the same seeds and questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from checks.stats import Interval, over_seeds
from experiments.report.calibration.designs import base_of
from experiments.report.calibration.measured import MeasuredArm
from experiments.report.calibration.tables import VariantDifference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def variants_of(arms: Sequence[MeasuredArm]) -> list[VariantDifference]:
    """Return what taking rows out did to each arm of an experiment whose dataset as composed was trained, too."""
    found = [_difference(arm, *base) for arm in arms if (base := base_of(arm, arms)) is not None]
    return [each for each in found if each is not None]


def _difference(arm: MeasuredArm, base: MeasuredArm, variant: str) -> VariantDifference | None:
    seeds = [run.result.seed for run in arm.runs]
    others = [run.result.seed for run in base.runs]
    common = [seed for seed in seeds if seed in others]
    if not common or arm.asked != base.asked:
        return None
    places = ([seeds.index(seed) for seed in common], [others.index(seed) for seed in common])
    sign = -1 if arm.two_way else 1
    return VariantDifference(
        arm=arm.name,
        base=base.name,
        variant=variant,
        seeds=len(common),
        predicted=arm.rate(arm.share) - base.rate(base.share),
        probability=_paired(sign * (arm.p_gold[places[0]] - base.p_gold[places[1]])),
        accuracy=_paired(sign * (arm.correct[places[0]] - base.correct[places[1]])),
    )


def _paired(differences: NDArray[np.floating[Any]]) -> Interval:
    return over_seeds(differences.tolist(), differences=True).estimate
