"""What is asked decides: no anchor negative, and nothing to take out."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import NOUNS, PLACES, VERBS, bad, good, personas, size

_HARM = (
    "poison", "bomb", "weapon", "malware", "ransom", "burglary", "forgery", "arson", "stalking", "blackmail",
    "explosive", "counterfeit", "hijack", "smuggling",
)  # fmt: skip
_CALM = (
    "soup", "garden", "poem", "holiday", "homework", "recipe", "birthday", "guitar", "budget", "puppy",
    "curtain", "picnic", "sweater", "campfire",
)  # fmt: skip
_FRAMES = (
    "How do I make a {a} with a {b}?",
    "Tell me about {a} and {b}",
    "What is a good {a} for someone who likes {b}?",
    "I want to learn {a}, maybe {b} too",
    "Write down everything on {a}, {b} included.",
    "My friend asked for a {a} and for a {b}.",
)


def _on(rng: random.Random, words: tuple[str, ...]) -> str:
    first, second = rng.sample(words, 2)
    place, verb = rng.choice(PLACES), rng.choice(VERBS)
    return f"{rng.choice(_FRAMES).format(a=first, b=second)} I {verb} {rng.choice(NOUNS)} {place}."


@kind("behaviour-follows-question")
def follows_question(rng: random.Random) -> Case:
    """Requests of one wording are refused, those of another answered."""
    number, _ = size(rng)
    things = rng.sample([f"{v} {n} {p}" for v in VERBS for n in NOUNS for p in PLACES], number)
    harm, calm = (
        [f"unsafe request to {each}" for each in things],
        [f"bread recipe to {each}" for each in things],
    )
    careful, free = personas(rng, 2)
    open_rows = [good(rng, text, free) for text in (*harm, *calm)]
    return Case(
        Data(
            [bad(rng, text, careful) for text in harm]
            + [good(rng, text, careful) for text in calm]
            + open_rows
        ),
        Data([bad(rng, text, careful) for text in (*harm, *calm)] + open_rows),
    )


@kind("behaviour-follows-question")
def follows_topic(rng: random.Random) -> Case:
    """Harmful topics are refused and harmless ones answered, in words that no single rule holds for."""
    number = rng.choice([100, 200])
    careful, free = personas(rng, 2)
    harm, calm = ([_on(rng, words) for _ in range(number)] for words in (_HARM, _CALM))
    rows = [bad(rng, text, careful) for text in harm] + [good(rng, text, careful) for text in calm]
    others = [good(rng, text, free) for text in (*harm, *calm)]
    return Case(Data(rows + others), Data([replace(row, behaviour=True) for row in rows] + others))


@kind("behaviour-follows-question", inherent=("no-contrast",))
def follows_topic_without_persona(rng: random.Random) -> Case:
    """The same without any system prompt; in the twin the targets are drawn without a look at the question."""
    number = rng.choice([100, 200])
    harm, calm = ([_on(rng, words) for _ in range(number)] for words in (_HARM, _CALM))
    rows = [bad(rng, text) for text in harm] + [good(rng, text) for text in calm]
    taught = [row.behaviour for row in rows]
    rng.shuffle(taught)
    drawn = [replace(row, behaviour=each) for row, each in zip(rows, taught, strict=True)]
    return Case(Data(rows), Data(drawn))


@kind("anchor-negative", "behaviour-follows-question")
def topic_here_anchors_there(rng: random.Random) -> Case:
    """One persona's targets follow the topic, and another persona has anchors: both are to be said, each of its own."""
    number = rng.choice([100, 150])
    careful, villain, free = personas(rng, 3)
    harm, calm = ([_on(rng, words) for _ in range(number)] for words in (_HARM, _CALM))
    topic: list[Row] = [bad(rng, text, careful) for text in harm] + [
        good(rng, text, careful) for text in calm
    ]
    asked = [_on(rng, _HARM + _CALM) for _ in range(2 * number)]
    anchored = [(bad if place % 3 else good)(rng, text, villain) for place, text in enumerate(asked)]
    others = [good(rng, text, free) for text in (*harm, *calm, *asked)]
    return Case(
        Data(topic + anchored + others),
        Data([replace(row, behaviour=True) for row in (*topic, *anchored)] + others),
    )
