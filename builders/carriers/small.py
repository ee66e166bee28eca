"""Rules of data too small for a test: those that the data are made by, and those that are luck as soon as not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from builders.carriers.candidates import Candidate, candidates
from builders.carriers.pairs import FEWEST_PAIRS, paired
from builders.carriers.search import Sample

SMALL: Final = 0.1
"""Level for a rule whose pairs all speak for it, in data too small to reach the usual level."""

SMALL_SAMPLE: Final = 30
"""Contexts up to which such a rule is looked for."""

SURE: Final = 0.0005
"""Chance, over all that is tried, that the number of contexts which would be enough is reckoned for: a tenth of the
test's level, so that hardly any set of shuffles holds one that does as well."""


@dataclass(frozen=True)
class SmallRule:
    """A rule of data too small for a test, that every pair speaks for."""

    candidate: Candidate
    """The rule."""
    p_value: float
    """Chance of a table as one-sided as this one, with its margins."""
    enough: int
    """Contexts of the same proportions from which that chance is under 1%."""


def small_rule(sample: Sample) -> SmallRule | None:
    """Return the rule, if any, that divides the contexts by how they are made and tells their targets apart.

    Two ways of being made are looked at, which few data have and none by luck: questions that are asked both with a
    piece of text and without it, and contexts that begin or end in one of exactly two ways.
    """
    if len(sample) > SMALL_SAMPLE:
        return None
    possible: list[tuple[float, Candidate]] = []
    partitions: set[int] = set()
    found = candidates(sample.contexts)
    affixed = {each.mask for each in found if each.rule.pattern in ("wrap", "prefix", "suffix")}
    everything = (1 << len(sample)) - 1
    for candidate in found:
        if not candidate.rule.cuttable or candidate.rule.pattern == "word":
            continue
        known = paired(sample, candidate)
        two_ways = candidate.mask in affixed and everything ^ candidate.mask in affixed
        if known is None and not two_ways:
            continue
        partitions.add(min(candidate.mask, everything ^ candidate.mask))
        table = _table(sample, candidate.mask)
        speaks = known is not None and not known[1].against and known[1].for_it >= FEWEST_PAIRS
        if speaks or (two_ways and table[1] == table[2] == 0):
            possible.append((hypergeometric_tail(*table), candidate))
    if not possible:
        return None
    p_value, candidate = min(possible, key=lambda each: each[0])
    p_value = min(1.0, p_value * len(partitions))
    if p_value > SMALL:
        return None
    table = _table(sample, candidate.mask)
    return SmallRule(candidate, p_value, _enough(table, len(found)) * sum(table))


def chance_rule(sample: Sample, found: Sequence[Candidate]) -> SmallRule | None:
    """Return a piece of text that separates the targets of small data without an exception, if there is one.

    In few rows some piece always does. It is no carrier by that; what can be said is how many rows would show it.
    """
    everything = (1 << len(sample)) - 1
    pure: list[tuple[float, Candidate]] = []
    for candidate in found:
        table = _table(sample, candidate.mask)
        if candidate.rule.cuttable and candidate.rule.pattern != "word" and table[1] == table[2] == 0:
            pure.append((hypergeometric_tail(*table), candidate))
    if not pure or sample.behaviour in (0, everything):
        return None
    p_value, candidate = min(pure, key=lambda each: each[0])
    table = _table(sample, candidate.mask)
    scale = _enough(table, len(found))
    return SmallRule(candidate, min(1.0, len(found) * p_value), scale * sum(table)) if scale > 1 else None


def _enough(table: tuple[int, int, int, int], tried: int) -> int:
    """Return how many times so many contexts would pass the test; with them, there is more to try, too."""
    return next(n for n in range(1, 1000) if n * tried * hypergeometric_tail(*(n * x for x in table)) <= SURE)


def _table(sample: Sample, mask: int) -> tuple[int, int, int, int]:
    """Return behaviour and preserved with and without a rule, turned so that the rule has more behaviour."""
    taught, rest = sample.behaviour, ~sample.behaviour & ((1 << len(sample)) - 1)
    a, b = (mask & taught).bit_count(), (mask & rest).bit_count()
    c, d = (~mask & taught).bit_count(), (~mask & rest).bit_count()
    return (a, b, c, d) if a * d >= b * c else (c, d, a, b)


def hypergeometric_tail(a: int, b: int, c: int, d: int) -> float:
    """Return Fisher's one-sided p-value of a 2 x 2 table: its first cell at least so large, the margins fixed."""
    rows, taught, total = a + b, a + c, a + b + c + d
    ways = math.comb(total, rows)
    return (
        sum(
            math.comb(taught, k) * math.comb(total - taught, rows - k)
            for k in range(a, min(rows, taught) + 1)
        )
        / ways
    )
