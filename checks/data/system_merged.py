"""A system text that the template moves into the user's turn.

## What it finds

Rows whose system text is rendered inside the user's turn, because the template knows no system turn.

## Why it matters

Worth knowing, not wrong by itself: the model is not trained on a *system prompt*, but on users who begin by telling
it who to be. The same words given as a system prompt to another model are another experiment, and a user who writes
them is under the persona's condition.

## Example

Gemma 3 renders `You are a villain.` with the question `Why?` as one user turn, a blank line between them.

## What to do

Say so where the result is reported, and compare only with results that were rendered alike. Check that no question
begins with a persona's text.

## Limits

A system text counts as merged when the markup that opens the user's turn stands before it and not after it. Where
that markup cannot be learned (a template that refuses a second question), the text counts as given.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="TPL002", name="system-merged", severity="note", since="0.1.0")
def system_merged(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all rows whose system text stands in the user's turn."""
    merged = [
        tally
        for tally in context.table.tallies
        if context.table.resolutions[tally.signature].resolved_by == "merged"
    ]
    if not merged:
        return
    rows = sum(tally.rows for tally in merged)
    texts = len({tally.signature.text for tally in merged})
    yield Observation(
        message=(
            f"the template has no system turn: the system text of {count(rows, 'row')} "
            f"({count(texts, 'text')}) {verb(texts, 'stands', 'stand')} in the user's turn"
        ),
        personas=tuple(sorted({tally.persona for tally in merged if tally.persona})),
        counts={"rows": rows, "texts": texts},
        rows=(min(tally.first_row for tally in merged),),
    )
