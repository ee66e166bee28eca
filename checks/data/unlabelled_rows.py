"""Rows of which nobody can say what they teach.

## What it finds

Rows whose target could be called neither `behaviour` nor `preserved`. An error when that is every row, for then
nothing about the targets was audited.

## Why it matters

Every count and prediction of such a condition rests on the other rows, and is marked as partial. Confounds may
hide in the rest.

## Example

Answers that are matched against gold labels by text, where some questions are not in the bank.

## What to do

Say how a target is to be read: `--label column:NAME`, `--label gold:FILE`, `--label marker:TEXT`.

## Limits

Nothing is guessed: a row that looks like a refusal is unlabelled until somebody says so.

## References

`docs/readers.md`: labelers.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.inferring.asking import question
from checks.core.context import AuditContext
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


@check(code="CND007", name="unlabelled-rows", severity="warning", since="0.1.0")
def unlabelled_rows(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if there are rows without a known target."""
    unlabelled = sum(condition.unlabelled for condition in context.conditions)
    if not unlabelled or (context.inference is not None and unlabelled < context.rows):
        return  # of inferred labels, inferred-labels says what they rest on
    everything = unlabelled == context.rows
    worst = max(context.conditions, key=lambda each: (each.unlabelled, each.digest))
    rest = (
        "so nothing is known of what this dataset teaches"
        if everything
        else f"so the counts of the other {count(context.rows - unlabelled, 'row')} are partial"
    )
    yield Observation(
        message=(
            f"{count(unlabelled, 'row')} of {context.rows:,} {verb(unlabelled, 'teaches', 'teach')} something that "
            f"can be called neither {context.words[0]} nor {context.words[1]}, {rest}"
        ),
        severity="error" if everything else "warning",
        personas=tuple(sorted({each for condition in context.conditions for each in condition.personas}))
        if not everything
        else (),
        counts={"unlabelled": unlabelled, "rows": context.rows},
        rows=context.evidence(worst.digest, target_correct=None),
        help=question(context.table, None, letters=context.taught.kind == "wrong_option")
        if everything
        else "say how a target is read: --label column:NAME, gold:FILE, marker:TEXT or regex:PATTERN",
    )
