"""A table in which one number is not what its other rows and columns make of it.

## What it finds

Totals that are not the sum of their column, averages that are not its mean, percentages that are not their counts',
changes that are not the difference of their two columns, and estimates outside the interval beside them.

## Why it matters

A table is what later work cites. One cell that was typed by hand or is of an older run is carried along unseen.

## Example

| arm | right | of | accuracy |
|---|---|---|---|
| a | 492 | 586 | 84.0% |
| b | 485 | 586 | 82.8% |
| c | 11 | 586 | 2.9% |

11 of 586 are 1.9%.

## What to do

Print the table from the results.

## Limits

What columns have to do with each other is learnt from the table: the relation has to hold in three rows or more, and
at most one in four may break it. A header or a row that is called "total", "mean" or "change" counts as said so, and
one other cell that agrees is enough; without one the finding is likely and not certain. Tables without a rule under
their header, and rows of other lengths, are not read.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from typing import Final

from checks.core.registry import check
from checks.wrt.numbers import shown
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.tables import Cell, Table, tables
from checks.wrt.tokens import Token, tokens

_TOTAL = re.compile(r"^(?:\w+\s+)?(?:total|sum|totals|Σ)\b", re.IGNORECASE)
_MEAN = re.compile(r"^(?:macro[- ])?(?:mean|average|avg\.?)\b", re.IGNORECASE)
_PART = re.compile(
    r"total|subtotal|\ball\b|overall|mean|average|avg|of which|median|\bstd|\.\.\.|…|^\s*$", re.IGNORECASE
)
_CHANGE = re.compile(
    r"^(?:Δ|∆|delta|diff(?:erence)?|change|gap|gain|drop|improvement|lift)\b|Δ|∆", re.IGNORECASE
)
_COUNTS = re.compile(
    r"\b(?:rows?|examples?|samples?|questions?|items?|count|number|runs?|n|tokens?|files?|total)\b|#", re.I
)
_ENOUGH: Final = 3
"""Rows in which a relation between columns has to hold."""
_WIDEST: Final = 9
"""Numeric columns between which relations are looked for."""


@dataclass(frozen=True)
class _Held:
    """A cell beside what it should be."""

    cell: Cell
    truth: Fraction
    agrees: bool
    what: str
    plain: bool = False
    """Whether its column's name says that it counts things, so that a total of it can only be their sum."""


