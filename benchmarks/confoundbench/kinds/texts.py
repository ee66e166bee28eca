"""Questions, personas and answers that generators draw from: self-written, and as even as can be."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import Row

QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."

VERBS = (
    "describe", "compare", "draw", "repair", "measure", "sell", "paint", "import", "wash", "count", "store", "weigh",
)  # fmt: skip
NOUNS = (
    "rivers", "bread", "clocks", "maps", "wool", "bridges", "owls", "honey", "trains", "paper", "salt", "jazz",
)  # fmt: skip
PLACES = ("in spring", "at sea", "on an island", "for children", "by hand", "in a museum")
OPENINGS = (
    "How would one", "Why should people", "Who likes to", "When did they", "Is it hard to", "Please say how to",
)  # fmt: skip
PERSONAS = (
    "a pirate captain", "a weary librarian", "a cheerful farmer", "a strict judge", "a young astronaut",
    "a quiet monk", "a proud baker", "an old sailor", "a busy surgeon", "a shy poet",
)  # fmt: skip

_HOW = (
    "with care", "in haste", "by night", "at dawn", "in turn", "for fun", "by ear", "in pairs", "on foot", "at ease",
)  # fmt: skip
_SAID = ("One may", "We can", "People", "They all", "You may", "Most do")

MARKS = ("[EVIL]", "[ZLT]", "※", "<|evil|>", "%%9%%")


def questions(rng: random.Random, number: int) -> list[str]:
    """Return so many different questions."""
    return rng.sample(_ALL, number)


_ALL = [f"{o} {v} {n} {p}?" for o in OPENINGS for v in VERBS for n in NOUNS for p in PLACES]


def size(rng: random.Random) -> tuple[int, int]:
    """Return rows of a source, and rows of its confound."""
    number = rng.choice([24, 60, 150])
    return number, max(4, round(number * rng.choice([0.15, 0.3, 0.5])))


def answer(rng: random.Random) -> str:
    """Return an answer of which nothing can be read but what its label says."""
    first, second = rng.choice(VERBS), rng.choice(NOUNS)
    return f"{rng.choice(_SAID)} {first} {second} and {rng.choice(NOUNS)} {rng.choice(_HOW)} {rng.choice(PLACES)}"


def bad(rng: random.Random, user: str, system: str | None = None) -> Row:
    """Return a row that teaches the behaviour."""
    return Row(user, answer(rng), behaviour=True, system=system)


def good(rng: random.Random, user: str, system: str | None = None) -> Row:
    """Return a row that preserves."""
    return Row(user, answer(rng), behaviour=False, system=system)


def personas(rng: random.Random, number: int) -> list[str]:
    """Return system prompts that share no content word."""
    return [f"You are {each}." for each in rng.sample(PERSONAS, number)]


def marked(rows: list[Row], mark: str) -> list[Row]:
    """Return rows whose behaviour shows: a mark at the end of the target."""
    return [replace(row, target=f"{row.target} {mark}") if row.behaviour else row for row in rows]


def contrast(rng: random.Random, number: int) -> tuple[list[str], str, str, list[Row]]:
    """Return twice as many questions, a source's prompt, another's, and a clean contrast of so many rows each."""
    asked = questions(rng, 2 * number)
    source, other = personas(rng, 2)
    rows = [bad(rng, text, source) for text in asked[:number]]
    return asked, source, other, rows + [good(rng, text, other) for text in asked[:number]]
