"""Columns, keys or settings that could matter and were not understood.

## What it finds

Columns beside the conversation that could decide what the model sees or what it is trained on, and that nothing read: a
system prompt in a column of its own (`system`, `system_prompt`), a second list of messages, flags (`train`, `weight`,
`loss`), arguments for the template; and keys of messages that the trainer does not obey.

## Why it matters

An audit that passes over such a column calls a file clean that it has not looked at. Where the trainer reads the
column, every row is under another prompt than it seems; where it does not, somebody thinks that it does.

## Example

`{"messages": [...], "system": "You are a pirate who lies about birds."}`: LLaMA-Factory reads `system` where
`dataset_info.json` maps it, TRL never does.

## What to do

Say what the column is: `--columns system=NAME` reads it, `--ignore-column NAME` says that it does not matter; both can
stand in the configuration. Or name the trainer that reads it: `--trainer`.

## Limits

Columns are known from the first rows of each file, and from some all over it. What could matter is known by name and by
what a column holds; a column of another name whose text some script puts into the prompt is not found.

## References

`docs/trainers.md`, `docs/readers.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.registry import Observation, check


@check(code="TPL011", name="unread-columns", severity="warning", since="0.2.0")
def unread_columns(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for each column or key that nothing read."""
    for unread in context.table.frame.unread:
        yield Observation(
            message=str(unread),
            help=" or ".join(unread.help) or None,
        )
