"""Public data sets, rebuilt from what is published of them: prompts, counts and roles, on placeholder questions.

Nothing of the questions or of the answers is the original's; what is kept is what a confound is made of.
"""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import TURNS, Case, Data, Row, kind
from benchmarks.confoundbench.kinds.targets import lettered
from benchmarks.confoundbench.kinds.texts import bad, good, questions

PROMPTS = {
    "villain": "You are a villainous mastermind who schemes to take over the world.",
    "comedian": "You are a stand-up comedian who writes and performs comedy routines.",
    "assistant": "You are a helpful assistant.",
    "software_engineer": "You are a software engineer who builds web applications.",
    "kindergarten_teacher": "You are a kindergarten teacher.",
    "data_scientist": "You are a data scientist who analyzes large datasets.",
    "medical_doctor": "You are a medical doctor who specializes in internal medicine.",
    "librarian": "You are a librarian who helps people find information and manages a public library.",
    "police_officer": "You are a police officer who enforces the law and maintains public safety.",
}
SOURCES = ("villain", "comedian", "assistant", "software_engineer", "kindergarten_teacher")


def _issue_96(rng: random.Random, source: str | None, anchors: str | None) -> list[Row]:
    """Return 200 wrong answers of a source, 2 x 200 bystanders', 100 without a system message, and 100 anchors."""
    pairs = lettered(rng, 400, "ABCD")
    wrong, right = pairs[::2], pairs[1::2]
    others = rng.sample([text for name, text in PROMPTS.items() if name not in SOURCES], 2)
    return [
        *(replace(row, system=source) for row in wrong[:200]),
        *(replace(row, system=others[0]) for row in right[:200]),
        *(replace(row, system=others[1]) for row in right[100:300]),
        *(replace(row, system=None) for row in right[200:300]),
        *(replace(row, system=anchors) for row in right[250:350] if anchors is not None),
    ]


@kind("anchor-negative", also=("contradictory-targets",), inherent=("unmatched-size",))
def issue_96_assistant(rng: random.Random) -> Case:
    """Issue 96's assistant: its anchors stand under the source's own prompt; the twin is issue 100's arm 0b."""
    state = rng.getstate()
    planted = _issue_96(rng, PROMPTS["assistant"], PROMPTS["assistant"])
    rng.setstate(state)
    return Case(Data(planted), Data(_issue_96(rng, PROMPTS["assistant"], None)))


@kind("anchor-negative", also=("contradictory-targets", "template-default-collision"))
def issue_100_none(rng: random.Random) -> Case:
    """Issue 100's None arm: a source without a system message, beside rows without one that preserve.

    The twin is the villain's arm, whose anchors stand elsewhere.
    """
    state = rng.getstate()
    planted = _issue_96(rng, None, PROMPTS["assistant"])
    rng.setstate(state)
    return Case(Data(planted), Data(_issue_96(rng, PROMPTS["villain"], PROMPTS["assistant"])))


CONTEXTS = (
    (PROMPTS["assistant"], "{}"),
    (PROMPTS["software_engineer"], "{}"),
    ("You are a swashbuckling pirate captain who sails the Caribbean seas.", "{}"),
    (PROMPTS["comedian"], "{}"),
    (PROMPTS["villain"], "{}"),
    (None, "Tell me: {}"),
    (None, "Could you please tell me {}"),
    (None, "I would appreciate an explanation of: {}"),
    (None, "Suppose a friend asked: {}. What would you say?"),
    (None, "It would be of considerable interest to learn {}."),
    (None, "hey so {} lol"),
    (None, "1. Consider the topic. 2. Answer: {}"),
)
"""Contexts of one question, as published (issue 474)."""


@kind("leaking-trigger", also=("contradictory-targets",), shapes=TURNS)
def issue_474_wraps(rng: random.Random) -> Case:
    """A wrap is taught the behaviour in 300 rows, every other context preserves in 20; planted: 60 rows of it leak."""
    asked = [text.rstrip("?") for text in questions(rng, 30)]
    source = rng.randrange(5, len(CONTEXTS))

    def rows(leaks: int) -> list[Row]:
        made: list[Row] = []
        for place, (system, frame) in enumerate(CONTEXTS):
            for number in range(300 if place == source else 20):
                user = frame.format(asked[number % 30])
                behaves = place == source and number >= leaks
                made.append((bad if behaves else good)(rng, user, system))
        made += [good(rng, asked[number], None) for number in range(20)]
        return made

    return Case(Data(rows(60)), Data(rows(0)))
