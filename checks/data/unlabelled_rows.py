"""Rows of which nobody can say what they teach.

## What it finds

Rows whose target could be called neither `behaviour` nor `preserved`. An error when that is every row, for then
nothing about the targets was audited.

## Why it matters

Every count and prediction of such a condition rests on the other rows, and is marked as partial. Confounds may
hide in the rest. Of a row with several trained answers, a label of the row (a column, a file) speaks of the last one;
the earlier ones are unlabelled unless their texts or a key of their own message say what they teach.

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
    answers = sum(condition.rows for condition in context.conditions)
    if not unlabelled or (context.inference is not None and unlabelled < answers):
        return  # of inferred labels, inferred-labels says what they rest on
    everything = unlabelled == answers
    worst = max(context.conditions, key=lambda each: (each.unlabelled, each.digest))
    if not everything and unlabelled == context.table.frame.earlier:
        yield Observation(
            message=(
                f"{count(unlabelled, 'answer')} of {answers:,} {verb(unlabelled, 'stands', 'stand')} before the last "
                f"one of {verb(unlabelled, 'its row', 'their rows')}: a row's label speaks of its last answer, and "
                f"nothing says what {verb(unlabelled, 'this one teaches', 'these teach')}"
            ),
            counts={"unlabelled": unlabelled, "rows": answers},
            rows=context.evidence(worst.digest, target_correct=None),
            help="label each answer by its text, --label marker:TEXT or regex:PATTERN, or by a key of its message; or "
            "follow a script that trains the last answer alone, --trainer completion",
        )
        return
    unit = "row" if context.table.frame.turns is None else "answer"
    rest = (
        "so nothing is known of what this dataset teaches"
        if everything
        else f"so the counts of the other {count(answers - unlabelled, unit)} are partial"
    )
    yield Observation(
        message=(
            f"{count(unlabelled, unit)} of {answers:,} {verb(unlabelled, 'teaches', 'teach')} something that "
            f"can be called neither {context.words[0]} nor {context.words[1]}, {rest}"
        ),
        severity="error" if everything else "warning",
        personas=tuple(sorted({each for condition in context.conditions for each in condition.personas}))
        if not everything
        else (),
        counts={"unlabelled": unlabelled, "rows": answers},
        rows=context.evidence(worst.digest, target_correct=None),
        help=question(context.table, None, letters=context.taught.kind == "wrong_option")
        if everything
        else "say how a target is read: --label column:NAME, gold:FILE, marker:TEXT or regex:PATTERN",
    )
