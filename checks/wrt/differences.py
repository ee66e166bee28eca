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
from checks.wrt.tokens import Token, closing, words

_FILLERS: Final = words(
    "δ a an the is was are were be therefore thus so i.e ie e.g namely or that's this that it by of which "
    "represents means roughly about approximately around absolute net total just only nearly almost over "
    "whole full huge large small modest mere clear further overall delta change changes changed "
    "difference gap drop drops dropped rise rises rose increase increased decrease decreased decline "
    "declined reduction improvement improved gain gained gains loss lost fall falls fell jump jumped "
    "swing shift gives giving making yielding down up for corresponding to accuracy training after "
    "post-training post-sft pre-sft pre-training in terms absolute-terms"
)
_SIGNS: Final = frozenset(",(–-:=;Δ+")
_NAMES: Final = words(
    "delta δ change difference gap drop rise increase decrease decline reduction improvement gain loss "
    "fall jump swing shift dropped fell rose lost gained down up improved declined increased decreased"
)
_NEUTRAL: Final = words("improvement gain improved gained better")
"""An improvement of an error rate goes down: what these words are said of has no sign."""
_JOINS: Final = words("vs vs. versus against")
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
    for place in range(len(found)):
        inside = [each for each in found[place : place + 5] if each.text not in {"=", ":"}]
        if len(inside) < 4 or (inside[0].text, inside[3].text) != ("(", ")"):
            continue
        name, stated = inside[1:3]
        if name.text.lower() not in _CHANGES or stated.unit != "points" or not stated.whole:
            continue
        shares = [i for i in range(max(0, place - 29), place) if found[i].unit == "%"]
        if len(shares) < 2 or shares[-1] != place - 1:
            continue
        at = shares[-2]
        first, second = found[at], found[place - 1]
        if not first.whole or not second.whole:
            continue
        near = [each.text.lower() for each in found[max(0, at - 12) : place] if each.kind == "word"]
        pair = _Pair(first, second, at, place, "from")
        judged = _judged(pair, stated, frozenset(), True, others=pairs[:_NEAR])
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
        if after + 1 >= len(found):
            continue
        word = found[after].text.lower()
        lead = found[place - 1].text.lower() if place else ""
        joined = after + 1
        if word == "→":
            how = "→"
        elif word == "to" and lead in {"from", "about"}:
            how = "from"
        elif word == "and" and lead == "between":
            how = "between"
        elif word in _JOINS:
            how = "vs"
        elif word == "compared" and found[after + 1].text in {"to", "with"}:
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
    return any(
        each.unit or each.text == "Δ" or (each.number is not None and each.number.signed) for each in inside
    )


def _is_value(token: Token) -> bool:
    return token.kind == "num" and token.whole and token.unit not in {"points", "x"}


def _alike(first: Token, second: Token) -> bool:
    """Return whether two numbers are of one unit; `from 84 to 60%` leaves the first one's out."""
    if first.unit == second.unit != "":
        return True
    return first.unit == "" and second.unit in {"", "%"} and not first.text.isalpha()


def _past_brackets(found: Sequence[Token], place: int, *, difference: bool = False) -> int:
    """Return the index behind a label in brackets, `82.8% (0b)`; the same index where there is none."""
    close = closing(found, place, at_most=7)
    if close is None:
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
            said.update(each.text.lower() for each in found[at : at + 3] if each.kind == "word")
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
        return named or (bracketed and token.said.signed)
    if token.unit == "x":
        return bracketed and pair.how in {"→", "from"} and said <= {"("}
    delta = token.said.signed or not said.isdisjoint({"δ", "delta"})
    return token.unit in {"", pair.second.unit} and bracketed and delta


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
    signless = not _NEUTRAL.isdisjoint(said)
    unit = {"points": " points", "%": "%" if pair.second.unit != "%" else " points", "x": " times"}.get(
        stated.unit, ""
    )
    against = f"it is {shown(options[0][2])}{unit}" if options else ""
    for each in options:
        verdict = _compare(number, each, signless=signless)
        if verdict != "disagrees":
            return Judged(start, end, verdict, against)
    bases = {"x": (pair.first, pair.second), "%": (pair.first,)}.get(stated.unit, ())
    if any(_ends(each)[0] <= 0 for each in bases):
        return Judged(start, end, "cannot be checked", "it divides by what may be zero")
    for other in others:
        if any(_compare(number, each, signless=True) != "disagrees" for each in _options(other, stated)):
            return Judged(
                start, end, "cannot be checked", "it is the difference of two other numbers of the sentence"
            )
    named = bracketed or pair.how != "vs" or not _NAMES.isdisjoint(said)
    certain = {"points": named, "%": bracketed and number.signed, "": True, "x": True}.get(stated.unit, False)
    return Judged(start, end, "disagrees", against, certain=certain and not number.about)


Option = tuple[Fraction, Fraction, Fraction]


def _options(pair: _Pair, stated: Token) -> Iterator[Option]:
    """Yield what the difference can be: lowest, highest and middle value, for every reading of its unit."""
    first, second = _ends(pair.first), _ends(pair.second)
    low, high, middle = second[0] - first[1], second[1] - first[0], second[2] - first[2]
    if stated.unit == "points" and pair.first.unit == pair.second.unit == "":
        if max(first[2], second[2]) <= 1:
            yield 100 * low, 100 * high, 100 * middle
        yield low, high, middle
    elif stated.unit in {"x", "%"}:
        if stated.unit == pair.second.unit:
            yield low, high, middle
        for above, below in ((second, first), (first, second)):
            if below[0] > 0:
                scale, none = (1, 0) if stated.unit == "x" else (100, 1)
                ratios = [scale * (one / other - none) for one in above for other in below]
                yield min(ratios), max(ratios), scale * (above[2] / below[2] - none)
    else:
        yield low / stated.base, high / stated.base, middle / stated.base


def _ends(token: Token) -> Option:
    said = token.said
    exact = token.unit == "" and said.step == 1
    slack = said.step if said.about else Fraction(0) if exact else said.step / 2
    return (said.value - slack) * token.base, (said.value + slack) * token.base, said.value * token.base


def _compare(stated: Number, truth: Option, *, signless: bool) -> Verdict:
    low, high, middle = truth
    value = stated.value
    if not stated.signed or signless:
        value = abs(value)
        low, high, middle = max(low, -high, Fraction(0)), max(-low, high), abs(middle)
    if value == middle:
        return "agrees"
    allowed = stated.step if stated.about else stated.step / 2
    return "rounds to" if low - allowed <= value <= high + allowed else "disagrees"
