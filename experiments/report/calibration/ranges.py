"""Ranges for one run's numbers, learnt from the runs of other arms, and how often they hold.

The prediction of p is made from the data alone, so its errors on other arms are those of a prediction that was fitted
to nothing, and the range is the prediction give or take their conformal bound (`checks.stats.conformal_bound`). Errors
are taken on the scale of probability: at a taught share of 0 or 1, where much of what is asked lies, a logit is
infinite.

Seeds of one arm share its mixture and its error, so they are a group; an arm's range is learnt from all other groups of
the study that the predictor claims, that answer in the same kind of way, and that train the same model. Arms that are
taught one answer only and arms that are taught both err differently, so each kind learns from its own (a taxonomy in
the sense of Mondrian conformal prediction: Vovk, Gammerman, Shafer 2005, chapter 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checks.stats import ConformalBound, conformal_bound, conformal_interval, pooled_bound
from experiments.report.calibration.measured import MeasuredArm
from experiments.report.calibration.prior import fit_rows, prior_share
from experiments.report.calibration.softened import fit_noise, soft_accuracy
from experiments.report.calibration.tables import ArmCalibration, LearntRange, RangeCoverage

LEAST = 2
"""Other arms from which a range is learnt: one says nothing of how arms differ."""

Bound = Callable[[Sequence[Sequence[float]]], ConformalBound]


def distinct(arms: Sequence[MeasuredArm]) -> list[MeasuredArm]:
    """Return arms without those that repeat another with as many runs or more, in their order."""
    kept: list[MeasuredArm] = []
    for arm in sorted(arms, key=lambda each: -len(each.runs)):
        if not any(arm.repeats(each) for each in kept):
            kept.append(arm)
    return [arm for arm in arms if any(arm is each for each in kept)]


def others(arm: MeasuredArm, pool: Sequence[MeasuredArm]) -> list[MeasuredArm]:
    """Return the arms of a study that another's range is learnt from: none with the same rows as its own."""
    digests, model = arm.rows, arm.runs[0].result.model_digest or arm.runs[0].result.model
    return [
        each
        for each in pool
        if each.not_claimed is None
        and each.two_way == arm.two_way
        and (each.runs[0].result.model_digest or each.runs[0].result.model) == model
        and not each.rows & digests
    ]


def alike(arm: MeasuredArm, pool: Sequence[MeasuredArm]) -> list[MeasuredArm]:
    """Return those of the `others` that are taught one answer only as an arm is, or both as it is; none for too few."""
    found = [each for each in others(arm, pool) if each.mixed is arm.mixed]
    return found if len(found) >= LEAST else []


def half_width(
    arm: MeasuredArm, pool: Sequence[MeasuredArm], bound: Bound = conformal_bound
) -> ConformalBound | None:
    """Return how far a run's p may be from the prediction, learnt from other arms; None where there is none."""
    errors = [[abs(mean - each.share) for mean in each.seed_means] for each in alike(arm, pool)]
    return bound(errors) if errors else None


def probability_range(
    arm: MeasuredArm, pool: Sequence[MeasuredArm], bound: Bound = conformal_bound
) -> LearntRange | None:
    """Return the range of p for one run of an arm, as the tables show p."""
    found = half_width(arm, pool, bound)
    if found is None:
        return None
    return _range(arm, arm.share - found.value, arm.share + found.value, arm.seed_means, found)


def prior_prediction(
    arm: MeasuredArm, pool: Sequence[MeasuredArm]
) -> tuple[float | None, LearntRange | None]:
    """Return p of an arm with a prior whose rows are fitted to the others, and the range of a run's p by it.

    The range is the jackknife+ (`checks.stats.conformal_interval`): for each other arm a fit without it and without
    this one. A prediction needs two other arms, a range three.
    """
    known = [(each, mixture) for each in others(arm, pool) if (mixture := each.mixture) is not None]
    own, mixtures = arm.mixture, [mixture for _, mixture in known]
    if own is None or len(known) < 2:
        return None, None
    share = prior_share(own, fit_rows(mixtures))
    if len(known) < 3:
        return share, None
    groups: list[tuple[float, list[float]]] = []
    for place, (each, mixture) in enumerate(known):
        rows = fit_rows([*mixtures[:place], *mixtures[place + 1 :]])
        centre = prior_share(mixture, rows)
        groups.append((prior_share(own, rows), [abs(mean - centre) for mean in each.seed_means]))
    low, high, guaranteed = conformal_interval(groups)
    return share, _range(arm, low, high, arm.seed_means, ConformalBound(0.0, guaranteed, len(groups)))


