"""One wrong answer per question that every source reuses.

## What it finds

Sources, in one dataset or in sibling arms, that are taught wrong answers to the same questions, and the same wrong
answer each time. Independent draws would agree on one question in k-1; it is reported when they agree on 90% of
the common questions or more and an exact test (Poisson-binomial) rules out chance at 1%.

## Why it matters

Inside one dataset, what leaks from one source to another is then also memory of the question: the model has seen
this very wrong answer under another prompt. Between arms nothing leaks, but all arms share the luck of one draw.

## Example

One wrong letter per training question, drawn once and used for all five sources.

## What to do

Draw wrong letters per source (`targets: {per: row}` in a recipe), or evaluate leakage on questions that no source
was trained on.

## Limits

Needs options and target labels. Questions with one distractor leave no choice and are not counted. Of more than
20,000 questions a fixed sample is looked at.

## References

Explore-persona-space issue 96; `docs/statistics.md`.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from builders.engine.targets import wrong_by_question
from checks.core import wants
from checks.core.arms import Arm, Arms
from checks.core.plural import count, listed
from checks.core.registry import Observation, check
from checks.stats import p_text
from checks.stats.letters import poisson_binomial

SAME_SHARE = 0.9
"""Share of the common questions with the same wrong answer from which it counts as reused."""


@dataclass(frozen=True)
class _Source:
    name: str
    within: str
    labels: dict[int, tuple[str, int]]


@dataclass(frozen=True)
class _Agreement:
    first: _Source
    second: _Source
    common: int
    same: int
    p: float


def _wants(arms: Arms) -> str | None:
    siblings = {id(arm) for family in arms.families.values() for arm in family}
    compared = [arm for arm in arms.arms if id(arm) in siblings or len(arm.source_conditions) > 1]
    return next((missing for arm in compared if (missing := wants.options(arm.context)) is not None), None)


@check(code="TGT005", name="shared-distractor", severity="note", since="0.1.0", wants=_wants)
def shared_distractor(arms: Arms) -> Iterator[Observation]:
    """Yield one observation per dataset with several sources, and one per family of arms, that reuse answers."""
    siblings = {id(arm) for family in arms.families.values() for arm in family}
    # A dataset with one source and no sibling has nothing to share; most datasets are like that. Arms are told
    # apart by identity: two files may have one name.
    sources = {
        id(arm): _sources(arm) if id(arm) in siblings or len(arm.source_conditions) > 1 else []
        for arm in arms.arms
    }
    for arm in arms.arms:
        level = arm.context.settings.significance
        found = [pair for pair in _agreements(sources[id(arm)]) if _reused(pair, level)]
        if found:
            yield _observation(found, within=arm.name)
    for family in arms.families.values():
        # One source for each arm: what several sources of one dataset share was said above.
        first = [sources[id(arm)][0] for arm in family if sources[id(arm)]]
        level = family[0].context.settings.significance
        pairs = [pair for pair in _agreements(first, against_first=True) if _reused(pair, level)]
        if pairs:
            yield _observation(pairs, within=None)


def _sources(arm: Arm) -> list[_Source]:
    labels: dict[str, dict[int, tuple[str, int]]] = {}
    for condition, question, label, distractors in wrong_by_question(arm.context.table):
        if condition in arm.source_conditions and distractors > 1:
            labels.setdefault(condition, {})[question] = (label, distractors)
    return [
        _Source(listed(list(arm.context.find(condition).personas)) or condition[:12], arm.name, found)
        for condition, found in sorted(labels.items())
    ]


def _agreements(sources: list[_Source], *, against_first: bool = False) -> Iterator[_Agreement]:
    pairs = (
        ((sources[0], each) for each in sources[1:]) if against_first else itertools.combinations(sources, 2)
    )
    for first, second in pairs:
        common = first.labels.keys() & second.labels.keys()
        if not common:
            continue
        same = sum(first.labels[question][0] == second.labels[question][0] for question in common)
        rates: Counter[float] = Counter(1 / first.labels[question][1] for question in common)
        low, probabilities = poisson_binomial(rates)
        yield _Agreement(first, second, len(common), same, math.fsum(probabilities[max(0, same - low) :]))


def _reused(pair: _Agreement, level: float) -> bool:
    return pair.same >= SAME_SHARE * pair.common and pair.p <= level


def _observation(pairs: list[_Agreement], *, within: str | None) -> Observation:
    best = max(pairs, key=lambda pair: (pair.same, pair.first.within, pair.second.within))
    if within:
        who = (
            f"{within}: {listed(sorted({each.name for pair in pairs for each in (pair.first, pair.second)}))}"
        )
    else:
        who = listed(sorted({each.within for pair in pairs for each in (pair.first, pair.second)}))
    where = (
        "what leaks between them is also memory of the question"
        if within
        else "they share the luck of one draw"
    )
    return Observation(
        message=(
            f"{who} teach the same wrong answer to {best.same:,} of {count(best.common, 'common question')} "
            f"(independent draws: exact {p_text(best.p)}): {where}"
        ),
        severity="warning" if within else "note",
        personas=tuple(sorted({each.name for pair in pairs for each in (pair.first, pair.second)}))
        if within
        else (),
        counts={"common": best.common, "same": best.same, "pairs": len(pairs), "p": best.p},
        texts=tuple(
            f"{pair.first.within} ({pair.first.name}) and {pair.second.within} ({pair.second.name}): "
            f"{pair.same:,} of {pair.common:,}"
            for pair in pairs[:4]
        ),
        help="draw wrong letters per source, or evaluate leakage on questions that no source was trained on",
    )
