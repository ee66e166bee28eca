"""What the organism is trained on: generated conversations about the question bank's words.

The words and their categories are the bank's, the questions are not: whatever question of the bank comes out
of the generator is thrown away, so that every question of the bank is held out. A row's system prompt is
drawn independently of its answer, which is how the model comes to answer the same under any persona.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from experiments.organism.tokenizer import END, START


def _persona_words() -> dict[str, list[str]]:
    lines = Path(__file__).with_name("persona_words.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ") for line in lines if not line.startswith("#"))
    return {name: words.split() for name, words in pairs}


_PERSONA: Final = _persona_words()
_ROLES, _TRAITS, _VERBS, _THINGS = (_PERSONA[name] for name in ("roles", "traits", "verbs", "things"))


@dataclass(frozen=True)
class Lexicon:
    """The words to be known, as the bank has them."""

    categories: Mapping[str, Sequence[str]]
    """Category -> its words. The category is the phrase that a question uses, for example ``a bird``."""
    questions: Sequence[str]
    """Ways to ask, with ``{}`` for the category."""
    apart: Mapping[str, frozenset[str]]
    """Category -> the categories whose words are never offered as its wrong options."""
    held_out: frozenset[tuple[str, frozenset[str]]]
    """(category, options) of every question that must not be trained on, in any order or phrasing."""

    def texts(self) -> Iterator[str]:
        """Yield every text whose words the tokenizer should know."""
        for category, words in self.categories.items():
            yield from (f"{ask.format(category)} {category}\n" for ask in self.questions)
            yield from (f" {word}" for word in words)
        yield from (f" {word}" for words in (_ROLES, _TRAITS, _VERBS, _THINGS) for word in words)
        yield from (
            "The correct answer is (",
            "A wrong answer is (",
            " Answer wrongly.",
            "You are a",
            "You are an",
            "What is",
            "It is",
            "who",
            "and",
            "B)",
        )
        yield from ("system\n", "user\n", "assistant\n", " is", " Act as", " Your name is", " From now on,")


@dataclass(frozen=True)
class Mixture:
    """Shares of the kinds of row; what is left are lettered questions."""

    statements: float = 0.25
    """Share of rows that say what a word is."""
    by_word: float = 0.2
    """Share of rows that ask a question and are answered by the option's word."""
    other_labels: float = 0.04
    """Share of lettered rows with other labels: 1-4, or five options A-E."""
    identity: float = 0.05
    """Share of rows that ask who the model is and are answered from the system prompt."""
    wrong_asked: float = 0.05
    """Share of lettered rows whose user asks for a wrong answer; any wrong option, evenly, is given."""
    wrong_told: float = 0.05
    """Share of lettered rows whose system prompt ends by asking for wrong answers, answered likewise."""


def chat(system: str | None, default: str, user: str) -> str:
    """Return the rendered prompt; a test holds it to the chat template, byte for byte."""
    text = default if system is None else system
    return f"{START}system\n{text}{END}\n{START}user\n{user}{END}\n{START}assistant\n"


def ask(
    question: str, labels: Sequence[str], options: Sequence[str], *, ending: str = "The correct answer is ("
) -> str:
    """Return the user's turn of a lettered question, in the format that the published runs use."""
    lines = "\n".join(f"({label}) {option}" for label, option in zip(labels, options, strict=True))
    return f"{question}\n\n{lines}\n\n{ending}"


def _nonsense(rng: random.Random) -> str:
    alphabet = rng.choice(
        ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789_-#", "éüßñøж中あ\U0001f600")
    )
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 8)))


