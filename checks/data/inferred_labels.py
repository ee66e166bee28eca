"""Labels that nobody gave, inferred from what the rows give away.

## What it finds

Data in which no row says what it teaches, and which shows it all the same:

* **Agreement.** Conditions that are asked the same questions and give the same answers, and one that answers otherwise.
  What the others answer counts as preserved, anything else as the behaviour; rows whose question no other condition is
  asked stay unlabelled.
* **Surface.** A marker, an opening or a language that the targets of some conditions carry and those of all others do
  not.

It says from which counts, how sure, and the one question whose answer would confirm it. What rests on inferred labels
is a warning at most.

## Why it matters

Most public data have no label column. A table that is likely right, and says so, is worth more than none; and a
confound in it is worth a look before a GPU is touched.

## Example

700 rows without a label. One condition gives another answer than the others on 185 of 185 shared questions; the others
agree among themselves on 124 of 124.

## What to do

Answer the question in the help: `--label`, or `--source` with the condition's system prompt.

## Limits

Two conditions that disagree do not say which of them is the usual one. Free text never agrees word for word. A pattern
that comes with a condition's task (a translator's language) looks like a behaviour. Nothing is inferred in data with a
single condition.

## References

`docs/conditions.md`; explore-persona-space issue 96, whose rows show it without labels.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.inferring.asking import question
from checks.core.context import AuditContext, Condition
from checks.core.plural import count, listed
from checks.core.registry import Observation, check


@check(code="CND012", name="inferred-labels", severity="warning", since="0.1.0")
def inferred_labels(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if what is taught was inferred."""
    found = context.inference
    if found is None:
        return
    sources = [
        context.find(each) for each in found.sources if any(c.digest == each for c in context.conditions)
    ]
    who = listed([_named(each) for each in sources]) or "one condition"
    counts: dict[str, int | float] = {}
    if found.agreement is not None:
        (same, total), (own, own_total) = found.agreement.between, found.agreement.within
        counts = {"differ": total - same, "compared": total, "agree": own, "others": own_total}
        why = (
            f"{who} answers otherwise than {count(len(found.agreement.usual), 'other condition')} on "
            f"{total - same:,} of {total:,} shared questions, and they agree among themselves on "
            f"{own:,} of {own_total:,} (sure to {found.agreement.sure:.0%})"
        )
    else:
        assert found.surface is not None  # noqa: S101  (an inference is of one kind or the other)
        (held, ours), (other, theirs) = found.surface.ours, found.surface.theirs
        counts = {"held": held, "sampled": ours, "elsewhere": other, "sampled_elsewhere": theirs}
        target = str(found.surface.rule).replace("the user's text", "the target")
        why = f"{target} in {held:,} of {ours:,} sampled rows of {who}, and in {other:,} of {theirs:,} of all others"
    yield Observation(
        message=f"no row says what it teaches; it is inferred: {why}",
        severity="note" if found.confirmed else "warning",
        condition=found.sources[0],
        counts=counts,
        rows=context.evidence(found.sources[0], target_correct=False)[:1] if sources else (),
        help=None
        if found.confirmed
        else question(context.table, found, letters=context.taught.kind == "wrong_option"),
    )


def _named(condition: Condition) -> str:
    names = listed(list(condition.personas))
    return names or (
        f'"{condition.resolved_system}"' if condition.resolved_system else "the condition without a prompt"
    )
