"""Rows that are not those which the manifest beside them was written for.

## What it finds

A digest of the rows' content and order that differs from the manifest's.

## Why it matters

The manifest's recipe, seeds and counts then describe another dataset. An audit or a training run that is keyed by
the manifest rests on rows that nobody looked at.

## Example

One label corrected by hand in `data.jsonl` after `audit build` wrote it.

## What to do

Build the dataset again; put the correction into the recipe or the question bank.

## Limits

Rewriting the file with other spacing or key order changes no row and is not reported.

## References

`docs/recipes.md`: manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.registry import Observation, check


def _wants(context: AuditContext) -> str | None:
    documents = context.documents
    return (
        "no manifest stands beside the rows"
        if documents is not None and documents.rows_match is None
        else None
    )


@check(code="PRV002", name="stale-manifest", severity="error", since="0.1.0", wants=_wants)
def stale_manifest(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if the manifest belongs to other rows."""
    if context.documents is not None and context.documents.rows_match is False:
        yield Observation(
            message="the rows, or their order, are not those that the manifest beside them was written for",
            help="build the dataset again with audit build, or remove the manifest",
        )
