"""Shared rows that stand in another order.

## What it finds

Arms of one experiment whose common rows come in different orders, and how few of them would have to move.

## Why it matters

A trainer that reads the file in order, or shuffles places with one seed, then puts other rows together into a
batch. The arms differ by their data and by their batches; the second difference is a matter of luck, like a seed.

## Example

Sibling arms 0a and 0b that were shuffled with different seeds after 100 rows had been removed from each.

## What to do

Shuffle once, before rows are removed; or train each arm with several seeds, so that this luck is in the spread.

## Limits

Each arm is compared with its family's first. Repeated rows are matched in the order in which they come.

## References

M. L. Fredman, On computing the length of longest increasing subsequences (1975).
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.arms import Arms, Pair, incomparable
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="ARM003", name="order-differs", severity="note", since="0.1.0", wants=incomparable)
def order_differs(arms: Arms) -> Iterator[Observation]:
    """Yield one observation per family whose arms share rows in another order."""
    for pairs in arms.pairs.values():
        found = {pair.second.name: pair for pair in pairs if pair.difference.moved}
        if not found:
            continue
        first, names = pairs[0].first.name, sorted(found)
        moved = max(len(pair.difference.moved) for pair in found.values())
        yield Observation(
            message=(
                f"{listed(names)} {verb(len(names), 'has', 'have')} the rows shared with {first} in another "
                f"order: {'' if len(names) == 1 else 'up to '}{count(moved, 'row')} would have to move, so the "
                "batches differ too"
            ),
            counts={"arms": len(names), "moved": moved},
            texts=tuple(f"{name}: {_described(found[name])}" for name in names[:4]),
            help="shuffle once before rows are removed, or train each arm with several seeds",
        )


def _described(pair: Pair) -> str:
    return (
        f"{len(pair.difference.moved):,} of {count(pair.difference.matched, 'shared row')} would have to move"
    )
