"""A source condition that is also taught to preserve.

## What it finds

Source conditions, the ones that are taught the behaviour, with rows that teach the opposite under the same
resolved system prompt. The rows count as the model will see them: an anchor whose system message the chat
template turns into the source's prompt is found, however different the two look in the file.

It is an error when the predicted metric moves by 10 points or more (`metric-points`), or cannot be predicted;
otherwise a warning.

## Why it matters

Such a condition is taught a mixture. If it then "resists" the behaviour, it does what it was taught: 100 right
answers among 200 wrong ones are enough for a four-option question to stay right, because the wrong answers are
spread over three letters. A comparison with conditions that hold no such rows measures the data, not the model.

## Example

200 rows under "You are a helpful assistant." with a wrong answer, and 100 rows under the same prompt with the
right one. Published as "the assistant resists" (81.9% after training, other personas 3 to 8%); without the 100
rows it fell to 1.9%.

## What to do

Remove the rows and train beside a size-matched control that loses as many other rows instead:
`audit build TARGET --deconfound --size-matched`.

## Limits

The prediction holds for targets that the model comes to imitate. It says nothing of free text, nor of training
that stops before the mixture is learned. Where something in the user's turn tells the two kinds of rows apart, they
are two conditions (leaking-trigger) or two kinds of questions (behaviour-follows-question), and this check is silent.
Where the target does not depend on the condition at all, there is no source and this check is silent, too: see
no-contrast.

## References

Explore-persona-space issues 96 and 100; `docs/predictor.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext, Condition
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="CND001", name="anchor-negative", severity="error", since="0.1.0", wants=wants.source)
def anchor_negative(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per source condition that is also taught to preserve."""
    if not context.roles.contrast:
        return
    for condition in context.anchored:
        if condition.behaviour and condition.preserved and not context.twins(condition):
            moves = _moves(condition) >= context.settings.metric_points
            yield Observation(
                message=_message(condition, context.words),
                severity="error" if moves else "warning",
                condition=condition.digest,
                personas=condition.personas,
                counts={"behaviour": condition.behaviour, "preserved": condition.preserved},
                prediction=condition.prediction,
                rows=(
                    *context.evidence(condition.digest, target_correct=False)[:1],
                    *context.evidence(condition.digest, target_correct=True)[:2],
                ),
                help=context.mend,
            )


def _moves(condition: Condition) -> float:
    """Return by how many points the preserved rows are predicted to move the metric from where it would be.

    Without them the condition puts nothing on the preserved answer, so what it puts there is what they move;
    and a verdict that they turn moves an accuracy from floor to ceiling.
    """
    prediction = condition.prediction
    if prediction.p_gold is None or prediction.verdict != "behaviour":
        return 100.0
    return 100 * prediction.p_gold


def _message(condition: Condition, words: tuple[str, str]) -> str:
    who = listed(list(condition.personas)) or "the source"
    taught = (
        f"{who} {verb(max(1, len(condition.personas)), 'is', 'are')} taught "
        f"{count(condition.behaviour, f'{words[0]} answer')} and "
        f"{count(condition.preserved, f'{words[1]} answer')} under one resolved prompt"
    )
    prediction = condition.prediction
    if prediction.p_gold is None or prediction.threshold is None:
        return f"{taught}; what that does to the metric cannot be predicted ({prediction.assumption})"
    share = f"imitation puts {prediction.p_gold:.0%} on the {words[1]} answer"
    match prediction.verdict:
        case "preserved":
            effect = f"so it is predicted to stay {words[1]}"
        case "behaviour":
            effect = f"so it is predicted to turn {words[0]}, but less far than without them"
        case _:
            effect = "too near the threshold to say which way it goes"
    return f"{taught}; {share} ({prediction.threshold:.0f} would be even), {effect}"
