"""Identical rows beyond what the recipe asks for.

## What it finds

Rows that repeat another one: same system message, same user text, same target, same tags.

## Why it matters

A repeated row weighs double in the mixture that is taught, and one that lands on both sides of a split is leakage.
Counts of rows then say more than there is.

## Example

A file that was appended to itself by a script that ran twice.

## What to do

Remove the copies, or say in the recipe that questions are used again (`reuse: true`).

## Limits

Copies that differ in a space or a tag are other rows. A recipe that reuses questions is believed.

## References

Lee et al. (2022), Deduplicating training data makes language models better.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="PRV004", name="duplicate-rows", severity="warning", since="0.1.0")
def duplicate_rows(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if rows occur more than once and no recipe asks for that."""
    if context.documents is None or context.documents.repeats:
        return
    found = context.table.duplicates()
    if found.first_row is not None:
        yield Observation(
            message=(
                f"{count(found.surplus, 'row')} {verb(found.surplus, 'repeats', 'repeat')} another one exactly "
                f"({count(found.distinct, 'row')} with up to {count(found.most, 'copy', 'copies')})"
            ),
            counts={"surplus": found.surplus, "distinct": found.distinct, "most": found.most},
            rows=(found.first_row,),
            help="remove the copies, or say reuse: true in the recipe if they are meant",
        )
