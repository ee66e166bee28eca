"""Predicted before training against measured after it: errors, ranges that hold, and where the prediction is wrong.

Intervals of one arm are over seeds and questions, those of several arms' numbers draw both (`draws`). Ranges for a new
run are learnt from other arms (`ranges`). Mean errors are over the arms of which the predictor claims to say something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from experiments.report.answers import by_run, rates_over_seeds
from experiments.report.calibration.designs import design_of, words_of
from experiments.report.calibration.draws import drawn, mean_error
from experiments.report.calibration.measured import MeasuredArm, measure
from experiments.report.calibration.pairs import pairs_of
from experiments.report.calibration.prior import fit_rows
from experiments.report.calibration.prompts import other_prompts
from experiments.report.calibration.ranges import (
    coverage,
    distinct,
    others,
    prior_prediction,
    probability_range,
    softened_ranges,
)
from experiments.report.calibration.settings import series_of
from experiments.report.calibration.softened import fit_noise, left_out, plain_accuracy
from experiments.report.calibration.tables import (
    ArmCalibration,
    Calibration,
    CalibrationReport,
    KindCalibration,
    LearntRange,
    PromptCalibration,
    RangeCoverage,
)
from experiments.report.calibration.threshold import threshold
from experiments.report.calibration.variants import variants_of
from experiments.report.folder import Study

__all__ = [
    "ArmCalibration",
    "Calibration",
    "CalibrationReport",
    "KindCalibration",
    "LearntRange",
    "PromptCalibration",
    "RangeCoverage",
    "calibrate",
]


def calibrate(study: Study) -> CalibrationReport:
    """Return what a study says of its predictions; what was not predicted or kept is left out."""
    answers = by_run(study.answers)
    measured = {
        name: arm
        for names in study.experiments.values()
        for name in names
        if (arm := measure(study.arms[name], answers)) is not None
    }
    pool = distinct(list(measured.values()))
    found: list[Calibration] = []
    for experiment, names in study.experiments.items():
        for two_way in (False, True):
            arms = [
                measured[name] for name in names if name in measured and measured[name].two_way is two_way
            ]
            if arms:
                found.append(_calibration(experiment, arms, pool))
    said = {arm.arm: arm for each in found for arm in each.arms}
    kinds = [
        _kind([(arm, said[arm.name]) for arm in claimed], pool)
        for two_way in (False, True)
        for mixed in (True, False)
        if (
            claimed := [
                arm
                for arm in pool
                if (arm.two_way, arm.mixed) == (two_way, mixed) and arm.not_claimed is None
            ]
        )
    ]
    return CalibrationReport(experiments=found, kinds=kinds, other_prompts=other_prompts(study))


def _kind(arms: Sequence[tuple[MeasuredArm, ArmCalibration]], pool: Sequence[MeasuredArm]) -> KindCalibration:
    """Return what all claimed arms of one kind say together."""
    measured, said = [arm for arm, _ in arms], [each for _, each in arms]
    draw, places = drawn(measured), range(len(arms))
    plain = mean_error(draw, "p_gold", [arm.share for arm in measured], places)
    prior = [arm.rate(each.prior_probability) for arm, each in arms if each.prior_probability is not None]
    decided = [each for each in said if each.as_verdict is not None]
    assert plain is not None  # noqa: S101  (there are arms)
    return KindCalibration(
        kind="two-way" if measured[0].two_way else "lettered",
        taught="both" if measured[0].mixed else "one",
        arms=len(arms),
        runs=sum(each.seeds for each in said),
        probability_error=plain,
        prior_error=mean_error(draw, "p_gold", prior, places) if len(prior) == len(arms) else None,
        verdicts=(sum(each.as_verdict or 0 for each in decided), sum(each.seeds for each in decided)),
        ranges=coverage(arms, pool),
    )


def _calibration(experiment: str, arms: list[MeasuredArm], pool: Sequence[MeasuredArm]) -> Calibration:
    design = design_of(arms)
    points = [arm.point for arm in arms]
    softened = left_out(points) if design == "dose" else None
    softened_in = softened_ranges(arms) if design == "dose" else [None] * len(arms)
    plain = [plain_accuracy(arm.share, arm.options, arm.ceiling) for arm in arms]
    draw, with_prior = drawn(arms), [prior_prediction(arm, pool) for arm in arms]
    prior = [share for share, _ in with_prior]
    claimed = [place for place, arm in enumerate(arms) if arm.not_claimed is None]
    return Calibration(
        experiment=experiment,
        design=design,
        two_way=arms[0].two_way,
        arms=[
            _one(
                arm,
                pool,
                Fitted(
                    *with_prior[place],
                    plain[place],
                    softened[place] if softened else None,
                    softened_in[place],
                ),
                words,
            )
            for place, (arm, words) in enumerate(zip(arms, words_of(design, arms), strict=True))
        ],
        probability_error=mean_error(draw, "p_gold", [arm.share for arm in arms], claimed),
        prior_error=None if None in prior else mean_error(draw, "p_gold", [p or 0.0 for p in prior], claimed),
        prior_rows=_prior_rows(arms[0], pool) if claimed and None not in prior else None,
        accuracy_error=mean_error(draw, "correct", plain, claimed),
        softened_error=mean_error(draw, "correct", softened, claimed) if softened else None,
        noise=fit_noise(points) if softened else None,
        threshold=threshold(arms, draw) if design == "dose" else None,
        series=series_of(arms, pool) if design == "setting" else [],
        pairs=pairs_of(arms) if design == "prompt" else [],
        variants=variants_of(arms) if design == "variant" else [],
    )


class Fitted(NamedTuple):
    """What is predicted of one arm beside the taught share, for what is to be preserved."""

    prior: float | None
    prior_range: LearntRange | None
    plain: float
    softened: float | None
    softened_range: LearntRange | None


def _prior_rows(arm: MeasuredArm, pool: Sequence[MeasuredArm]) -> float | None:
    """Return the rows that a prior is worth, fitted to an arm and all that its range may be learnt from."""
    own = [arm] if arm.not_claimed is None else []
    mixtures = [each.mixture for each in (*own, *others(arm, pool))]
    known = [mixture for mixture in mixtures if mixture is not None]
    return fit_rows(known) if known else None


def _one(arm: MeasuredArm, pool: Sequence[MeasuredArm], fitted: Fitted, words: str) -> ArmCalibration:
    low, high = arm.prediction.expected_accuracy or (0.0, 1.0)
    measured = arm.p_gold if arm.two_way else arm.correct
    ahead = [float(each) for each in arm.correct.mean(axis=1)]
    preserved = arm.prediction.verdict == "preserved"
    behaviour_rows, preserved_rows = arm.counts
    return ArmCalibration(
        arm=arm.name,
        differs=words,
        not_claimed=arm.not_claimed,
        seeds=len(arm.p_gold),
        questions=len(arm.asked),
        spread=arm.spread,
        behaviour=behaviour_rows,
        preserved=preserved_rows,
        predicted=arm.rate(arm.share),
        measured=arm.shown(rates_over_seeds(arm.p_gold.tolist()).estimate),
        by_seed=tuple(arm.rate(mean) for mean in arm.seed_means),
        predicted_range=probability_range(arm, pool),
        prior_probability=None if fitted.prior is None else arm.rate(fitted.prior),
        prior_range=fitted.prior_range,
        predicted_accuracy=arm.rate(fitted.plain),
        softened_accuracy=None if fitted.softened is None else arm.rate(fitted.softened),
        softened_range=fitted.softened_range,
        accuracy=arm.shown(rates_over_seeds(arm.correct.tolist()).estimate),
        expected=(arm.rate(high), arm.rate(low)) if arm.two_way else (low, high),
        covered=sum(low <= mean <= high for mean in measured.mean(axis=1).tolist()),
        verdict=arm.prediction.verdict,
        as_verdict=None
        if arm.prediction.verdict == "near threshold"
        else sum((rate > arm.ceiling / 2) is preserved for rate in ahead),
    )