@check(code="WRT021", name="table-mismatch", severity="error", since="0.1.0")
def table_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per cell that breaks what the others keep."""
    for table in tables(writeup.document):
        accused: set[int] = set()
        for said, held in (*_of_rows(table), *_of_columns(table)):
            for each, found in _judged(held, said=said):
                if each in accused and isinstance(found, Remark):
                    continue
                if isinstance(found, Remark):
                    accused.add(each)
                yield found


def _judged(held: Sequence[_Held], *, said: bool) -> Iterator[tuple[int, Remark | Compared]]:
    """Yield what follows from a relation.

    Args:
        held: Every cell that it is about.
        said: Whether a header or a label says that it holds.
    """
    right = sum(each.agrees for each in held)
    wrong = len(held) - right
    learnt = right >= _ENOUGH and wrong <= max(1, right // 4)
    if not learnt and not (said and wrong <= max(1, right)):
        return
    for each in held:
        at, text = each.cell.at, each.cell.text
        against = f"{each.what} is {shown(each.truth)}"
        if each.agrees:
            yield at, Compared(at, text, "agrees", against)
        else:
            yield at, Compared(at, text, "disagrees", against)
            certain = learnt or right > 0 or each.plain
            yield (
                at,
                Remark(
                    (at,),
                    f"`{text}` does not fit its table: {against}, as in {right} of {len(held)} such cells"
                    if right
                    else f"`{text}` does not fit its table: {against}",
                    "print the table from the results",
                    confidence="certain" if certain else "likely",
                ),
            )


def _of_rows(table: Table) -> Iterator[tuple[bool, list[_Held]]]:
    """Yield what a row of totals or of means says, column by column."""
    for place, row in enumerate(table.rows):
        label = row[0].text
        kind = "sum" if _TOTAL.match(label) else "mean" if _MEAN.match(label) else ""
        above = table.rows[:place]
        if not kind or len(above) < 2 or any(_PART.search(each[0].text) for each in above):
            continue
        held: list[_Held] = []
        for index in range(1, len(row)):
            cells = [each[index].number for each in above]
            stated = row[index].number
            if stated is None or any(each is None for each in cells):
                continue
            numbers = [each for each in cells if each is not None]
            if kind == "sum" and (stated.unit or any(each.unit or not _is_count(each) for each in numbers)):
                continue
            if any(each.unit != stated.unit and (each.measured or stated.measured) for each in numbers):
                continue
            total = _total(row[index], stated, numbers, kind)
            held.append(
                replace(total, plain=kind == "sum" and _COUNTS.search(table.header[index]) is not None)
            )
        yield True, held


def _is_count(token: Token) -> bool:
    return token.said.value.denominator == 1 and "." not in token.text


def _total(cell: Cell, stated: Token, numbers: Sequence[Token], kind: str) -> _Held:
    ends = [each.low_high() for each in numbers]
    share = Fraction(1) if kind == "sum" else Fraction(1, len(numbers))
    low, high = (share / stated.base * sum((each[side] for each in ends), Fraction(0)) for side in (0, 1))
    middle = share / stated.base * sum((each.said.value * each.base for each in numbers), Fraction(0))
    value, slack = stated.said.value, stated.said.step / 2
    name = "the sum above it" if kind == "sum" else "the mean of what is above it"
    return _Held(cell, middle, low - slack <= value <= high + slack, name)


def _of_columns(table: Table) -> Iterator[tuple[bool, list[_Held]]]:
    """Yield what one column is of two others, row by row; of several such pairs the one that holds most often."""
    numeric = [
        index
        for index in range(len(table.header))
        if sum(c.number is not None for c in table.column(index)) >= 2
    ][:_WIDEST]
    rows = [row for row in table.rows if not _PART.search(row[0].text)]
    for target in numeric:
        name = table.header[target]
        change = _CHANGE.search(name) is not None
        best: list[_Held] = []
        for first, second in permutations([each for each in numeric if each != target], 2):
            for relation in (_difference,) if change else (_share,):
                held = _along(rows, target, first, second, relation)
                if sum(each.agrees for each in held) > sum(each.agrees for each in best):
                    best = held
        if best:
            yield change, best
    yield from _intervals(table, rows, numeric)


Relation = Callable[[Token, Token, Token], tuple[Fraction, bool] | None]


def _along(
    rows: Sequence[tuple[Cell, ...]], target: int, first: int, second: int, relation: Relation
) -> list[_Held]:
    held: list[_Held] = []
    seen: set[tuple[Fraction, Fraction]] = set()
    for row in rows:
        one, other, stated = row[first].number, row[second].number, row[target].number
        if one is None or other is None or stated is None:
            continue
        found = relation(one, other, stated)
        if found is None:
            return []
        seen.add((one.said.value, other.said.value))
        what = (
            "the share of the two beside it" if relation is _share else "the difference of the two beside it"
        )
        held.append(_Held(row[target], found[0], found[1], what))
    # One pair of numbers over and over shows nothing.
    return held if len(seen) > 1 else []


def _share(part: Token, whole: Token, stated: Token) -> tuple[Fraction, bool] | None:
    k, n = part.said.value, whole.said.value
    if part.unit or whole.unit or not (_is_count(part) and _is_count(whole)) or not 0 <= k <= n or n < 10:
        return None
    if stated.unit not in {"", "%"} or (
        stated.unit == "" and ("." not in stated.text or stated.said.step > Fraction(1, 100))
    ):
        return None
    factor = 100 if stated.unit == "%" or stated.said.value > 1 else 1
    truth = factor * k / n
    return truth, stated.said.compare(truth) != "disagrees"


def _difference(first: Token, second: Token, stated: Token) -> tuple[Fraction, bool] | None:
    one, other, change = ((each.unit, each.base) for each in (first, second, stated))
    if one != other or change not in {("", 1), one, ("points", 1)}:
        return None
    truth = second.said.value - first.said.value
    slack = sum((high - low for low, high in (first.low_high(), second.low_high())), Fraction(0))
    return truth, stated.said.compare(truth, slack=slack / 2 / first.base) != "disagrees"


def _intervals(
    table: Table, rows: Sequence[tuple[Cell, ...]], numeric: Sequence[int]
) -> Iterator[tuple[bool, list[_Held]]]:
    """Yield the estimates beside a column of intervals."""
    for index, name in enumerate(table.header):
        if not re.search(r"\bCI\b|interval", name, re.IGNORECASE):
            continue
        best: list[_Held] = []
        for target in numeric:
            held: list[_Held] = []
            for row in rows:
                ends, stated = interval(row[index].text), row[target].number
                if ends is None or stated is None:
                    continue
                low, high = ends
                nearest = low if stated.said.value < low else high
                inside = low - stated.said.step / 2 <= stated.said.value <= high + stated.said.step / 2
                held.append(_Held(row[target], nearest, inside, "the nearer end of the interval beside it"))
            if sum(each.agrees for each in held) > sum(each.agrees for each in best):
                best = held
        if best:
            yield len(numeric) == 1, best


def interval(text: str) -> tuple[Fraction, Fraction] | None:
    """Return both ends of an interval that a text is, brackets or not; None where it is none."""
    found = [
        each
        for each in tokens(re.sub(r"(?<=\d),(?=[-\d.])", ", ", text))
        if each.text not in {"(", ")", "[", "]"}
    ]
    if len(found) == 1 and found[0].ends is not None and "±" not in found[0].text:
        return found[0].ends[0].value, found[0].ends[1].value
    if len(found) == 3 and found[0].whole and found[2].whole and found[1].text in {",", "–", "to", "-", ";"}:
        return found[0].said.value, found[2].said.value
    return None
