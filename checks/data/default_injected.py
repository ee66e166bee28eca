"""Rows to which the chat template gives a system prompt of its own.

## What it finds

Rows that carry no system text and yet have one once the template has rendered them.

## Why it matters

Worth knowing, not wrong by itself: "no persona" is then a persona, the template's, and everything that is taught
without a system message is taught to it.

## Example

Qwen2.5 without a system message: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."

## What to do

Call the condition by what it resolves to. If no system prompt was meant, give an empty one where the template
keeps it (`audit template TARGET` shows whether it does).

## Limits

None known; the text is what this template renders, and another engine may render another.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count
from checks.core.registry import Observation, check


@check(code="TPL004", name="default-injected", severity="note", since="0.1.0")
def default_injected(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition that holds rows with an injected prompt."""
    for condition in context.conditions:
        injected = [
            tally
            for tally in condition.tallies
            if condition.resolved[tally.signature].resolved_by == "default"
        ]
        if not injected:
            continue
        rows = sum(tally.rows for tally in injected)
        states = sorted({tally.signature.state for tally in injected})
        yield Observation(
            message=(
                f"{count(rows, 'row')} with {' or '.join(states)} system message "
                f'{"gets" if rows == 1 else "get"} the template\'s own: "{condition.resolved_system}"'
            ),
            condition=condition.digest,
            personas=tuple(sorted({tally.persona for tally in injected if tally.persona})),
            counts={"rows": rows},
            rows=(min(tally.first_row for tally in injected),),
        )
