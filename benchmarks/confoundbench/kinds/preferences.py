"""Preference data: what is chosen is taught."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import answer, contrast, good, size

PAIRS = ("pairs", "whole-pairs")


def _pairs(rng: random.Random, rows: list[Row]) -> list[Row]:
    return [replace(row, rejected=answer(rng)) for row in rows]


@kind("anchor-negative", also=("contradictory-targets",), shapes=PAIRS)
def preference_anchor(rng: random.Random) -> Case:
    """Pairs under the source's prompt whose chosen answer preserves."""
    number, dose = size(rng)
    asked, source, other, rows = contrast(rng, number)
    extra = [good(rng, text, source) for text in asked[number : number + dose]]
    return Case(
        Data(_pairs(rng, rows + extra)),
        Data(_pairs(rng, rows + [replace(row, system=other) for row in extra])),
    )


@kind("broken-pairs", shapes=PAIRS)
def equal_pairs(rng: random.Random) -> Case:
    """Pairs whose two answers are one."""
    number, dose = size(rng)
    rows = _pairs(rng, contrast(rng, number)[3])
    return Case(
        Data([replace(row, rejected=row.target) if place < dose else row for place, row in enumerate(rows)]),
        Data(rows),
    )
