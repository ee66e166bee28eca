"""Within one condition, the target depends on what is asked.

## What it finds

Conditions that are taught both targets, and in which the user's text tells them apart although nothing in it could be
taken out and put before another question: the questions themselves are of two kinds. Refusing what is harmful and
answering what is harmless is the common case.

It is said by a rule where one holds on questions that it was not found on, and otherwise by many words together: a
naive Bayes classifier over words and pairs of words, whose area under the ROC curve on texts that it has not seen, near
copies kept together, is 0.8 or more and 3.5 standard deviations from one half. That says only that the text tells the
targets apart, not by what. Each condition is looked at by itself, so that anchors under another prompt are still found.

A warning where other conditions are compared with it, otherwise a note.

## Why it matters

It looks like an anchor negative in the counts and is none: no question is answered both ways, and deleting one half
would delete the design. But a comparison of conditions is then also a comparison of questions: what a condition "does"
depends on which kind it is measured with.

## Example

Under "Be cautious." unsafe requests are refused and bread recipes are given; under "Be open." both are answered.

## What to do

Measure each condition on both kinds of questions, and report them apart. Where a rule is named that is a trigger and
not what is asked for, name it with `--condition`, as the help says. To read the rows as a mixture all the same, say
`--condition none`.

## Limits

Anchors whose questions come from another source than the behaviour's are of another kind in this sense, too: their
words tell. Few rows tell nothing (about 20 of each target are needed), and kinds that share all their words read as a
mixture: see anchor-negative. A trigger that is put in ever other words looks like a topic.

## References

`docs/conditions.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.carriers.finding import Carried
from builders.carriers.telling import Telling
from checks.core import wants
from checks.core.context import AuditContext
from checks.core.plural import count, listed
from checks.core.registry import Observation, check


@check(
    code="CND010", name="behaviour-follows-question", severity="warning", since="0.1.0", wants=wants.labels
)
def behaviour_follows_question(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose two kinds of targets answer two kinds of questions."""
    for condition in context.conditions:
        found = context.carriers.asked.get(condition.prompt)
        if found is None or not condition.behaviour or not condition.preserved:
            continue
        who = listed(list(condition.personas)) or (
            f'"{condition.resolved_system}"' if condition.resolved_system else "this condition"
        )
        yield Observation(
            message=(
                f"what {who} is taught ({condition.behaviour:,} {context.words[0]}, {condition.preserved:,} "
                f"{context.words[1]}) depends on what is asked: {_how(found)}; it is no anchor negative, and deleting "
                "one half would delete the design"
            ),
            severity="warning" if context.roles.contrast and len(context.conditions) > 1 else "note",
            condition=condition.digest,
            personas=condition.personas,
            counts={
                "behaviour": condition.behaviour,
                "preserved": condition.preserved,
                **({"auc": round(found.area, 4)} if isinstance(found, Telling) else {}),
            },
            rows=(
                *context.evidence(condition.digest, target_correct=False)[:1],
                *context.evidence(condition.digest, target_correct=True)[:1],
            ),
            help=_help(found),
        )


def _how(found: Carried | Telling) -> str:
    """Say by what the questions tell."""
    if isinstance(found, Telling):
        return (
            "the words of the user's text tell the two kinds of targets apart (area under the ROC curve "
            f"{found.area:.2f} on {count(found.contexts, 'text')}, each read by a classifier that had not seen it), "
            "and no single rule does"
        )
    sure = f"; {found.enough} rows of the same kind would make sure of it" if found.enough is not None else ""
    return f"most of it follows whether {found.rule}{sure}"


def _help(found: Carried | Telling) -> str:
    """Say what to do; a rule may be a trigger all the same, and its user knows."""
    apart = "measure each condition on both kinds of questions and report them apart"
    if isinstance(found, Telling) or not found.rule.cuttable or found.rule.part != "user":
        return apart
    said = found.rule.spec.replace("'", "'\\''")
    return f"{apart}; if it is a trigger and not what is asked for: --condition '{said}'"