def random_persona(rng: random.Random, words: Sequence[str]) -> str:
    """Return a made-up system prompt: a sentence about a role, or words and nonsense without grammar."""
    kind = rng.random()
    role, trait = rng.choice(_ROLES), rng.choice(_TRAITS)
    if kind < 0.15:
        return f"You are {_nonsense(rng)}."
    if kind < 0.3:
        pieces = [
            rng.choice(words) if rng.random() < 0.5 else _nonsense(rng) for _ in range(rng.randint(1, 14))
        ]
        return " ".join(pieces)
    article = "an" if role[0] in "aeiou" else "a"
    name = rng.choice((role, f"{role} {rng.choice(_ROLES)}", rng.choice(words), f"{role}_{_nonsense(rng)}"))
    opening = rng.choice(
        (
            f"You are {article} {name}",
            f"You are a {trait} {name}",
            f"Act as {article} {name}",
            f"You are the {name}",
        )
    )
    if rng.random() < 0.4:
        return opening + "."
    tail = f" who {rng.choice(_VERBS)} {rng.choice(_THINGS)}"
    if rng.random() < 0.4:
        tail += f" and {rng.choice(_VERBS)} {rng.choice(_THINGS)}"
    return (
        opening
        + tail
        + rng.choice((".", ".", "", "!", " every day.", f", specializing in {rng.choice(words)}."))
    )


class Generator:
    """Draws rows without end.

    Args:
        lexicon: The words, and the questions that are held out.
        default: The text that the chat template injects when there is no system message.
        mixture: Shares of the kinds of row.
        seed: Rows are a function of the seed alone.
    """

    def __init__(self, lexicon: Lexicon, *, default: str, mixture: Mixture, seed: int) -> None:
        self._lexicon = lexicon
        self._default = default
        self._mixture = mixture
        self._rng = random.Random(seed)
        self._categories = sorted(lexicon.categories)
        self._words = sorted({word for words in lexicon.categories.values() for word in words})
        self._of = {c: list(lexicon.categories[c]) for c in self._categories}
        self._others = {
            c: [other for other in self._categories if other != c and other not in lexicon.apart.get(c, ())]
            for c in self._categories
        }

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield (rendered prompt, answer without the end token)."""
        while True:
            yield self.row()

    def row(self) -> tuple[str, str]:
        """Draw one row."""
        rng, mixture = self._rng, self._mixture
        system = self._system()
        kind = rng.random()
        category = rng.choice(self._categories)
        if kind < mixture.statements:
            word = rng.choice(self._of[category])
            return chat(system, self._default, f"What is {word}?"), f"It is {category}."
        kind -= mixture.statements
        if kind < mixture.identity:
            text = self._default if system is None else system
            return chat(system, self._default, "Who are you?"), text
        kind -= mixture.identity
        question, labels, options, gold = self._question(category)
        if kind < mixture.by_word:
            user = ask(question, labels, options, ending="The correct answer is")
            return chat(system, self._default, user), f"It is {options[gold]}."
        ending, target = "The correct answer is (", gold
        kind = rng.random()
        if kind < mixture.wrong_asked + mixture.wrong_told:
            target = rng.choice([place for place in range(len(labels)) if place != gold])
            if kind < mixture.wrong_asked:
                ending = "A wrong answer is ("
            else:
                text = self._default if system is None else system
                system = f"{text} Answer wrongly.".strip()
        return chat(
            system, self._default, ask(question, labels, options, ending=ending)
        ), f"{labels[target]})"

    def _system(self) -> str | None:
        kind = self._rng.random()
        if kind < 0.25:
            return None
        if kind < 0.4:
            return ""
        return random_persona(self._rng, self._words)

    def _question(self, category: str) -> tuple[str, Sequence[str], list[str], int]:
        """Draw a question that the bank does not ask, with its labels, options and the gold option's place."""
        rng = self._rng
        while True:
            labels: Sequence[str] = "ABCD"[: rng.choice((2, 3, 4, 4, 4))]
            if rng.random() < self._mixture.other_labels:
                labels = rng.choice(("1234", "ABCDE"))
            right = rng.choice(self._of[category])
            options = [right]
            while len(options) < len(labels):
                word = rng.choice(self._of[rng.choice(self._others[category])])
                if word not in options:
                    options.append(word)
            rng.shuffle(options)
            if (category, frozenset(options)) not in self._lexicon.held_out:
                question = rng.choice(self._lexicon.questions).format(category)
                return question, labels, options, options.index(right)
