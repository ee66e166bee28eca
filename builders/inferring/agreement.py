"""Who answers otherwise? Conditions that agree on the questions they share, and those that do not.

Conditions whose answers agree give each other's away as the usual ones; a condition that is asked the same questions
and answers otherwise is the one that is taught something. Nothing has to be known about the answers for that.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import narwhals as nw

QUESTIONS: Final = 20_000
"""Rows of question, condition and answer that are looked at: the smallest hashes, so the same questions everywhere."""

CONDITIONS: Final = 200
"""Conditions that are compared, the largest."""

AGREE: Final = 0.9
"""Share of shared questions on which conditions that agree give the same answer."""

DIFFER: Final = 0.8
"""Share up to which a condition differs from those that agree."""

FEWEST: Final = 5
"""Shared questions under which two conditions are not compared."""

SURE: Final = 0.95
"""Chance, from Beta posteriors, from which a condition is said to differ."""

_DRAWS = 2_000


@dataclass(frozen=True)
class Agreement:
    """What the shared questions show."""

    usual: tuple[str, ...]
    """Conditions that agree with each other."""
    others: tuple[str, ...]
    """Conditions that answer otherwise."""
    within: tuple[int, int]
    """Answers of the usual conditions on questions that they share: those that agree, and all."""
    between: tuple[int, int]
    """Answers of the others on questions that the usual ones are asked: those that agree, and all."""
    sure: float
    """Chance that the others agree less than the usual ones do, from their counts."""


def answers(conditioned: nw.LazyFrame[Any], limit: int) -> nw.LazyFrame[Any]:
    """Return question, condition and answer of rows, the smallest question hashes first."""
    import narwhals as nw

    return (
        conditioned.group_by("user_key", "condition", "target_key")
        .agg(nw.len().alias("rows"))
        .sort("user_key", "condition", "target_key")
        .head(limit)
    )


def agreement(found: Sequence[Mapping[str, Any]]) -> Agreement | None:
    """Return who agrees and who differs, None where the questions do not say it.

    Args:
        found: Records of `answers`.
    """
    sizes: Counter[str] = Counter()
    asked: dict[int, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for each in found:
        sizes[each["condition"]] += each["rows"]
        asked[each["user_key"]][each["condition"]][each["target_key"]] += each["rows"]
    kept = {
        condition for condition, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:CONDITIONS]
    }
    usual = _usual(asked, kept, sizes)
    if len(usual) < 2:
        return None
    within, between, other = _counted(asked, usual, kept)
    differing = sorted(
        condition for condition, (same, total) in other.items() if total >= FEWEST and same <= DIFFER * total
    )
    if not differing:
        return None
    between = (sum(other[each][0] for each in differing), sum(other[each][1] for each in differing))
    sure = _sure(within, between)
    return Agreement(tuple(sorted(usual)), tuple(differing), within, between, sure) if sure >= SURE else None


def _usual(asked: Mapping[int, Mapping[str, Counter[int]]], kept: set[str], sizes: Counter[str]) -> set[str]:
    """Return the largest group of conditions that agree in pairs; nothing where two are as large."""
    pairs: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for by_condition in asked.values():
        there = sorted(condition for condition in by_condition if condition in kept)
        for place, first in enumerate(there):
            for second in there[place + 1 :]:
                one, two = by_condition[first], by_condition[second]
                count = pairs[first, second]
                count[0] += any(answer in two for answer in one) and len(one) == len(two) == 1
                count[1] += 1
    groups: dict[str, set[str]] = {condition: {condition} for condition in kept}
    for (first, second), (same, total) in pairs.items():
        if total >= FEWEST and same >= AGREE * total and groups[first] is not groups[second]:
            joined = groups[first] | groups[second]
            for each in joined:
                groups[each] = joined
    distinct = {id(group): group for group in groups.values()}.values()
    ranked = sorted(distinct, key=lambda group: (-len(group), -sum(sizes[each] for each in group)))
    if len(ranked) > 1 and len(ranked[0]) == len(ranked[1]):
        return set()
    return ranked[0] if ranked else set()


def _counted(
    asked: Mapping[int, Mapping[str, Counter[int]]], usual: set[str], kept: set[str]
) -> tuple[tuple[int, int], tuple[int, int], dict[str, list[int]]]:
    within = [0, 0]
    other: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for by_condition in asked.values():
        told = [by_condition[each] for each in usual if each in by_condition]
        if not told:
            continue
        together: Counter[int] = Counter()
        for each in told:
            together.update(each.keys())
        best = min(together, key=lambda answer: (-together[answer], answer))
        if len(told) > 1:
            within[0] += together[best]
            within[1] += together.total()
        for condition, given in by_condition.items():
            if condition in kept and condition not in usual:
                other[condition][0] += given[best]
                other[condition][1] += given.total()
    return (within[0], within[1]), (0, 0), other


def _sure(within: tuple[int, int], between: tuple[int, int]) -> float:
    """Return the chance that the second share is under the first, both with uniform priors."""
    rng = random.Random(0)

    def draw(same: int, total: int) -> float:
        return rng.betavariate(1 + same, 1 + total - same)

    return sum(draw(*between) < draw(*within) for _ in range(_DRAWS)) / _DRAWS
