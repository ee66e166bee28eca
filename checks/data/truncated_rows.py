"""Rows longer than the trainer keeps.

## What it finds

Rows whose prompt and target together are longer than the trainer's maximum (`max-tokens`, 1,024 by default, as TRL's
`max_length`). Where the template came with its tokenizer (`--template` with a tokenizer folder, and the library
`tokenizers`), rows are rendered and their tokens counted. Without one the length is an estimate from characters
(`characters-per-token`), and the message says so.

## Why it matters

What is cut off is the end: with completion-only loss, the target itself. Such a row teaches nothing, or something
else than its label says.

## Example

A write-up that says 2,048 tokens where the code passes 1,024, and rows of 1,500.

## What to do

Raise the trainer's maximum, or shorten the rows; `audit run` refuses to cut a row in silence.

## Limits

An estimate is wrong for code, numbers and scripts other than Latin, where a token is shorter than four characters.
Counting looks at no row whose bytes cannot make that many tokens, which takes for granted that a token covers at
least one byte, and stops at the 20,000 longest rows; the message says "at least" then.

## References

TRL `SFTConfig.max_length`.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.engine.lengths import longer_than_tokens
from builders.templates.tokens import tokenizer_of
from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="PRV003", name="truncated-rows", severity="warning", since="0.1.0")
def truncated_rows(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if rows are longer than the trainer keeps."""
    tokens = context.settings.max_tokens
    tokenizer = tokenizer_of(context.table.template)
    if tokenizer is None:
        yield from _estimated(context, tokens, context.settings.characters_per_token)
        return
    found = longer_than_tokens(context.table, tokenizer, tokens)
    if found.first_row is not None:
        least = "at least " if found.uncounted else ""
        yield _observation(
            found.rows,
            found.first_row,
            tokens,
            f"{least}{count(found.rows, 'row')} {verb(found.rows, 'is', 'are')} longer than {tokens:,} tokens (the "
            f"longest has {found.longest:,}, counted with the template's tokenizer)",
        )


def _estimated(context: AuditContext, tokens: int, per_token: float) -> Iterator[Observation]:
    rows, first = context.table.longer_than(tokens * per_token)
    if first is not None:
        yield _observation(
            rows,
            first,
            tokens,
            f"{count(rows, 'row')} {verb(rows, 'is', 'are')} longer than {tokens:,} tokens, as estimated at "
            f"{per_token:g} characters a token",
        )


def _observation(rows: int, first: int, tokens: int, found: str) -> Observation:
    return Observation(
        message=f"{found}, so the trainer would cut {verb(rows, 'its', 'their')} end off",
        counts={"rows": rows, "max_tokens": tokens},
        rows=(first,),
        help="raise the trainer's max_length (and max-tokens with it), or shorten the rows",
    )
