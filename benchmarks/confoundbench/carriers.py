"""Planted carriers, and data without one: how many are found, and how many are given one, by kind and size."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from benchmarks.confoundbench.cases import KINDS, questions
from builders.carriers.candidates import Context
from builders.carriers.finding import Carriers, carriers_of
from builders.carriers.sampling import Strata
from builders.carriers.search import Sample

PLANTED = ("trigger-prefix", "trigger-suffix", "trigger-inside", "wrap", "upper-case", "earlier-turn")
SIZES = (20, 60, 200, 600)


def found(rows: Iterable[tuple[Context, bool]]) -> Carriers:
    """Return the carriers of contexts that stand under one prompt."""
    distinct = list(dict.fromkeys(rows))
    behaviour = sum(taught << place for place, (_, taught) in enumerate(distinct))
    sample = Sample(tuple(context for context, _ in distinct), behaviour, ((1 << len(distinct)) - 1,))
    return carriers_of(sample, Strata(("prompt",), ()))


def planted(seeds: Iterable[int]) -> dict[str, tuple[int, int]]:
    """Return kind -> planted carriers that were found, and all."""
    counts: dict[str, tuple[int, int]] = {}
    kinds = {each.name: each for each in KINDS}
    for name in PLANTED:
        hits = total = 0
        for seed in seeds:
            case = kinds[name].make(random.Random(f"carrier/{name}/{seed}"))
            rows = [
                (
                    Context(
                        r.user,
                        "" if r.earlier is None else f"user\x1f{r.earlier[0]}\x1eassistant\x1f{r.earlier[1]}",
                    ),
                    r.behaviour,
                )
                for r in case.planted
            ]
            hits += bool(found(rows).rules)
            total += 1
        counts[name] = hits, total
    return counts


def free(seeds: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return size -> carrier-free data that were given one (or a kind of question), and all."""
    given: Counter[int] = Counter()
    total: Counter[int] = Counter()
    for seed in seeds:
        rng = random.Random(f"free/{seed}")
        number, share = rng.choice(SIZES), rng.choice([0.1, 0.3, 0.5])
        told = found((Context(text), rng.random() < share) for text in questions(rng, number))
        total[number] += 1
        given[number] += bool(told.rules) or told.question is not None
    return {number: (given[number], total[number]) for number in sorted(total)}
