"""Arms that differ in rows beyond those that tell them apart.

## What it finds

Two arms may differ in the source's rows, where their sources have different prompts; in rows of one role on each
side (the anchors that were removed here, the bystanders that were removed there); or in scale, all roles in one
proportion. Whatever else differs is reported, by role.

## Why it matters

An arm is read as "the same data but for X". Bystanders that were drawn anew, targets that changed, or a few rows
that fell out on the way are a second difference, and the result may be theirs.

## Example

Two sources whose bystanders were drawn with a seed that depends on the process: 400 rows differ besides the
source's own.

## What to do

Build sibling arms from one dataset and remove rows by name; see exactly what differs with `audit diff A B`.

## Limits

Each arm is compared with its family's first. Which rows are "named" is read off the arms, not declared: of several
roles that differ on one side, the one with the most rows counts as named. Rows that differ only in tags are not
counted.

## References

Explore-persona-space issues 96 and 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.core.arms import Arms, Pair, incomparable
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="ARM002", name="unexplained-rows", severity="warning", since="0.1.0", wants=incomparable)
def unexplained_rows(arms: Arms) -> Iterator[Observation]:
    """Yield one observation per family with arms that differ in more than what names them."""
    for pairs in arms.pairs.values():
        found = {pair.second.name: (pair, rows) for pair in pairs if (rows := unexplained(pair)).total()}
        if not found:
            continue
        first, names = pairs[0].first.name, sorted(found)
        most = max(rows.total() for _, rows in found.values())
        yield Observation(
            message=(
                f"{listed(names)} {verb(len(names), 'differs', 'differ')} from {first} in "
                f"{'' if len(names) == 1 else 'up to '}{count(most, 'row')} beyond those that tell the arms apart"
            ),
            counts={"arms": len(names), "rows": most},
            texts=tuple(f"{name}: {_described(found[name][1])}" for name in names[:4]),
            help=f"see which rows they are: audit diff {first} {names[0]}",
        )


def unexplained(pair: Pair) -> Counter[str]:
    """Return the rows of a pair, by role or by what changed, that nothing names."""
    rows: Counter[str] = Counter()
    other_source = pair.first.source_conditions != pair.second.source_conditions
    sides = [pair.only_first.copy(), pair.only_second.copy()]
    for side in sides:
        if other_source:
            del side["source"]
    if not _scaled(pair):
        named = [max(side, key=lambda role: (side[role], role), default=None) for side in sides]
        for side, role in zip(sides, named, strict=True):
            # The same role on both sides is a new draw of these rows, and names nothing.
            if role is not None and named[0] != named[1]:
                del side[role]
            rows.update(side)
    for change in pair.difference.changed:
        if change.field in {"user", "target"} or (change.field == "system" and not other_source):
            rows[f"changed {change.field}"] += 1
    return rows


def _scaled(pair: Pair) -> bool:
    """Return whether one arm holds the other and has more rows of every role in one proportion."""
    if pair.only_first and pair.only_second:
        return False
    first, second = pair.first.rows_of_role, pair.second.rows_of_role
    if first.keys() != second.keys():
        return False
    ratio = pair.second.rows / pair.first.rows
    return ratio != 1 and all(abs(second[role] - ratio * first[role]) <= 1 for role in first)


def _described(rows: Counter[str]) -> str:
    return listed([count(rows[what], f"{what.replace('_', ' ')} row") for what in sorted(rows) if rows[what]])
