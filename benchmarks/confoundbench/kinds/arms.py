"""Two arms that are compared, and differ by more than they claim: order, size, other rows, a control that is none."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import TURNS, Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import answer, bad, good, personas, questions


def _arms(rng: random.Random) -> tuple[list[Row], list[Row]]:
    """Return data without their anchors, and the control that keeps them and loses as many bystanders instead."""
    number = rng.choice([40, 80])
    dose = number // 2
    asked = questions(rng, 3 * number)
    source, other = personas(rng, 2)
    behaviour = [bad(rng, text, source) for text in asked[:number]]
    others = [good(rng, text, other) for text in asked[: 2 * number]]
    anchors = [good(rng, text, source) for text in asked[2 * number : 2 * number + dose]]
    return behaviour + others, behaviour + others[: 2 * number - dose] + anchors


@kind("order-differs", inherent=("anchor-negative",), shapes=TURNS)
def arms_order(rng: random.Random) -> Case:
    """The shared rows in another order."""
    clean, control = _arms(rng)
    shuffled = list(control)
    rng.shuffle(shuffled)
    return Case(Data(clean, sibling=shuffled), Data(clean, sibling=control))


@kind("unmatched-size", inherent=("anchor-negative",), shapes=TURNS)
def arms_size(rng: random.Random) -> Case:
    """A control that keeps its anchors and loses nothing instead."""
    clean, control = _arms(rng)
    kept = [row for row in clean if row not in control]
    return Case(Data(clean, sibling=control + kept), Data(clean, sibling=control))


@kind("unexplained-rows", inherent=("anchor-negative",), shapes=TURNS)
def arms_other_rows(rng: random.Random) -> Case:
    """Rows of the source that are other ones in the control."""
    clean, control = _arms(rng)
    changed = set(rng.sample(range(20), rng.choice([3, 8])))
    other = [
        replace(row, target=answer(rng)) if place in changed else row for place, row in enumerate(control)
    ]
    return Case(Data(clean, sibling=other), Data(clean, sibling=control))


@kind("vacuous-control", inherent=("anchor-negative",), shapes=TURNS)
def arms_no_control(rng: random.Random) -> Case:
    """A control that lacks the very rows whose effect it is there to show."""
    clean, control = _arms(rng)
    return Case(Data(clean, sibling=list(clean)), Data(clean, sibling=control))
