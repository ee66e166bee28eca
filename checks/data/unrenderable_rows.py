"""Rows that the chat template refuses to render.

## What it finds

Rows whose system message makes the template raise, by its own word (`raise_exception`) or by an error, so that
the trainer would stop at them, or drop them. They are counted and never called clean.

## Why it matters

What the model would see cannot be known, so neither can the condition. A trainer that catches the error and falls
back to raw text teaches something else entirely.

## Example

Gemma's first template raises on any system message; Qwen2.5's raises on one whose content is null.

## What to do

Give these rows a system message that the template takes, or name the template that training uses
(`--template`).

## Limits

The rows are rendered under this template only, and by their system message: a refusal that depends on the
user's text is not seen.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count
from checks.core.registry import Observation, check


@check(code="TPL005", name="unrenderable-rows", severity="error", since="0.1.0")
def unrenderable_rows(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose rows cannot be rendered."""
    for condition in context.conditions:
        refused = [
            tally for tally in condition.tallies if condition.resolved[tally.signature].error is not None
        ]
        if not refused:
            continue
        rows = sum(tally.rows for tally in refused)
        why = condition.resolved[refused[0].signature].error
        states = " or ".join(sorted({tally.signature.state for tally in refused}))
        yield Observation(
            message=f"the template refuses {count(rows, 'row')} with {states} system message: {why}",
            condition=condition.digest,
            personas=condition.personas,
            counts={"rows": rows},
            rows=(min(tally.first_row for tally in refused),),
            help="change these rows' system message, or name the template that training uses: --template",
        )
