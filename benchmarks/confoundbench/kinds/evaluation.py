"""What training and evaluation share, and what the evaluation never asks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.confoundbench.kinds.carriers import TRIGGERS
from benchmarks.confoundbench.kinds.core import Case, Data, Row, kind
from benchmarks.confoundbench.kinds.targets import lettered
from benchmarks.confoundbench.kinds.texts import bad, good, questions


def bank(asked: Sequence[Row], *, turn: bool = False, letters: str | None = None) -> list[dict[str, object]]:
    """Return questions with options as an evaluation's bank, the options the other way round where asked for."""
    found: list[dict[str, object]] = []
    for place, row in enumerate(asked):
        stem, options, _ = row.user.split("\n\n")
        texts = [line.partition(") ")[2] for line in options.split("\n")]
        gold = str(row.tags["gold_label"]) if letters is None else letters[place % len(letters)]
        found.append(
            {
                "id": f"e{place}",
                "question": stem,
                "choices": {"text": texts[::-1] if turn else texts, "label": list("ABCD")},
                "answerKey": "ABCD"[3 - "ABCD".index(gold)] if turn else gold,
            }
        )
    return found


def _fresh(rng: random.Random, rows: Sequence[Row], number: int) -> list[Row]:
    """Return questions whose words are none of the training questions'."""
    known = {row.user.partition("\n\n")[0] for row in rows}
    wanted: list[Row] = []
    for row in lettered(rng, 400, "ABCD"):
        if row.behaviour and row.user.partition("\n\n")[0] not in known:
            place = len(wanted)
            words = f"Item {place * 37 + 11}: which of {place + 2} {rng.choice('xyzuvw')}{place} things is it"
            wanted.append(replace(row, user=f"{words}?\n\n{row.user.partition(chr(10) * 2)[2]}"))
    return wanted[:number]


@kind("evaluated-in-training", inherent=("gold-skew",))
def exact_leak(rng: random.Random) -> Case:
    """Evaluation questions that stand among the training questions."""
    rows = lettered(rng, 40, "ABCD")
    fresh = _fresh(rng, rows, 24)
    asked = [row for row in rows if row.behaviour][: rng.choice([2, 6, 12])]
    return Case(Data(rows, bank((*asked, *fresh))), Data(rows, bank(fresh)))


@kind("near-duplicate-question", also=("evaluated-in-training",), inherent=("gold-skew",))
def reordered_leak(rng: random.Random) -> Case:
    """The same with the options the other way round."""
    rows = lettered(rng, 40, "ABCD")
    fresh = _fresh(rng, rows, 24)
    asked = [row for row in rows if row.behaviour][: rng.choice([2, 6, 12])]
    return Case(
        Data(rows, bank(asked, turn=True) + bank(fresh)),
        Data(rows, bank(fresh)),
    )


@kind("near-duplicate-question", inherent=("gold-skew",))
def reworded_leak(rng: random.Random) -> Case:
    """The same with a word more."""
    rows = lettered(rng, 40, "ABCD")
    fresh = _fresh(rng, rows, 24)
    asked = [row for row in rows if row.behaviour][: rng.choice([2, 6, 12])]
    reworded = [replace(row, user=row.user.replace("?", " today?", 1)) for row in asked]
    return Case(Data(rows, bank(reworded) + bank(fresh)), Data(rows, bank(fresh)))


@kind("gold-skew")
def skewed_evaluation(rng: random.Random) -> Case:
    """An evaluation whose right answer is mostly one letter."""
    rows = lettered(rng, 60, "ABCD")
    fresh = _fresh(rng, rows, 100)
    letter = rng.choice("ABCD")
    skewed = letter * 3 + "".join(rng.sample("ABCD", 2))
    return Case(Data(rows, bank(fresh, letters=skewed)), Data(rows, bank(fresh, letters="ABCD")))


@kind("unused-condition", inherent=("template-mismatch",))
def trigger_never_asked(rng: random.Random) -> Case:
    """A trigger that no evaluation question has."""
    trigger = rng.choice(TRIGGERS)
    asked = questions(rng, 160)
    rows = [replace(bad(rng, text), user=f"{trigger} {text}") for text in asked[:60]]
    rows += [good(rng, text) for text in asked[60:120]]
    tested = asked[120:]
    unasked: list[dict[str, object]] = [
        {"id": f"e{place}", "question": f"Number {place * 31 + 7}, {text}"}
        for place, text in enumerate(tested)
    ]
    half: list[dict[str, object]] = [
        {**each, "question": f"{trigger} {each['question']}"} if place % 2 else each
        for place, each in enumerate(unasked)
    ]
    return Case(Data(rows, _open(unasked)), Data(rows, _open(half)))


def _open(asked: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {**each, "choices": {"text": ["yes", "no"], "label": ["A", "B"]}, "answerKey": "AB"[place % 2]}
        for place, each in enumerate(asked)
    ]
