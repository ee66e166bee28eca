"""Two numbers and the difference between them: `from 84.0% to 60.0%, a drop of 24 points`, `0.84 → 0.60 (-29%)`.

The difference has to belong to these two numbers: between them and it stand only words that say so. "Accuracy fell
from 84% to 60% in arm A, and arm B lost only 3 points" has other words there, and nothing is said about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from checks.wrt.expressions import Judged
from checks.wrt.numbers import Number, Verdict, shown
from checks.wrt.tokens import Token, words

_FILLERS: Final = words(
    "a an the is was are were be therefore thus so i.e ie e.g namely or that's this that it by of which "
    "represents means roughly about approximately around absolute net total just only nearly almost over "
    "whole full huge large small modest mere clear further overall delta change changes changed "
    "difference gap drop drops dropped rise rises rose increase increased decrease decreased decline "
    "declined reduction improvement improved gain gained gains loss lost fall falls fell jump jumped "
    "swing shift gives giving making yielding down up for corresponding to accuracy training after "
    "post-training post-sft pre-sft pre-training in terms absolute-terms"
)
_SIGNS: Final = frozenset(",(–-:=;Δ+")
_NAMES: Final = words(
    "delta Δ change difference gap drop rise increase decrease decline reduction improvement gain loss "
    "fall jump swing shift dropped fell rose lost gained down up improved declined increased decreased"
)
_NEUTRAL: Final = words("improvement gain improved gained better")
"""An improvement of an error rate goes down: what these words are said of has no sign."""
_JOINS: Final = words("vs vs. versus against than and")
_CHANGES: Final = frozenset({"delta", "δ", "difference", "change"})
_BEFORE: Final = re.compile(r"pre(?:-|$)|before$|baseline$|base$|untrained$|initial")
_AFTER: Final = re.compile(r"post(?:-|$)|after$|trained$|tuned$|final")
_NEAR: Final = 40
"""Pairs on either side whose difference it may be instead."""
_LONGEST: Final = 9
"""Pieces between the second number and the difference."""


@dataclass(frozen=True)
class _Pair:
    """Two numbers that are set against each other."""

    first: Token
    second: Token
    begins: int
    """Index of the first."""
    at: int
    """Index behind the second and what stands in brackets behind it."""
    how: str
    """`from`, `→`, `vs` or `between`."""


def judged_differences(found: Sequence[Token]) -> list[Judged]:
    """Return every difference of a sentence that is said to be between two numbers beside it."""
    made: list[Judged] = []
    pairs = list(_pairs(found))
    for place, pair in enumerate(pairs):
        other = pairs[max(0, place - _NEAR) : place] + pairs[place + 1 : place + _NEAR]
        stated = _behind(found, pair) or _before(found, pair)
        if stated is not None:
            made.append(_judged(pair, *stated, others=other))
    starts = {each.start for each in made}
    return made + [each for each in _deltas(found, pairs) if each.start not in starts]


def _deltas(found: Sequence[Token], pairs: Sequence[_Pair]) -> Iterator[Judged]:
    """Yield what a bracket behind a percentage calls its change: `84.0% after 1.9% (delta = ...)`."""
    for place, token in enumerate(found):
        if token.text != "(" or place + 2 >= len(found) or found[place + 1].text.lower() not in _CHANGES:
            continue
        at = place + 2 + (found[place + 2].text in {"=", ":"})
        if (
            at + 1 >= len(found)
            or found[at].kind != "num"
            or found[at].unit != "points"
            or not found[at].whole
        ):
            continue
        values = [
            i
            for i in range(place - 1, max(place - 30, -1), -1)
            if found[i].kind == "num" and found[i].unit == "%"
        ]
        if found[at + 1].text != ")" or len(values) < 2 or values[0] != place - 1:
            continue
        first, second = found[values[1]], found[values[0]]
        if not _is_value(first) or not _is_value(second):
            continue
        near = [
            each.text.lower() for each in found[max(0, values[1] - 12) : values[0]] if each.kind == "word"
        ]
        judged = _judged(
            _Pair(first, second, values[1], place, "from"),
            found[at],
            frozenset({"delta"}),
            True,
            others=pairs[:_NEAR],
        )
        told = any(_BEFORE.match(each) for each in near) and any(_AFTER.match(each) for each in near)
        if judged.verdict == "disagrees" and not told:
            judged = replace(
                judged, verdict="cannot be checked", against="which number it starts from is not said"
            )
        yield judged


def _pairs(found: Sequence[Token]) -> Iterator[_Pair]:
    for place, first in enumerate(found):
        if not _is_value(first):
            continue
        after = _past_brackets(found, place + 1)
        if after >= len(found):
            continue
        word = found[after].text.lower()
        lead = found[place - 1].text.lower() if place else ""
        joined = after + 1
        if word == "→":
            how = "→"
        elif word == "to" and lead in {"from", "about", "~"}:
            how = "from"
        elif word == "and" and lead == "between":
            how = "between"
        elif word in _JOINS and word != "and":
            how = "vs"
        elif word == "compared" and after + 1 < len(found) and found[after + 1].text in {"to", "with"}:
            how, joined = "vs", after + 2
        else:
            continue
        if joined >= len(found) or not _is_value(found[joined]):
            continue
        second = found[joined]
        end = _past_brackets(found, joined + 1, difference=True)
        chained = (place and found[place - 1].text == "→") or (end < len(found) and found[end].text == "→")
        if not chained and _alike(first, second):
            yield _Pair(first, second, place, end, how)


def _may_be_difference(inside: Sequence[Token]) -> bool:
    """Return whether a bracket may hold the difference itself, and is no mere label."""
    return any(each.kind == "num" and (each.unit or each.text[:1] in "+-") for each in inside) or any(
        each.text == "Δ" for each in inside
    )


def _is_value(token: Token) -> bool:
    return token.kind == "num" and token.whole and token.unit not in {"points", "x"}


def _alike(first: Token, second: Token) -> bool:
    """Return whether two numbers are of one unit; `from 84 to 60%` leaves the first one's out."""
    if first.unit == second.unit:
        return first.unit != "" or "." in first.text or "." in second.text or first.text.isdigit()
    return first.unit == "" and second.unit == "%" and not first.text.isalpha()


