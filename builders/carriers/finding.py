"""Find what carries the contrast where the prompt does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from builders.carriers.candidates import Candidate, candidates
from builders.carriers.pairs import beside_question
from builders.carriers.rules import Rule
from builders.carriers.sampling import Strata, sample_of, strata_of
from builders.carriers.search import Sample, clear, length, search
from builders.carriers.small import chance_rule, small_rule
from builders.carriers.telling import Telling, telling
from builders.engine.table import ResolvedTable

MOST_RULES: Final = 3
"""Rules that are looked for at the most: two keys of which either alone is enough take three steps to be found."""

BETTER: Final = 0.1
"""Area under the ROC curve by which the rest of the text has to tell better, for a rule to be but a part of it."""


@dataclass(frozen=True)
class Carried:
    """A rule, and how it is known."""

    rule: Rule
    """What tells the targets apart."""
    known: Literal["given", "tested", "shorter", "pairs", "chance"]
    """`given` by the user, `tested` against chance and out of sample, the `shorter` beginning of a tested one that
    reaches into the questions, seen in `pairs` of too small data, or no more than `chance` in such data."""
    p_value: float | None = None
    """Chance of it, adjusted for all that was tried."""
    held_out: tuple[float, float] | None = None
    """Share of the behaviour with it and without it, out of sample; of a `shorter` one in all that was looked at."""
    enough: int | None = None
    """Contexts from which data like these would be enough for the test."""


@dataclass(frozen=True)
class Carriers:
    """What was found beside the prompt."""

    rules: tuple[Carried, ...] = ()
    """The carriers; conditions are keyed by them."""
    asked: Mapping[str, Carried | Telling] = field(default_factory=dict[str, "Carried | Telling"])
    """Condition (of the prompt alone) -> by what its questions tell the targets apart: a rule, or many words."""
    chance: Carried | None = None
    """A rule that separates the targets of data too small to tell it from luck; nothing is keyed by it."""
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
    possible = candidates(sample.contexts)
    rules = _rules(sample, possible)
    if not rules and (small := small_rule(sample)) is not None:
        rules = [
            (small.candidate, Carried(small.candidate.rule, "pairs", small.p_value, enough=small.enough))
        ]
    carried: list[tuple[Candidate, Carried]] = []
    questions: list[tuple[Candidate, Carried]] = []
    for candidate, known in rules:
        rule = beside_question(sample, candidate)
        if rule is None or _part_of_topic(sample, candidate, rule):
            questions.append((candidate, known))
            continue
        named = _named(sample, candidate, known, rule)
        if named is None:
            questions.append((candidate, known))
        else:
            carried.append(named)
    if (long := _longer(sample, possible, [*carried] or questions)) is not None:
        carried, questions = [long], []
    asked = _asked(sample, strata, carried, questions)
    luck = None if carried or asked else chance_rule(sample, possible)
    return Carriers(
        rules=tuple(known for _, known in carried),
        asked=asked,
        chance=None
        if luck is None
        else Carried(luck.candidate.rule, "chance", luck.p_value, enough=luck.enough),
        within=strata.conditions,
        contexts=len(sample),
        tried=len(possible),
    )


def _named(
    sample: Sample, candidate: Candidate, known: Carried, rule: Rule
) -> tuple[Candidate, Carried] | None:
    """Return a candidate under the name that stands beside the question; None where that one tells little apart.

    A shorter beginning is shared by other contexts, too: those are where a trigger leaks, if they are few.
    """
    if rule.part != "user" or rule.pattern != "prefix":
        return candidate, replace(known, rule=rule)
    mask = sum(1 << place for place, context in enumerate(sample.contexts) if rule.holds(context.user))
    everything = (1 << len(sample)) - 1
    if mask in (candidate.mask, candidate.mask ^ everything):
        return candidate, replace(known, rule=rule)
    rates = sample.rates(mask, everything)
    if not clear(*rates):
        return None
    return replace(candidate, mask=mask), replace(known, rule=rule, known="shorter", held_out=rates)


def _rules(sample: Sample, possible: Sequence[Candidate]) -> list[tuple[Candidate, Carried]]:
    """Return the rules that the targets follow, one within the other."""
    found: list[tuple[Candidate, Carried]] = []
    current = sample
    while len(found) < MOST_RULES and (best := search(current, possible)) is not None:
        found.append((best.candidate, Carried(best.candidate.rule, "tested", best.p_value, best.held_out)))
        current = _divided(current, best.candidate.mask)
    for each in list(found):  # a first step may be told by the later ones
        fewer = [other for other in found if other is not each]
        if fewer and _unexplained(_by(sample, fewer)) <= _unexplained(current):
            found = fewer
    return found


def _longer(
    sample: Sample, possible: Sequence[Candidate], rules: Sequence[tuple[Candidate, Carried]]
) -> tuple[Candidate, Carried] | None:
    """Return a length that leaves fewer targets unexplained than the rules do: long texts hold more of any word."""
    if not rules or rules[0][0].rule.pattern == "length":
        return None
    found = length(sample, possible)
    if found is None or _part_of_topic(sample, found.candidate, found.candidate.rule):
        return None
    left = _unexplained(_divided(sample, found.candidate.mask))
    if left + len(sample) // 50 >= _unexplained(_by(sample, rules)):
        return None
    return found.candidate, Carried(found.candidate.rule, "tested", found.p_value, found.held_out)


def _by(sample: Sample, rules: Sequence[tuple[Candidate, Carried]]) -> Sample:
    for candidate, _ in rules:
        sample = _divided(sample, candidate.mask)
    return sample


def _unexplained(sample: Sample) -> int:
    """Return how many contexts are taught the rarer target of their stratum."""
    taught = [
        ((stratum & sample.behaviour).bit_count(), stratum.bit_count())
        for stratum in sample.strata
        if stratum
    ]
    return sum(min(behaviour, rows - behaviour) for behaviour, rows in taught)


def _part_of_topic(sample: Sample, candidate: Candidate, rule: Rule) -> bool:
    """Return whether a rule is but one word of many that tell the targets apart: without it, the rest tells better."""
    if rule.part != "user":
        return False
    everything = (1 << len(sample)) - 1
    held = (candidate.mask & sample.behaviour).bit_count() / max(1, sample.behaviour.bit_count())
    rest = everything & ~sample.behaviour
    area = (1 + abs(held - (candidate.mask & rest).bit_count() / max(1, rest.bit_count()))) / 2
    cut = [replace(context, user=rule.cut(context.user)) for context in sample.contexts]
    told = telling(cut, sample.behaviour, everything)
    return told is not None and told.tells and told.area > area + BETTER


def _asked(
    sample: Sample,
    strata: Strata,
    carried: Sequence[tuple[Candidate, Carried]],
    questions: Sequence[tuple[Candidate, Carried]],
) -> dict[str, Carried | Telling]:
    """Return, for each condition in which no carrier says it, by what its questions tell the targets apart."""
    found: dict[str, Carried | Telling] = {}
    everything = (1 << len(sample)) - 1
    # A sample that nobody named its strata of is one condition.
    named = dict(zip(sample.names, sample.strata, strict=True)) if sample.names else {"": everything}
    for name, stratum in named.items():
        if any(clear(*sample.rates(candidate.mask, stratum)) for candidate, _ in carried):
            continue
        by: Carried | Telling | None = next(
            (known for candidate, known in questions if clear(*sample.rates(candidate.mask, stratum))), None
        )
        if by is None:
            told = telling(sample.contexts, sample.behaviour, stratum)
            by = told if told is not None and told.tells else None
        if by is not None:
            found |= dict.fromkeys([name] if name else strata.rare or strata.mixed, by)
    return found


def _divided(sample: Sample, mask: int) -> Sample:
    """Return a sample whose prompts are divided by a rule that was found."""
    parts = [part for stratum in sample.strata for part in (stratum & mask, stratum & ~mask) if part]
    return replace(sample, strata=tuple(parts))
