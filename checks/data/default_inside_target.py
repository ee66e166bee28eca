r"""A template that was applied to an answer alone, so that its default system prompt is part of the target.

## What it finds

Targets that begin with what the template renders before an answer that it is given without its prompt: the system
turn that it fills in where none is given.

## Why it matters

The model is trained to *say* its system prompt. In preference data both sides begin with it, and what is compared
begins hundreds of characters late; a length limit cuts the answers instead.

## Example

A pipeline calls `apply_chat_template(row["chosen"], tokenize=False)`, and `chosen` holds the assistant's message alone.
With Qwen2.5 the result begins with `<|im_start|>system\nYou are Qwen, created by Alibaba Cloud.`.

## What to do

Render prompt and answer together, and cut the prompt off the front; or give TRL the conversational columns and let it
do that.

## Limits

The first 64 characters of a target are compared with this template's own rendering. Targets that were rendered with
another template, or whose default was removed in part, are not seen. A template without a default cannot cause this.

## References

alignment-handbook, issue 117. `docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.engine.starts import targets_starting
from builders.templates import part_only_head
from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="TPL007", name="default-inside-target", severity="error", since="0.1.0")
def default_inside_target(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all targets that begin with the template's own system turn."""
    head = part_only_head(context.table.template)
    if head is None:
        return
    found = targets_starting(context.table, [head])
    if found.first_row is None:
        return
    yield Observation(
        message=(
            f"{count(found.rows, 'target')} {verb(found.rows, 'begins', 'begin')} with the template's own system "
            "turn: the template was applied to the answer without its prompt"
        ),
        counts={"rows": found.rows},
        rows=(found.first_row,),
        help="render prompt and answer together, or leave rendering to the trainer",
    )
