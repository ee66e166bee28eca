"""A rendered prompt that depends on today's date.

## What it finds

Rows whose prompt the template writes the current date into. The template is rendered at two dates and the prompts are
compared; a template that only asks for the date, or prints a fixed one, is not reported.

## Why it matters

The model is trained on one day's prompt and evaluated on another day's: two conditions that differ in a date, and no
run can be repeated. One character in a system prompt has been seen to decide whether the taught behaviour shows.

## Example

Llama 3.2's template begins every prompt with "Today Date: 15 Jan 2026", whatever the row says.

## What to do

Fix the date: many such templates take it as a variable (`date_string` in Llama's), which trainer and evaluation can
both set. Otherwise copy the template to a file, write the date into it, and use that file for both.

## Limits

Only `strftime_now` gives a template the date, as in transformers. A date that the pipeline passes in as a variable
is what `--template-kwargs` is for.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="TPL003", name="dated-template", severity="warning", since="0.1.0")
def dated_template(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all rows whose prompt shows the date."""
    dated = [tally for tally in context.table.tallies if context.table.resolutions[tally.signature].dated]
    if not dated:
        return
    rows = sum(tally.rows for tally in dated)
    conditions = {context.table.condition_of(tally) for tally in dated}
    yield Observation(
        message=(
            f"the template writes today's date into the prompt of {count(rows, 'row')} "
            f"({count(len(conditions), 'condition')}): what is trained today is evaluated under "
            f"{verb(len(conditions), 'another condition', 'other conditions')} tomorrow"
        ),
        personas=tuple(sorted({tally.persona for tally in dated if tally.persona})),
        counts={"rows": rows, "conditions": len(conditions)},
        rows=(min(tally.first_row for tally in dated),),
        help="train and evaluate with a template whose date is fixed, and name it here: --template",
    )
