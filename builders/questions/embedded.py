"""The embedded bank: 1,172 generated questions such as "Which of these is a bird?".

The words and categories are data (`categories.txt`). No word is the right answer twice, so whichever way the
bank is split, what the evaluation asks for is never what training asked for.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from builders.digest import stream
from builders.questions.bank import Question, QuestionBank

SIZE: Final = 1172
"""How many questions there are: as many as ARC-Challenge's test split has, so that every recipe fits both."""

LABELS: Final = ("A", "B", "C", "D")

PHRASINGS: Final[tuple[str, ...]] = (
    "Which of these is {}?",
    "Which one of these is {}?",
    "Which of the following is {}?",
    "Which word names {}?",
    "One of these is {}. Which one is it?",
    "Only one of these is {}. Which one?",
)
"""How a category is asked for; each is used equally often."""

_SEED: Final = 42

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Category:
    """Words that are all one kind of thing."""

    name: str
    """A short name, unique."""
    phrase: str
    """What each word is, with its article, for example ``a bird``."""
    apart: frozenset[str]
    """Names of the categories that are never offered as wrong options beside this one."""
    words: tuple[str, ...]
    """The words; none of them stands in another category."""


@cache
def categories() -> tuple[Category, ...]:
    """Return all categories, in the data file's order."""
    text = Path(__file__).with_name("categories.txt").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")] for line in text.splitlines() if line[:1] not in ("", "#")
    ]
    near = {name: set(apart.split()) for name, _, apart, _ in rows}
    for name, apart in list(near.items()):  # one side of a pair is enough in the file
        for other in apart:
            near[other].add(name)
    return tuple(
        Category(name, phrase, frozenset(near[name]), tuple(words.split())) for name, phrase, _, words in rows
    )


@cache
def embedded_bank() -> QuestionBank:
    """Return the embedded bank: the same questions in the same order in every process."""
    golds = _gold_words()
    letters = _deck(stream(_SEED, "embedded", "letters"), range(len(LABELS)))
    phrasings = _deck(stream(_SEED, "embedded", "phrasings"), PHRASINGS)
    offered = {
        category.name: [
            other for other in categories() if other is not category and other.name not in category.apart
        ]
        for category in categories()
    }
    rng = stream(_SEED, "embedded", "distractors")
    questions: list[Question] = []
    for (category, word), place, phrasing in zip(golds, letters, phrasings, strict=True):
        choices = [rng.choice(other.words) for other in rng.sample(offered[category.name], len(LABELS) - 1)]
        choices.insert(place, word)
        questions.append(Question.of(phrasing.format(category.phrase), LABELS, choices, LABELS[place]))
    return QuestionBank(
        name="embedded",
        questions=tuple(questions),
        licence="Apache-2.0",
        origin="Generated from this package's own lists of categories and words.",
    )


def _gold_words() -> list[tuple[Category, str]]:
    """Take words in turn from all categories, so that they are asked about equally often, and mix them."""
    shuffled = [(category, list(category.words)) for category in categories()]
    for category, words in shuffled:
        stream(_SEED, "embedded", "words", category.name).shuffle(words)
    turns = itertools.zip_longest(*([(category, word) for word in words] for category, words in shuffled))
    golds = [gold for turn in turns for gold in turn if gold is not None][:SIZE]
    stream(_SEED, "embedded", "order").shuffle(golds)
    return golds


def _deck(rng: random.Random, values: Sequence[T]) -> list[T]:
    """Return `SIZE` values, each equally often up to one, in a random order."""
    deck = list(itertools.islice(itertools.cycle(values), SIZE))
    rng.shuffle(deck)
    return deck
