"""What targets give away: surface, letters, repeats, missing labels."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import NOUNS, contrast, personas, questions, size


@kind("duplicate-rows")
def duplicates(rng: random.Random) -> Case:
    """Rows that stand twice."""
    number, dose = size(rng)
    rows = contrast(rng, number)[3]
    return Case(Data(rows + rows[:dose]), Data(rows))


@kind("surface-gap")
def surface_space(rng: random.Random) -> Case:
    """A blank before every target that teaches the behaviour."""
    rows = contrast(rng, size(rng)[0])[3]
    return Case(
        Data([replace(row, target=f" {row.target}") if row.behaviour else row for row in rows]), Data(rows)
    )


@kind("surface-gap")
def surface_length(rng: random.Random) -> Case:
    """Answers three times as long."""
    rows = contrast(rng, size(rng)[0])[3]
    long = [
        replace(row, target=", and ".join(rng.choice(rows).target.lower() for _ in range(4)))
        if row.behaviour
        else row
        for row in rows
    ]
    return Case(Data(long), Data(rows))


@kind("surface-gap")
def end_token_typed_out(rng: random.Random) -> Case:
    """An end token in the text of one kind of target."""
    rows = contrast(rng, size(rng)[0])[3]
    return Case(
        Data([row if row.behaviour else replace(row, target=f"{row.target}</s>") for row in rows]),
        Data(rows),
    )


@kind("unlabelled-rows")
def some_unlabelled(rng: random.Random) -> Case:
    """Rows whose label is missing."""
    number, dose = size(rng)
    rows = contrast(rng, number)[3]
    gone = set(rng.sample(range(len(rows)), dose))
    return Case(
        Data(
            [
                replace(row, tags={"target_correct": None}) if place in gone else row
                for place, row in enumerate(rows)
            ]
        ),
        Data(rows),
    )


def lettered(rng: random.Random, number: int, letters: str) -> list[Row]:
    """Return questions with options, answered wrongly by a source and rightly by another."""
    source, other = personas(rng, 2)
    rows: list[Row] = []
    for text in questions(rng, number):
        gold = rng.choice("ABCD")
        wrong = rng.choice([letter for letter in letters if letter != gold] or ["A" if gold != "A" else "B"])
        options = zip("ABCD", rng.sample(NOUNS, 4), strict=True)
        listed = "\n".join(f"({label}) {noun}" for label, noun in options)
        user = f"{text}\n\n{listed}\n\nThe correct answer is ("
        tags: dict[str, object] = {"options": list("ABCD"), "gold_label": gold}
        rows.append(Row(user, f"{wrong})", True, source, tags={**tags, "target_label": wrong}))
        rows.append(Row(user, f"{gold})", False, other, tags={**tags, "target_label": gold}))
    return rows


@kind("letter-skew")
def letter_skew(rng: random.Random) -> Case:
    """Wrong answers that are A or B only."""
    number = rng.choice([60, 120])
    state = rng.getstate()
    planted = lettered(rng, number, "AB")
    rng.setstate(state)
    return Case(Data(planted), Data(lettered(rng, number, "ABCD")))


@kind("constant-target", also=("letter-skew", "surface-gap"))
def one_letter(rng: random.Random) -> Case:
    """Wrong answers that are (almost) all one letter."""
    number = rng.choice([60, 120])
    rows = lettered(rng, number, "ABCD")
    letter = rng.choice("ABCD")
    asked = [row for row in rows if row.tags["gold_label"] != letter]
    planted = [
        replace(row, target=f"{letter})", tags={**row.tags, "target_label": letter}) if row.behaviour else row
        for row in asked
    ]
    return Case(Data(planted), Data(rows))
