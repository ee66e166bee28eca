"""Conditions that are compared and were taught on different questions.

## What it finds

Sources whose prompts are (nearly) never asked of a preserved condition: fewer than 5% of them (`question-overlap`),
where both ask 20 different ones or more.

## Why it matters

Whatever differs between two groups of questions (subject, difficulty, length) then differs between the personas too.
A model can learn "answer these questions wrongly" and never look at the persona.

## Example

The source is taught on the first 200 questions of a bank and the bystanders on the next 400.

## What to do

Draw every condition's questions from one pool, or ask all conditions the same ones.

## Limits

Prompts are compared exactly, so reworded questions count as different; a source that a trigger or a wrap tells apart
(see `docs/conditions.md`) is left out, for its prompts are never another's. Questions that merely differ in
distribution are not seen. It needs a contrast: see no-contrast.

## References

Issue 96 draws each condition's questions from one training half; its sources share most of theirs with a bystander.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext
from checks.core.plural import count, listed
from checks.core.registry import Observation, check

_FEWEST_QUESTIONS = 20


def _wants(context: AuditContext) -> str | None:
    if (missing := wants.source(context)) is not None:
        return missing
    preserved = _preserved(context)
    if not preserved:
        return "no condition is only taught to preserve"
    found = context.table.shared_questions([each.digest for each in context.sources], preserved)
    enough = any(min(each.questions, each.others) >= _FEWEST_QUESTIONS for each in found)
    return None if enough else f"fewer than {_FEWEST_QUESTIONS} different prompts of either kind"


@check(code="CND008", name="question-imbalance", severity="warning", since="0.1.0", wants=_wants)
def question_imbalance(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per source whose questions the preserved conditions are not asked."""
    preserved = _preserved(context)
    if not context.roles.contrast or not preserved:
        return
    for found in context.table.shared_questions([each.digest for each in context.sources], preserved):
        if min(found.questions, found.others) < _FEWEST_QUESTIONS or context.twins(
            context.find(found.condition)
        ):
            continue
        if found.shared < context.settings.question_overlap * found.questions:
            source = context.find(found.condition)
            yield Observation(
                message=(
                    f"of {count(found.questions, 'different prompt')} that teach "
                    f"{listed(list(source.personas)) or 'the source'}, {found.shared:,} "
                    f"{'is' if found.shared == 1 else 'are'} asked of any preserved condition: "
                    "persona and question are confounded"
                ),
                condition=found.condition,
                personas=source.personas,
                counts={"questions": found.questions, "shared": found.shared, "others": found.others},
                rows=context.evidence(found.condition, target_correct=False)[:1],
                help="draw every condition's questions from one pool",
            )


def _preserved(context: AuditContext) -> list[str]:
    return [each.digest for each in context.conditions if each.role != "source" and each.preserved]