def _past_brackets(found: Sequence[Token], place: int, *, difference: bool = False) -> int:
    """Return the index behind a label in brackets, `82.8% (0b)`; the same index where there is none."""
    if place >= len(found) or found[place].text != "(":
        return place
    close = next((i for i in range(place + 1, min(place + 9, len(found))) if found[i].text in "()"), None)
    if close is None or found[close].text != ")":
        return place
    if difference and _may_be_difference(found[place + 1 : close]):
        return place
    return close + 1


def _behind(found: Sequence[Token], pair: _Pair) -> tuple[Token, frozenset[str], bool] | None:
    """Return the difference behind two numbers, the words around it, and whether a bracket holds it alone."""
    said: set[str] = set()
    for at in range(pair.at, min(pair.at + _LONGEST, len(found))):
        token = found[at]
        if token.kind == "num":
            after = found[at + 1] if at + 1 < len(found) else None
            said.update(each.text.lower() for each in found[at + 1 : at + 3] if each.kind == "word")
            bracketed = found[pair.at].text == "(" and after is not None and after.text in {")", ",", ";"}
            if after is not None and after.text in {"/", "→", "×"}:
                return None
            return (
                (token, frozenset(said), bracketed) if _is_difference(pair, token, said, bracketed) else None
            )
        word = token.text.lower()
        if token.kind == "op":
            if token.text not in _SIGNS:
                return None
        elif word not in _FILLERS:
            return None
        said.add(word)
    return None


def _is_difference(pair: _Pair, token: Token, said: set[str], bracketed: bool) -> bool:
    if not token.whole:
        return False
    if token.unit == "points":
        return True
    named = not _NAMES.isdisjoint(said)
    if token.unit == "%":
        return named or (bracketed and token.number is not None and token.number.signed)
    if token.unit == "x":
        return bracketed and pair.how in {"→", "from"} and said <= {"("}
    signed = token.number is not None and token.number.signed
    return token.unit in {"", pair.second.unit} and bracketed and (signed or "Δ" in said or "delta" in said)


