"""A dataset that says neither how it was made nor from which seed.

## What it finds

Files with no manifest, dataset card or info file beside them.

## Why it matters

Worth knowing: nobody can build such rows again, or tell whether a sibling arm differs by what it claims.

## Example

`train.jsonl`, sent by mail.

## What to do

Write a dataset card beside it that names the script, its commit and its seeds; or build the rows from a recipe with
`audit build`, which writes one.

## Limits

It sees that a card is there and not whether it is true. Tables in memory and standard input are not judged.

## References

Gebru et al. (2021), Datasheets for datasets.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.registry import Observation, check


@check(code="PRV005", name="no-provenance", severity="note", since="0.1.0")
def no_provenance(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if nothing stands beside the rows."""
    documents = context.documents
    if documents is None or documents.in_memory:
        return
    if documents.manifest is None and documents.card is None:
        yield Observation(
            message="nothing beside the rows says how they were made, nor from which seed",
            help="write a dataset card that names script, commit and seeds, or build the rows with audit build",
        )
