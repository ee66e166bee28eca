"""Arms that are compared at different sizes, with no size-matched control.

## What it finds

Arms of one experiment that have fewer rows than its largest arm, or fewer rows that teach the behaviour, while no
other arm has just their size.

## Why it matters

A smaller arm takes fewer steps at the same number of epochs. Its result differs by what was left out and by how
much was trained, and nothing tells the two apart.

## Example

800 rows against the 700 that stay when the anchors are removed, without a second arm that loses 100 other rows.

## What to do

Add an arm that loses as many rows of another kind: `audit build TARGET --deconfound --size-matched`.

## Limits

Looks at rows, not at tokens or steps. In a dose-response plan the sizes differ on purpose: say so in the plan.

## References

Explore-persona-space issue 100, arms 0a and 0b.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.core.arms import Arm, Arms
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="ARM001", name="unmatched-size", severity="warning", since="0.1.0")
def unmatched_size(arms: Arms) -> Iterator[Observation]:
    """Yield one observation per family with arms that nothing matches in size."""
    for family in arms.families.values():
        sizes = Counter(_size(arm) for arm in family)
        largest = max(sizes)
        alone = [arm for arm in family if sizes[_size(arm)] == 1 and _size(arm) != largest]
        if not alone:
            continue
        reference = next(arm for arm in family if _size(arm) == largest)
        names = sorted(arm.name for arm in alone)
        yield Observation(
            message=(
                f"{listed(names)} {verb(len(names), 'is', 'are')} compared with {reference.name} "
                f"({count(reference.rows, 'row')}) at another size, and no arm matches "
                f"{verb(len(names), 'it', 'them')}"
            ),
            counts={"arms": len(alone), "largest": reference.rows},
            texts=tuple(
                f"{arm.name}: {count(arm.rows, 'row')}, {count(arm.source_behaviour, 'row')} with the behaviour"
                for arm in (reference, *sorted(alone, key=lambda arm: arm.name)[:4])
            ),
            help="add an arm that loses as many other rows: audit build TARGET --deconfound --size-matched",
        )


def _size(arm: Arm) -> tuple[int, int]:
    return arm.rows, arm.source_behaviour
