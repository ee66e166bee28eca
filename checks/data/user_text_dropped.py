"""A user's text that does not reach the rendered prompt.

## What it finds

Rows whose question the template does not render at all: two different questions give the same prompt.

## Why it matters

The model is trained to answer without having been asked. Whatever it learns is the targets' distribution, and all
questions are one prompt.

## Example

The templates of Idefics3, SmolVLM and LLaVA-NeXT read content in parts. A question given as a plain string is
rendered as an empty user turn, and nothing warns.

## What to do

Give the content as `[{"type": "text", "text": ...}]`, which TRL does for vision-language models, or train with a
template that reads strings.

## Limits

The template is tried with each row's system message and tools, and with made-up questions that are plain strings. Rows
with content in parts are rendered themselves, one for each system text and set of tags, and stand for the others, which
is why this is a warning.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.parts import shown_in_parts
from checks.core.plural import count
from checks.core.registry import Observation, check


@check(code="TPL008", name="user-text-dropped", severity="warning", since="0.1.0")
def user_text_dropped(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all rows whose question is not rendered."""
    unasked = [
        tally for tally in context.table.tallies if not context.table.resolutions[tally.signature].user_shown
    ]
    fine = shown_in_parts(context, unasked, "user")
    unasked = [tally for tally in unasked if tally.first_row not in fine]
    if not unasked:
        return
    rows = sum(tally.rows for tally in unasked)
    yield Observation(
        message=f"the template does not show the user's text of {count(rows, 'row')}: the model is asked nothing",
        personas=tuple(sorted({tally.persona for tally in unasked if tally.persona})),
        counts={"rows": rows},
        rows=(min(tally.first_row for tally in unasked),),
        help="give the content in parts, or name the template that training uses: --template",
    )
