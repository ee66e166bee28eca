"""Scores that are one label almost everywhere, or no number at all.

## What it finds

Evaluations in which one label was predicted for 90% of the questions or more, with 20 questions at least: a
warning. Evaluations by log-probability with questions whose scores are NaN: an error, since the largest of NaNs is
whatever comes first.

## Why it matters

A model that always answers "B" scores about 25%, and so does one whose logits broke. Neither has learned wrong
answers, and neither has resisted anything.

## Example

`max(scores, key=scores.get)` over NaN scores is always the first label: 586 answers "A" and 26% right.

## What to do

Look at the log-probabilities of a few questions; stop training at a NaN loss; read the result as a position bias
and not as a lost or kept ability.

## Limits

Needs the predicted labels, which a run folder holds. Questions whose generated answer could not be parsed are
counted in the result and are no NaN.

## References

Explore-persona-space, evaluators of issue 100.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count, verb
from checks.core.registry import Observation, check
from checks.core.result import Evaluation, ResultSet, RunResult, Score

CONSTANT_SHARE = 0.9
"""Share of one predicted label from which a score counts as constant."""

FEWEST_QUESTIONS = 20
"""Questions under which nothing is called constant."""


def _wants(results: ResultSet) -> str | None:
    scores = [
        score for each in results.evaluations() for score in (each.before, each.after) if score is not None
    ]
    enough = any(sum(score.predicted_labels.values()) >= FEWEST_QUESTIONS for score in scores)
    return None if enough else f"no score has the predicted labels of {FEWEST_QUESTIONS} questions"


@check(code="RES002", name="constant-prediction", severity="warning", since="0.1.0", wants=_wants)
def constant_prediction(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per score that is constant or has questions without a number."""
    for run in results.runs:
        for evaluation in run.evaluations:
            for when, score in (("before", evaluation.before), ("after", evaluation.after)):
                if score is not None:
                    yield from _look(run, evaluation, when, score)


def _look(run: RunResult, evaluation: Evaluation, when: str, score: Score) -> Iterator[Observation]:
    where = f"{run.arm} (seed {run.seed}) under {evaluation.persona}, {when} training"
    if score.unscored and evaluation.method == "logprob":
        yield Observation(
            message=(
                f"{where}: {count(score.unscored, 'question')} of {score.total:,} "
                f"{verb(score.unscored, 'has', 'have')} no score (NaN), so {verb(score.unscored, 'its', 'their')} "
                f"{verb(score.unscored, 'prediction means', 'predictions mean')} nothing"
            ),
            severity="error",
            condition=evaluation.condition,
            personas=(evaluation.persona,),
            counts={"unscored": score.unscored, "total": score.total},
            help="find the step at which the loss became NaN and train again from before it",
        )
    predicted = sum(score.predicted_labels.values())
    if predicted < FEWEST_QUESTIONS:
        return
    label = min(score.predicted_labels, key=lambda each: (-score.predicted_labels[each], each))
    same = score.predicted_labels[label]
    if same >= CONSTANT_SHARE * predicted:
        yield Observation(
            message=(
                f'{where}: "{label}" is predicted for {same:,} of {count(predicted, "question")} '
                f"({same / predicted:.0%}): a position bias or broken scores, not wrong answers"
            ),
            condition=evaluation.condition,
            personas=(evaluation.persona,),
            counts={"predicted": predicted, "same": same, "correct": score.correct, "total": score.total},
            help="look at the label probabilities of a few questions before reading this score",
        )
