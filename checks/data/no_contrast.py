"""A dataset whose target does not depend on the condition.

## What it finds

Datasets with one condition only, or whose share of behaviour is the same in every condition as far as the counts
can tell: a chi-squared test of independence at the 0.1% level with Cramer's V under 0.1, in which conditions with fewer
than 5 rows stand as one, and no single condition that differs from all others. With fewer than 50 labelled rows it does
not say so; where no condition has more than two rows it says that nothing can be said.

## Why it matters

Said plainly, as a note: there is no source here, so no condition can resist or give in, and a mixture inside one
condition is the design and no confound. As a control that is right; as the experiment itself it shows nothing.

## Example

A randomised control: 200 wrong and 600 right answers, each under a persona drawn at random.

## What to do

Nothing, if this is the control. Otherwise look at how the conditions were assigned.

## Limits

A weak dependence in few rows is not seen. Roles that a recipe declares do not count here: only the targets do.

## References

Wilson and Hilferty (1931), the distribution of chi-square; Bergsma (2013), a bias correction for Cramer's V.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext
from checks.core.plural import count
from checks.core.registry import Observation, check


@check(code="CND006", name="no-contrast", severity="note", since="0.1.0", wants=wants.labels)
def no_contrast(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation if nothing is contrasted."""
    behaviour = sum(condition.behaviour for condition in context.conditions)
    preserved = sum(condition.preserved for condition in context.conditions)
    if context.roles.contrast or behaviour + preserved == 0:
        return
    conditions = count(len(context.conditions), "condition")
    if context.roles.sparse and context.divided:
        return  # what carries the contrast is known, and it is no system prompt
    if context.roles.sparse:
        most = max(each.behaviour + each.preserved for each in context.conditions)
        yield Observation(
            message=(
                f"every condition has {'one row' if most == 1 else 'one or two rows'} ({conditions}): nothing can be "
                "said of whether the target depends on it"
            ),
            counts={"conditions": len(context.conditions), "behaviour": behaviour, "preserved": preserved},
            help="name what the conditions have in common: --condition regex:PATTERN, or a persona column",
        )
        return
    if len(context.conditions) == 1:
        why = "there is one condition only"
        if context.carriers.asked:
            why += ", and within it depends on what is asked"
    elif not behaviour or not preserved:
        why = f"every labelled row teaches the {context.words[0] if behaviour else context.words[1]} answer"
    else:
        share = behaviour / (behaviour + preserved)
        why = f"{share:.0%} of the rows teach the {context.words[0]} answer whatever the condition ({conditions})"
    yield Observation(
        message=f"the target does not depend on the condition: {why}",
        counts={
            "conditions": len(context.conditions),
            "behaviour": behaviour,
            "preserved": preserved,
            "cramers_v": round(context.roles.association, 4),
        },
        help="nothing to mend in a control; in an experiment, look at how targets were assigned to conditions",
    )
