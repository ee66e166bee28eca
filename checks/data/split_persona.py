"""One persona name over more than one resolved prompt.

## What it finds

Personas whose rows resolve to different system prompts.

## Why it matters

Counts and scores are read per persona, while the model knows only prompts. A persona that is two prompts is
taught in one and perhaps evaluated in the other.

## Example

Rows of "assistant" half under "You are a helpful assistant." and half with no system message, which Qwen2.5's
template turns into its own default prompt.

## What to do

Give the two prompts two names, or every row of the persona the same system message.

## Limits

It needs rows that name their persona.

## References

`docs/words.md`: persona, condition.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext, Condition
from checks.core.plural import count
from checks.core.registry import Observation, check


@check(code="CND005", name="split-persona", severity="warning", since="0.1.0", wants=wants.names)
def split_persona(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per persona that has more than one condition."""
    by_persona: dict[str, list[Condition]] = {}
    for condition in context.conditions:
        for persona in condition.personas:
            by_persona.setdefault(persona, []).append(condition)
    for persona, conditions in sorted(by_persona.items()):
        if len(conditions) > 1:
            yield Observation(
                message=f"{persona} is {count(len(conditions), 'different resolved prompt')}, not one",
                personas=(persona,),
                counts={"conditions": len(conditions)},
                rows=tuple(sorted(_first_row(each, persona) for each in conditions))[
                    : context.settings.evidence_rows
                ],
                help=f"give each prompt a name of its own, or every row of {persona} the same system message",
            )


def _first_row(condition: Condition, persona: str) -> int:
    return min(tally.first_row for tally in condition.tallies if tally.persona == persona)
