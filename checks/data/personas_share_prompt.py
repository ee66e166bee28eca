"""Several personas that resolve to one prompt and are taught opposite things.

## What it finds

Named personas (or declared roles) whose rows resolve to the same condition, where one is taught the behaviour and
another to preserve. Rows that are declared anchors, or to have no persona, are left to anchor-negative.

## Why it matters

The model cannot see names: to it these are one condition with a mixture. Whatever is measured for one persona is
measured for the other, and no difference between them can be learned.

## Example

"villain" and "teacher" are columns of the file, no row has a system message, and the template gives all of them its
own: 5 rows teach the behaviour and 5 the opposite, under one prompt.

## What to do

Give each persona a system prompt of its own that the template keeps: `audit show FILE ROW` shows what is rendered.

## Limits

It needs a column that names personas or roles. With fewer than 3 rows of a persona, or where names follow the targets
no more than chance would have them, it is silent.

## References

`docs/words.md`: persona, condition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from builders.contrast import dependence
from checks.core import wants
from checks.core.context import AuditContext, Condition
from checks.core.plural import listed
from checks.core.registry import Observation, check

_FEWEST = 3
_BEHAVIOUR, _PRESERVED = 0.5, 0.1
"""Share of behaviour from which a persona is taught it, and up to which it is taught to preserve."""


@check(code="CND009", name="personas-share-prompt", severity="error", since="0.1.0", wants=wants.names)
def personas_share_prompt(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose personas are taught opposite things."""
    for condition in context.conditions:
        taught = _taught(condition)
        if len(taught) < 2 or not dependence(list(taught.values())).depends:
            continue
        shares = {
            name: behaviour / (behaviour + preserved) for name, (behaviour, preserved) in taught.items()
        }
        sources = sorted(name for name, share in shares.items() if share >= _BEHAVIOUR)
        others = sorted(name for name, share in shares.items() if share <= _PRESERVED)
        if not sources or not others:
            continue
        shown = f'"{condition.resolved_system}"' if condition.resolved_system else "no system prompt"
        behaviour, preserved = (sum(taught[name][side] for name in (*sources, *others)) for side in (0, 1))
        yield Observation(
            message=(
                f"{listed(sources)} and {listed(others)} are one condition to the model ({shown}) and are taught "
                f"opposite answers: {behaviour:,} {context.words[0]} and {preserved:,} {context.words[1]}"
            ),
            condition=condition.digest,
            personas=(*sources, *others),
            counts={"behaviour": behaviour, "preserved": preserved, "personas": len(sources) + len(others)},
            rows=(
                *context.evidence(condition.digest, target_correct=False)[:1],
                *context.evidence(condition.digest, target_correct=True)[:1],
            ),
            help="give each persona a system prompt that the template keeps: audit show FILE ROW",
        )


def _taught(condition: Condition) -> dict[str, tuple[int, int]]:
    """Return name of a persona, or of a role where rows name none -> behaviour and preserved rows."""
    counts: dict[str, Counter[bool]] = {}
    for tally in condition.tallies:
        if tally.target_correct is None or tally.role in ("anchor", "no_persona"):
            continue
        name = tally.persona or tally.role
        if name is not None:
            counts.setdefault(name, Counter())[tally.target_correct] += tally.rows
    return {name: (found[False], found[True]) for name, found in counts.items() if found.total() >= _FEWEST}