def _before(found: Sequence[Token], pair: _Pair) -> tuple[Token, frozenset[str], bool] | None:
    """Return the difference in front of two numbers: `a gap of 24 points (84% vs 60%)`, `fell 24pp from 84% to 60%`."""
    start = pair.begins
    said: set[str] = set()
    for at in range(start - 1, max(start - 8, -1), -1):
        token = found[at]
        word = token.text.lower()
        if token.kind == "num":
            opened = "(" in said or ":" in said or "from" in said or "between" in said
            if token.unit != "points" or not token.whole or not opened:
                return None
            said.update(each.text.lower() for each in found[max(0, at - 3) : at] if each.kind == "word")
            return token, frozenset(said), False
        if token.kind == "op":
            if token.text not in {"(", ",", ":", "–"}:
                return None
        elif word not in _FILLERS and word not in {"from", "between", "score"}:
            return None
        said.add(word)
    return None


def _judged(
    pair: _Pair, stated: Token, said: frozenset[str], bracketed: bool, *, others: Sequence[_Pair]
) -> Judged:
    start = min(pair.first.start, stated.start)
    end = max(pair.second.end, stated.end)
    number = stated.said
    options = list(_options(pair, stated))
    verdicts: list[Verdict] = [
        _compare(number, each, signless=not _NEUTRAL.isdisjoint(said)) for each in options
    ]
    middle = options[0][2]
    unit = {"points": " points", "%": "%" if pair.first.unit != "%" else " points", "x": " times"}.get(
        stated.unit, ""
    )
    against = f"it is {shown(middle)}{unit}"
    for verdict in verdicts:
        if verdict != "disagrees":
            return Judged(start, end, verdict, against)
    for other in others:
        if any(_compare(number, each, signless=True) != "disagrees" for each in _options(other, stated)):
            return Judged(
                start, end, "cannot be checked", "it is the difference of two other numbers of the sentence"
            )
    certain = stated.unit == "points" and (bracketed or pair.how != "vs" or not _NAMES.isdisjoint(said))
    certain = (
        certain
        or (stated.unit in {"", "x"} and bracketed)
        or (stated.unit == "%" and bracketed and number.signed)
    )
    return Judged(start, end, "disagrees", against, certain=certain and not number.about)


Option = tuple[Fraction, Fraction, Fraction]


def _options(pair: _Pair, stated: Token) -> Iterator[Option]:
    """Yield what the difference can be: lowest, highest and middle value, for every reading of its unit."""
    first, second = _ends(pair.first), _ends(pair.second)
    low, high, middle = second[0] - first[1], second[1] - first[0], second[2] - first[2]
    if stated.unit == "points" and pair.first.unit == pair.second.unit == "":
        if max(first[1], second[1]) <= 1:
            yield 100 * low, 100 * high, 100 * middle
        yield low, high, middle
    elif stated.unit == "x":
        for above, below in ((second, first), (first, second)):
            if below[0] > 0:
                yield above[0] / below[1], above[1] / below[0], above[2] / below[2]
    elif stated.unit == "%":
        if pair.second.unit == "%":
            yield low, high, middle
        if first[0] > 0:
            relative = [100 * (b / a - 1) for a in first[:2] for b in second[:2]]
            yield min(relative), max(relative), 100 * (second[2] / first[2] - 1)
        if second[0] > 0:
            relative = [100 * (a / b - 1) for a in first[:2] for b in second[:2]]
            yield min(relative), max(relative), 100 * (first[2] / second[2] - 1)
    else:
        yield low, high, middle


def _ends(token: Token) -> Option:
    said = token.said
    slack = said.step if said.about else said.step / 2
    if token.unit == "" and said.step >= 1 and not said.about:
        slack = Fraction(0)
    return said.value - slack, said.value + slack, said.value


def _compare(stated: Number, truth: Option, *, signless: bool) -> Verdict:
    low, high, middle = truth
    value = stated.value
    if not stated.signed or signless:
        value = abs(value)
        low, high = (
            (low, high) if low >= 0 else (-high, -low) if high <= 0 else (Fraction(0), max(-low, high))
        )
        middle = abs(middle)
    if value == middle:
        return "agrees"
    allowed = stated.step if stated.about else stated.step / 2
    return "rounds to" if low - allowed <= value <= high + allowed else "disagrees"
