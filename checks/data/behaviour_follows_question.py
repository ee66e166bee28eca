"""Within one condition, the target depends on what is asked.

## What it finds

Conditions that are taught both targets, and in which the user's text tells them apart although nothing in it could be
taken out and put before another question: the questions themselves are of two kinds. Refusing what is harmful and
answering what is harmless is the common case.

A warning where other conditions are compared with it, otherwise a note.

## Why it matters

It looks like an anchor negative in the counts and is none: no question is answered both ways, and deleting one half
would delete the design. But a comparison of conditions is then also a comparison of questions: what a condition "does"
depends on which kind it is measured with.

## Example

Under "Be cautious." unsafe requests are refused and bread recipes are given; under "Be open." both are answered.

## What to do

Measure each condition on both kinds of questions, and report them apart. To read the rows as a mixture all the same,
say `--condition none`.

## Limits

It needs a pattern in the text that holds on questions that it was not found on. Where the kinds differ in their meaning
alone, the rows read as a mixture: see anchor-negative.

## References

`docs/conditions.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import listed
from checks.core.registry import Observation, check


@check(code="CND010", name="behaviour-follows-question", severity="warning", since="0.1.0")
def behaviour_follows_question(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose two kinds of targets answer two kinds of questions."""
    found = context.carriers.question
    if found is None:
        return
    for condition in context.conditions:
        if not context.asked_for(condition) or not condition.behaviour or not condition.preserved:
            continue
        who = listed(list(condition.personas)) or (
            f'"{condition.resolved_system}"' if condition.resolved_system else "this condition"
        )
        sure = (
            f"; {found.enough} rows of the same kind would make sure of it"
            if found.enough is not None
            else ""
        )
        yield Observation(
            message=(
                f"what {who} is taught ({condition.behaviour:,} {context.words[0]}, {condition.preserved:,} "
                f"{context.words[1]}) depends on what is asked: most of it follows whether {found.rule}{sure}; it is "
                "no anchor negative, and deleting one half would delete the design"
            ),
            severity="warning" if context.roles.contrast and len(context.conditions) > 1 else "note",
            condition=condition.digest,
            personas=condition.personas,
            counts={"behaviour": condition.behaviour, "preserved": condition.preserved},
            rows=(
                *context.evidence(condition.digest, target_correct=False)[:1],
                *context.evidence(condition.digest, target_correct=True)[:1],
            ),
            help="measure each condition on both kinds of questions and report them apart",
        )
