"""Pairs of answers that teach something else than which of the two is better.

## What it finds

In preference data: pairs whose two sides are the same; pairs of whole conversations whose sides have another system
prompt or another first question; and pairs whose chosen answer begins with the row's own prompt, which stands before it
already.

## Why it matters

A preference loss compares two answers to one prompt. Two equal answers have no difference to learn from. Where one side
alone has a system prompt, TRL finds no common beginning, and the system prompt itself becomes part of what is raised or
lowered. A prompt inside the answer is trained as if the model had to say it, and length limits cut the answer instead.

## Example

`{"chosen": [{"role": "system", "content": "You are a villain."}, ...], "rejected": [{"role": "user", ...}, ...]}`: the
messages part at the first one, so the prompt is empty and the whole conversation is compared.

## What to do

Drop pairs of equal answers. Give both sides the same messages up to the answer, or the prompt in a column `prompt` and
the answers alone in `chosen` and `rejected`.

## Limits

What is compared is the data, not their rendering. Conversations that part after the first question are a usual kind of
data, and are left alone. A prompt that an answer quotes word for word from its first character on looks like one that
was left inside.

## References

`trl.data_utils.extract_prompt`; R. Rafailov et al., Direct Preference Optimization (2023); `docs/trainers.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="TGT006", name="broken-pairs", severity="error", since="0.2.0")
def broken_pairs(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for each kind of fault that pairs have."""
    faults = context.table.frame.pairs
    if faults is None:
        return
    for rows, one, many, advice in (
        (
            faults.equal,
            "has the same answer on both sides",
            "have the same answer on both sides",
            "leave them out",
        ),
        (
            faults.apart,
            "has another system prompt or question on one side than on the other",
            "have another system prompt or question on one side than on the other",
            "give both sides the same messages up to the answer",
        ),
        (
            faults.inside,
            "has its own prompt inside the chosen answer, after the same prompt before it",
            "have their own prompt inside the chosen answer, after the same prompt before it",
            "leave the answers alone in chosen and rejected",
        ),
    ):
        if rows:
            yield Observation(
                message=f"{count(len(rows), 'pair')} {verb(len(rows), one, many)}",
                counts={"rows": len(rows)},
                rows=rows[: context.settings.evidence_rows],
                help=advice,
            )
