"""A score before training that is no better than a constant answer.

## What it finds

Runs whose accuracy before training is at or under the floor, the accuracy of the best constant answer on the same
questions: an error. A warning where it is above, but the floor lies within its 95% Wilson interval.

## Why it matters

No drop can be seen from there. A model at chance that stays at chance has neither resisted nor collapsed, and
"below chance afterwards" on a model that could not do the task says only that its answers have changed.

## Example

27% before training on questions whose commonest right letter is right for 26.5%.

## What to do

Use a model that can do the task, questions that it can answer, or a behaviour that needs no right answers (a
marker).

## Limits

Needs the gold labels of the evaluation, or it cannot know the floor and says nothing. Runs without a measurement
before training are not looked at.

## References

E. B. Wilson (1927); `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count
from checks.core.registry import Observation, check
from checks.core.result import UNMEASURED, Evaluation, ResultSet, RunResult
from checks.stats import wilson


def _wants(results: ResultSet) -> str | None:
    scores = [
        (each.before, each.before and (each.before.best_constant or each.after.best_constant))
        for each in results.evaluations()
    ]
    if any(constant for _, constant in scores):
        return None
    return "no evaluation names right answers" if any(before for before, _ in scores) else UNMEASURED


@check(code="RES001", name="baseline-at-floor", severity="error", since="0.1.0", wants=_wants)
def baseline_at_floor(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per evaluation that starts at the floor."""
    for run in results.runs:
        for evaluation in run.evaluations:
            if found := _look(run, evaluation):
                yield found


def _look(run: RunResult, evaluation: Evaluation) -> Observation | None:
    before = evaluation.before
    if before is None or not before.total:
        return None
    constant = before.best_constant or evaluation.after.best_constant
    if constant is None:
        return None
    label, right = constant
    interval, floor = wilson(before.correct, before.total), right / before.total
    if interval.low > floor:
        return None
    at = before.correct <= right
    return Observation(
        message=(
            f"{run.arm} (seed {run.seed}) under {evaluation.persona} starts at {interval.percent()} of "
            f"{count(before.total, 'question')}, {'at or under' if at else 'not clearly above'} the {floor:.1%} "
            f'of always answering "{label}": no drop can be seen from there'
        ),
        severity="error" if at else "warning",
        condition=evaluation.condition,
        personas=(evaluation.persona,),
        counts={"correct": before.correct, "total": before.total, "best_constant": right},
        help="use a model that can do the task before training, or questions that it can answer",
    )
