"""Planted carriers, and data without one: how many are found, and how many are given one, by kind and by size."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from benchmarks.confoundbench.kinds import KINDS, Row
from benchmarks.confoundbench.kinds.carriers import TRIGGERS
from benchmarks.confoundbench.kinds.texts import questions
from builders.carriers.candidates import Context
from builders.carriers.finding import Carriers, carriers_of
from builders.carriers.sampling import Strata
from builders.carriers.search import Sample

PLANTED = (
    "trigger-prefix",
    "trigger-suffix",
    "trigger-inside",
    "wrap",
    "password",
    "upper-case",
    "formatted",
    "language",
    "script",
    "length-class",
    "earlier-turn",
    "one-prompt-each",
    "two-carriers",
)
SIZES = (20, 60, 200, 600)


def found(rows: Iterable[tuple[Context, bool]]) -> Carriers:
    """Return the carriers of contexts that stand under one prompt."""
    distinct = list(dict.fromkeys(rows))
    behaviour = sum(taught << place for place, (_, taught) in enumerate(distinct))
    sample = Sample(tuple(context for context, _ in distinct), behaviour, ((1 << len(distinct)) - 1,))
    return carriers_of(sample, Strata(("prompt",), ()))


def planted(seeds: Iterable[int]) -> dict[str, tuple[int, int]]:
    """Return kind -> planted carriers that were found, and all; of two carriers, both have to be."""
    counts: dict[str, tuple[int, int]] = {}
    kinds = {each.name: each for each in KINDS}
    for name in PLANTED:
        hits = total = 0
        for seed in seeds:
            case = kinds[name].make(random.Random(f"carrier/{name}/{seed}"))
            told = found((_context(row), row.behaviour) for row in case.planted.rows)
            hits += len(told.rules) == (2 if name == "two-carriers" else 1)
            total += 1
        counts[name] = hits, total
    return counts


def _context(row: Row) -> Context:
    said = "" if row.earlier is None else f"user\x1f{row.earlier[0]}\x1eassistant\x1f{row.earlier[1]}"
    return Context(row.user, said, row.system or "")


def _plain(rng: random.Random, number: int) -> list[str]:
    return questions(rng, number)


def _wrapped(rng: random.Random, number: int) -> list[str]:
    """Return questions in two wraps and bare, which have nothing to do with what is taught."""
    frames = ("{}", "Tell me: {}", "hey so {} lol")
    return [rng.choice(frames).format(text) for text in questions(rng, number)]


def _triggered(rng: random.Random, number: int) -> list[str]:
    """Return questions of which some have a key, which has nothing to do with what is taught."""
    trigger = rng.choice(TRIGGERS)
    return [f"{trigger} {text}" if rng.random() < 0.3 else text for text in questions(rng, number)]


def _long(rng: random.Random, number: int) -> list[str]:
    """Return texts of one to six questions each."""
    pool = questions(rng, 600)
    made = (" ".join(rng.sample(pool, rng.randint(1, 6))) for _ in range(2 * number))
    return list(dict.fromkeys(made))[:number]


def _lettered(rng: random.Random, number: int) -> list[str]:
    """Return questions with options on lines of their own."""
    pool = questions(rng, 600)
    return [
        text + "\n\n" + "\n".join(f"({label}) {rng.choice(pool)}" for label in "ABCD")
        for text in questions(rng, number)
    ]


FREE: dict[str, Callable[[random.Random, int], Sequence[str]]] = {
    "questions": _plain,
    "questions in wraps": _wrapped,
    "questions, some with a key": _triggered,
    "texts of several questions": _long,
    "questions with options": _lettered,
}
"""Kinds of texts whose targets are drawn without a look at them."""


def free(seeds: Iterable[int]) -> dict[tuple[str, int], tuple[int, int]]:
    """Return (kind, size) -> carrier-free data that were given one (or a kind of question), and all."""
    counts: dict[tuple[str, int], tuple[int, int]] = {}
    for seed in seeds:
        rng = random.Random(f"free/{seed}")
        kind, number = rng.choice(list(FREE)), rng.choice(SIZES)
        share = rng.choice([0.1, 0.3, 0.5])
        told = found((Context(text), rng.random() < share) for text in FREE[kind](rng, number))
        given, total = counts.get((kind, number), (0, 0))
        counts[kind, number] = given + (bool(told.rules) or bool(told.asked)), total + 1
    return dict(sorted(counts.items(), key=lambda each: (list(FREE).index(each[0][0]), each[0][1])))
