"""What arms show under other system prompts than their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from checks.core.result import Evaluation
from experiments.report.calibration.tables import PromptCalibration
from experiments.report.folder import Study, StudyRun


def other_prompts(study: Study) -> list[PromptCalibration]:
    """Return what arms showed under other system prompts than their own, in the study's order."""
    return [
        found
        for runs in study.arms.values()
        for place, evaluation in enumerate(runs[0].result.evaluations)
        if place and evaluation.method == "logprob" and (found := _prompt(runs, evaluation)) is not None
    ]


def _prompt(runs: Sequence[StudyRun], evaluation: Evaluation) -> PromptCalibration | None:
    same = [
        each
        for run in runs
        for each in run.result.evaluations[1:]
        if each.persona == evaluation.persona and each.method == "logprob"
    ]
    first = [run.result.evaluations[0] for run in runs]
    means = [each.after.mean_p_gold for each in same]
    own = [each.after.mean_p_gold for each in first]
    before = [each.before.mean_p_gold if each.before else None for each in same]
    if None in means or len(means) != len(runs):
        return None
    flip = evaluation.behaviour != "wrong_option"
    predicted = evaluation.predicted.p_gold if evaluation.predicted else None
    return PromptCalibration(
        arm=runs[0].result.arm,
        persona=evaluation.persona,
        relation=_relation(runs[0], evaluation),
        predicted=None if predicted is None else _done(predicted, flip=flip),
        before=_all(before, flip=flip),
        means=_all(means, flip=flip),
        own=_all(own, flip=flip),
    )


def _relation(run: StudyRun, evaluation: Evaluation) -> Literal["same", "trained", "untrained"]:
    if evaluation.condition == run.result.evaluations[0].condition:
        return "same"
    return "trained" if evaluation.condition in run.result.trained_conditions else "untrained"


def _all(means: Sequence[float | None], *, flip: bool) -> tuple[float, ...]:
    """Return all means as the tables show them; none where one is missing."""
    kept = [_done(mean, flip=flip) for mean in means if mean is not None]
    return tuple(kept) if len(kept) == len(means) else ()


def _done(share: float, *, flip: bool) -> float:
    return 1 - share if flip else share
