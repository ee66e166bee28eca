"""A manifest or dataset card that gives other counts than the rows.

## What it finds

Counts of rows, and of behaviour and preserved rows per condition, that differ between the manifest beside a dataset
and the rows themselves; and a dataset card whose `num_examples` is not the number of rows.

## Why it matters

Papers and tables are written from such counts. If they are wrong, so is every ratio of wrong to right that somebody
works out from them.

## Example

A card that says 800 rows, beside a file from which 100 were removed since.

## What to do

Build the dataset again, or correct the card.

## Limits

Counts per condition are compared only if the manifest rests on the same chat template as the audit; otherwise the
totals are. Cards that give no numbers are not judged.

## References

`docs/recipes.md`: manifest. Hugging Face dataset cards: `dataset_info.splits.num_examples`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checks.core.context import AuditContext
from checks.core.plural import count
from checks.core.registry import Observation, check

if TYPE_CHECKING:
    from builders.dataset import Manifest


def _wants(context: AuditContext) -> str | None:
    documents = context.documents
    stated = documents is None or documents.manifest is not None or documents.card_rows is not None
    return None if stated else "nothing beside the rows states counts"


@check(code="PRV001", name="count-mismatch", severity="error", since="0.1.0", wants=_wants)
def count_mismatch(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per document whose counts are not those of the rows."""
    documents = context.documents
    if documents is None:
        return
    if documents.manifest is not None:
        yield from _manifest(context, documents.manifest)
    if documents.card_rows is not None and documents.card_rows != context.rows:
        yield Observation(
            message=f"{documents.card} says {count(documents.card_rows, 'row')}, and there are {context.rows:,}",
            counts={"stated": documents.card_rows, "rows": context.rows},
            help=f"correct {documents.card}, or find out which rows came or went",
        )


def _manifest(context: AuditContext, manifest: Manifest) -> Iterator[Observation]:
    stated = {
        each.condition: (each.behaviour, each.preserved, each.unlabelled) for each in manifest.conditions
    }
    found = {each.digest: (each.behaviour, each.preserved, each.unlabelled) for each in context.conditions}
    template = context.table.template
    if (manifest.info.template_sha256, manifest.info.renderer) != (template.sha256, template.renderer):
        stated, found = {"": _total(stated)}, {"": _total(found)}
    wrong = sorted(digest for digest in {*stated, *found} if stated.get(digest) != found.get(digest))
    if not wrong and manifest.rows == context.rows:
        return
    first = wrong[0] if wrong else ""
    said, is_so = stated.get(first, (0, 0, 0)), found.get(first, (0, 0, 0))
    where = "in all" if first == "" else "under one condition"
    yield Observation(
        message=(
            f"the manifest says {count(manifest.rows, 'row')}, and there are {context.rows:,}; {where} it says "
            f"{said[0]:,} {context.words[0]} and {said[1]:,} {context.words[1]} rows, and there are {is_so[0]:,} and "
            f"{is_so[1]:,}"
        ),
        condition=first if first in found and first else None,
        counts={"stated": manifest.rows, "rows": context.rows, "conditions": len(wrong)},
        help="build the dataset again with audit build: its manifest was written for other rows",
    )


def _total(counts: dict[str, tuple[int, int, int]]) -> tuple[int, int, int]:
    behaviour, preserved, unlabelled = (sum(each[place] for each in counts.values()) for place in range(3))
    return behaviour, preserved, unlabelled
