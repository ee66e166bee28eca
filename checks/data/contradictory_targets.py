"""The same resolved prompt, user text included, that is taught both ways.

## What it finds

Prompts that occur with a `behaviour` and with a `preserved` target under one condition: word for word the same
input with opposite answers. Where no row is labelled, prompts with different targets: a warning where the targets are
option labels, a note where they are free text, of which one prompt may have several.

## Why it matters

No model can learn both. The rows cancel each other in the loss, and whichever is seen more often, or last, wins
for reasons that have nothing to do with the persona.

## Example

Of the 100 anchors of arm 0b in issue 100, 32 ask a question that the same resolved prompt also answers wrongly.

## What to do

Draw the questions of a condition's two kinds of rows apart, or remove one kind:
`audit build TARGET --deconfound`.

## Limits

Prompts are compared exactly. Where the target does not depend on which of several conditions a row has (no-contrast),
as in a randomised control, such pairs may be the design: they are a note then.

## References

Explore-persona-space issue 100, arms 0b and None.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="CND003", name="contradictory-targets", severity="warning", since="0.1.0")
def contradictory_targets(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition with prompts that are taught both targets."""
    if not any(each.behaviour or each.preserved for each in context.conditions):
        yield from _unlabelled(context)
        return
    if not context.roles.contrast:
        yield from _by_design(context)
        return
    for found in context.contradictions:
        condition = context.find(found.condition)
        who = f" of {listed(list(condition.personas))}" if condition.personas else ""
        yield Observation(
            message=(
                f"{count(found.prompts, 'prompt')}{who}, user text included, {verb(found.prompts, 'is', 'are')} "
                f"taught both the {context.words[0]} and the {context.words[1]} answer "
                f"({count(found.pairs, 'contradictory pair')})"
            ),
            condition=found.condition,
            personas=condition.personas,
            counts={
                "prompts": found.prompts,
                "pairs": found.pairs,
                "behaviour": found.behaviour,
                "preserved": found.preserved,
            },
            rows=found.first_rows,
            help=context.mend
            if condition.role == "source"
            else "remove one of each pair, or ask other questions",
        )


def _by_design(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all conditions: of a control over several, such pairs may be what was meant."""
    found = context.contradictions
    first = next(iter(found), None)
    if first is None:
        return
    prompts, pairs = sum(each.prompts for each in found), sum(each.pairs for each in found)
    where = f" of {count(len(found), 'condition')}" if len(found) > 1 else ""
    yield Observation(
        message=(
            f"{count(prompts, 'prompt')}{where}, user text included, {verb(prompts, 'is', 'are')} taught both the "
            f"{context.words[0]} and the {context.words[1]} answer ({count(pairs, 'contradictory pair')})"
        ),
        severity="note" if len(context.conditions) > 1 else None,
        condition=first.condition if len(found) == 1 else None,
        counts={"prompts": prompts, "pairs": pairs},
        rows=first.first_rows,
        help="remove one of each pair, or ask other questions, unless chance is the design",
    )


def _unlabelled(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose prompts are given different targets: that needs no label."""
    letters = context.taught.kind == "wrong_option"
    for found in context.table.conflicts():
        condition = context.find(found.condition)
        who = f" of {listed(list(condition.personas))}" if condition.personas else ""
        yield Observation(
            message=(
                f"{count(found.prompts, 'prompt')}{who}, user text included, {verb(found.prompts, 'is', 'are')} given "
                f"different {'answers' if letters else 'targets'} ({count(found.rows, 'row')})"
            ),
            severity="warning" if letters else "note",
            condition=found.condition,
            personas=condition.personas,
            counts={"prompts": found.prompts, "rows": found.rows},
            rows=(found.first_row,),
            help="remove all but one of each, or say which are the behaviour: --label",
        )
