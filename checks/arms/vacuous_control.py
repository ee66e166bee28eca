"""A control that has the confound of the arm it controls, or lacks what that arm lacks.

## What it finds

Arms that are declared to control another one, and agree with it on the very thing: both have `preserved` rows under
their source's resolved prompt, or neither has.

## Why it matters

A control shows what happens without the suspected cause (or with it alone). If it agrees with its arm on that
cause, the comparison must come out equal, and an equal outcome says nothing.

## Example

A "deconfounded" control from which the rows under "You are a helpful assistant." were removed, while rows without
a system message still resolve to the source's prompt.

## What to do

Build the pair from one dataset: `audit build TARGET --deconfound --size-matched` removes anchors by their resolved
prompt in one arm and other rows in its twin.

## Limits

Only declared controls (`control_of` in a plan, or the pair that `audit build` writes). Whether a confound that only
shrank still matters is a matter of its prediction: see anchor-negative.

## References

Explore-persona-space issue 100, arm None of experiment C.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.arms import Arms
from checks.core.plural import count, verb
from checks.core.registry import Observation, check


def _wants(arms: Arms) -> str | None:
    known = {arm.name for arm in arms.arms}
    lost = sorted(
        arm.control_of for arm in arms.arms if arm.control_of is not None and arm.control_of not in known
    )
    return f"{lost[0]}, which an arm controls, is not among the targets" if lost else None


@check(code="ARM004", name="vacuous-control", severity="error", since="0.1.0", wants=_wants)
def vacuous_control(arms: Arms) -> Iterator[Observation]:
    """Yield one observation per declared control that agrees with its arm on the confound."""
    for pair in arms.controls:
        arm, control = pair.first, pair.second
        # Without a contrast nothing is inferred to be a source: what the arm calls one is looked at.
        own = [each for each in control.context.conditions if each.digest in arm.source_conditions]
        kept = sum(each.preserved for each in own)
        if kept and arm.context.roles.contrast and not control.context.roles.contrast:
            yield Observation(
                message=(
                    f"{control.name} controls {arm.name} and keeps its confound, but has lost the contrast: what it "
                    "teaches does not depend on the condition any more"
                ),
                counts={"arm_preserved": arm.source_preserved, "control_preserved": kept},
                help="compare the arms without a size-matched control, or add bystanders",
            )
            continue
        if bool(arm.source_preserved) != bool(control.source_preserved):
            continue
        right = arm.context.words[1]
        if control.source_preserved:
            message = (
                f"{control.name} controls {arm.name} and still holds its confound: "
                f"{count(control.source_preserved, 'row')} that {verb(control.source_preserved, 'teaches', 'teach')} "
                f"the {right} answer under the source's resolved prompt, against {arm.source_preserved:,}"
            )
        else:
            message = (
                f"{control.name} controls {arm.name} and changes nothing about it: neither teaches the {right} "
                "answer under the source's resolved prompt"
            )
        yield Observation(
            message=message,
            personas=tuple(sorted({name for each in control.context.sources for name in each.personas})),
            counts={"arm_preserved": arm.source_preserved, "control_preserved": control.source_preserved},
            help="build both from one dataset: audit build TARGET --deconfound --size-matched",
        )
