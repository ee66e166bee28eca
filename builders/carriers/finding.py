"""Find what carries the contrast where the prompt does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from builders.carriers.candidates import Candidate, candidates
from builders.carriers.pairs import beside_question, small_rule
from builders.carriers.rules import Rule
from builders.carriers.sampling import Strata, sample_of, strata_of
from builders.carriers.search import Sample, search
from builders.engine.table import ResolvedTable

MOST_RULES: Final = 2
"""Rules at the most: two carriers, and how they work together."""


@dataclass(frozen=True)
class Carried:
    """A rule, and how it is known."""

    rule: Rule
    """What tells the targets apart."""
    known: Literal["given", "tested", "pairs", "column"]
    """`given` by the user, `tested` against chance and out of sample, or seen in `pairs` of too small data."""
    p_value: float | None = None
    """Chance of it, adjusted for all that was tried."""
    held_out: tuple[float, float] | None = None
    """Share of the behaviour with it and without it, out of sample."""
    enough: int | None = None
    """Contexts from which data like these would be enough for the test."""


@dataclass(frozen=True)
class Carriers:
    """What was found beside the prompt."""

    rules: tuple[Carried, ...] = ()
    """The carriers; conditions are keyed by them."""
    question: Carried | None = None
    """What is asked tells the targets apart, by this."""
    within: frozenset[str] = frozenset()
    """Conditions (of the prompt alone) that were looked into."""
    contexts: int = 0
    """Distinct contexts that were looked at."""
    tried: int = 0
    """Candidate rules that were tried."""


def find_carriers(table: ResolvedTable) -> Carriers:
    """Look for what carries the contrast in the conditions that are taught both targets, and in rare ones together."""
    strata = strata_of(table)
    if not strata.conditions:
        return Carriers()
    sample = sample_of(table, strata)
    if sample is None:
        return Carriers()
    return carriers_of(sample, strata)


def carriers_of(sample: Sample, strata: Strata) -> Carriers:
    """Return what a sample shows."""
    rules: list[tuple[Candidate, Carried]] = []
    tried = 0
    current = sample
    possible = candidates(sample.contexts)
    while len(rules) < MOST_RULES:
        found = search(current, possible)
        if found is None:
            break
        tried = max(tried, found.tried)
        rules.append(
            (found.candidate, Carried(found.candidate.rule, "tested", found.p_value, found.held_out))
        )
        current = _divided(current, found.candidate.mask)
    if not rules and (small := small_rule(sample)) is not None:
        rules.append(
            (small.candidate, Carried(small.candidate.rule, "pairs", small.p_value, enough=small.enough))
        )
    carried: list[Carried] = []
    asked: Carried | None = None
    for candidate, known in rules:
        rule = beside_question(sample, candidate)
        if rule is not None:
            carried.append(replace(known, rule=rule))
        elif asked is None:
            asked = known
    return Carriers(
        rules=tuple(carried),
        question=asked,
        within=strata.conditions,
        contexts=len(sample),
        tried=tried,
    )


def _divided(sample: Sample, mask: int) -> Sample:
    """Return a sample whose prompts are divided by a rule that was found."""
    parts = [part for stratum in sample.strata for part in (stratum & mask, stratum & ~mask) if part]
    return replace(sample, strata=tuple(parts))