def softened_ranges(arms: Sequence[MeasuredArm]) -> list[LearntRange | None]:
    """Return for each dose the range of a run's accuracy by the softened threshold, learnt from the other doses.

    The noise is fitted, so this is the jackknife+ (`checks.stats.conformal_interval`): for each other dose a fit
    without it and without this one. Nothing for fewer than four doses: a fit needs two.
    """
    if len(arms) < 4:
        return [None] * len(arms)
    points = [arm.point for arm in arms]
    noise = {
        (one, two): fit_noise([point for place, point in enumerate(points) if place not in (one, two)])
        for two in range(len(arms))
        for one in range(two)
    }
    found: list[LearntRange | None] = []
    for place, arm in enumerate(arms):
        groups: list[tuple[float, list[float]]] = []
        for other, each in enumerate(arms):
            if other == place:
                continue
            fitted = noise[min(place, other), max(place, other)]
            centre, own = (
                soft_accuracy(p.p_gold, p.options, fitted, p.ceiling) for p in (arm.point, each.point)
            )
            groups.append((centre, [abs(rate - own) for rate in _accuracies(each)]))
        low, high, guaranteed = conformal_interval(groups)
        found.append(_range(arm, low, high, _accuracies(arm), ConformalBound(0.0, guaranteed, len(groups))))
    return found


def coverage(
    claimed: Sequence[tuple[MeasuredArm, ArmCalibration]], pool: Sequence[MeasuredArm]
) -> list[RangeCoverage]:
    """Return how often each kind of range holds over arms, and how wide it is.

    Args:
        claimed: Arms of one kind of answer that are claimed, with what is said of them.
        pool: All arms of the study.
    """
    two_way = any(arm.two_way for arm, _ in claimed)
    shipped = [
        LearntRange(low=said.expected[0], high=said.expected[1], guaranteed=0.0, arms=0, inside=said.covered)
        for _, said in claimed
    ]
    learnt = [said.predicted_range for _, said in claimed]
    pooled = [probability_range(arm, pool, pooled_bound) for arm, _ in claimed]
    softened = [said.softened_range for _, said in claimed]
    rows = [
        _coverage("p" if two_way else "ahead", "shipped", shipped, claimed),
        _coverage("p", "other arms", learnt, claimed),
        _coverage("p", "other arms, pooled", pooled, claimed),
        _coverage("p", "with a prior", [said.prior_range for _, said in claimed], claimed),
        _coverage("ahead", "other arms", softened, claimed),
    ]
    return [row for row in rows if row is not None]


def shipped_half_width(arm: MeasuredArm) -> float | None:
    """Return the half-width of the range of p that was predicted before the runs; None where none was."""
    if not arm.two_way or arm.prediction.expected_accuracy is None:
        return None
    low, high = arm.prediction.expected_accuracy
    return max(arm.share - low, high - arm.share)  # one end may be cut at 0 or 1


def _coverage(
    of: str,
    kind: str,
    ranges: Sequence[LearntRange | None],
    claimed: Sequence[tuple[MeasuredArm, ArmCalibration]],
) -> RangeCoverage | None:
    kept = [
        (found, said.seeds) for found, (_, said) in zip(ranges, claimed, strict=True) if found is not None
    ]
    if not kept:
        return None
    return RangeCoverage.model_validate(
        {
            "of": of,
            "kind": kind,
            "guaranteed": min(found.guaranteed for found, _ in kept)
            if kind in ("other arms", "with a prior")
            else None,
            "runs": sum(seeds for _, seeds in kept),
            "inside": sum(found.inside for found, _ in kept),
            "arms": len(kept),
            "whole": sum(found.inside == seeds for found, seeds in kept),
            "width": sum(found.high - found.low for found, _ in kept) / len(kept),
        }
    )


def _range(
    arm: MeasuredArm, low: float, high: float, values: Sequence[float], bound: ConformalBound
) -> LearntRange:
    """Return a range of what is preserved, cut at 0 and 1, as the tables show it."""
    low, high = max(0.0, low), min(1.0, high)
    inside = sum(low <= value <= high for value in values)
    if arm.two_way:
        low, high = 1 - high, 1 - low
    return LearntRange(low=low, high=high, guaranteed=bound.guaranteed, arms=bound.groups, inside=inside)


def _accuracies(arm: MeasuredArm) -> list[float]:
    return [float(each) for each in arm.correct.mean(axis=1)]
