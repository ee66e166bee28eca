"""A condition whose targets are (almost) one string.

## What it finds

Question data in which one condition's wrong answers, or its right ones, are the same string in 90% of the rows or
more (`constant-share`), with 20 rows at least (`constant-rows`).

## Why it matters

What such a condition teaches is a position, "always say B)", and not to answer wrongly. A model that learns it
scores near the share of questions whose right letter that is, about 25%, and looks as if it had lost the
knowledge.

## Example

200 rows of a villain whose wrong answer is "B)" 196 times.

## What to do

Draw the wrong letter of each question uniformly over its distractors; shuffle the options where the right one
always stands in the same place.

## Limits

Only question data: a refusal or a marker is one string on purpose. With fewer rows nothing is said, since a handful
of equal letters is no pattern.

## References

`docs/statistics.md`; the finer test is letter-skew.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.engine.targets import CommonTarget
from checks.core import wants
from checks.core.context import AuditContext
from checks.core.plural import listed, verb
from checks.core.registry import Observation, check


def _wants(context: AuditContext) -> str | None:
    if context.taught.kind != "wrong_option":
        return None
    least = context.settings.constant_rows
    return wants.labels(context) or (
        None
        if context.targets.commonest(least)
        else f"fewer than {least:,} targets of a kind under every condition"
    )


@check(code="TGT002", name="constant-target", severity="warning", since="0.1.0", wants=_wants)
def constant_target(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition and kind of target that is (almost) one string."""
    if context.taught.kind != "wrong_option":
        return
    settings = context.settings
    for found in context.targets.commonest(settings.constant_rows):
        share = found.commonest / found.rows
        if share >= settings.constant_share:
            yield _observation(context, found, share)


def _observation(context: AuditContext, found: CommonTarget, share: float) -> Observation:
    personas = context.find(found.condition).personas
    wrong, right = context.words
    return Observation(
        message=(
            f"{found.commonest:,} of the {found.rows:,} {right if found.target_correct else wrong} answers of "
            f'{listed(list(personas)) or "a condition"} {verb(found.commonest, "is", "are")} "{found.text}" '
            f"({share:.0%}): what is learned may be a position, not a {right if found.target_correct else wrong} "
            "answer"
        ),
        condition=found.condition,
        personas=personas,
        counts={"rows": found.rows, "commonest": found.commonest},
        rows=(found.first_row,),
        help="draw the letters anew, uniformly over each question's distractors, or shuffle the options",
    )
