"""Sums and products in a sentence, with the result that stands behind the equals sign.

Only what is read from end to end counts as arithmetic: one numeral for each factor, labels of a few plain words, and
a result that is no setting (``5 samples at T=0.7``), no bound and no range.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from checks.wrt.numbers import Verdict, shown
from checks.wrt.tokens import Token, closing, words

_SIGNS: Final = frozenset("×+/-")
_EDGES: Final = frozenset(',.;:()[]|!?–→=<>≤≥"#&@…') | {"..."}
_LABEL_WORDS: Final = 7
_NO_LABEL: Final = words(
    "with at for where when while if using and or but from to by so then which that has have had is are "
    "was were gives give let set seed seeds= temperature temp top lr rank alpha beta gamma lambda eps "
    "epsilon dropout decay vs versus plus minus times than we i it they sets using size= equals"
)
_COMPOUND: Final = re.compile(r"[0-9]-[A-Za-z]")
_TOTALS: Final = words("batch total overall altogether budget sum product in-all")


@dataclass(frozen=True)
class Judged:
    """A piece of arithmetic and how it comes out."""

    start: int
    """Offset in the sentence."""
    end: int
    """Offset after it."""
    verdict: Verdict
    """How the stated result stands to the recomputed one."""
    against: str
    """The recomputed result, or why there is none."""
    certain: bool = True
    """Whether nothing else can have been meant."""


Range = tuple[Fraction, Fraction]


def judged_expressions(found: Sequence[Token]) -> list[Judged]:
    """Return every sum and product of a sentence that states its result."""
    made = [
        each
        for place, token in enumerate(found)
        if token.text in {"=", "≈"} and token.kind == "op" and (each := _equation(found, place)) is not None
    ]
    return [*made, *_in_brackets(found)]


def _equation(found: Sequence[Token], place: int) -> Judged | None:
    left, closed = _left(found, place)
    signed = any(_is_sign(left, index) for index in range(1, len(left)))
    total = found[place + 1] if place + 1 < len(found) else None
    if not signed or total is None or total.kind != "num":
        return None
    if _is_setting(left, found[place]) or _is_share(left, total):
        return None
    start = next((each.start for each in left if each.kind == "num"), left[0].start)
    terms = _terms(left) if closed else None
    why = ""
    if terms is None:
        why = "the whole of it could not be read"
    elif not _ends_here(found, place + 1):
        why = "it goes on behind its result"
    elif total.ends is not None and "±" not in total.text:
        low, high = (each.value * total.base for each in total.ends)
        if not _divides_by_nothing(terms) and low <= _middle(terms) <= high:
            return Judged(start, total.end, "agrees", "within the range")
        why = "a range is stated"
    elif not total.whole:
        why = "its result is no whole number that could be read"
    elif _divides_by_nothing(terms):
        why = "it divides by zero"
    if why or terms is None:
        return Judged(start, total.end, "cannot be checked", why)
    return _verdict(start, total.end, terms, total, others=_others(found, start, total.end))


def _left(found: Sequence[Token], place: int) -> tuple[list[Token], bool]:
    """Return the pieces before an equals sign up to the edge of their phrase, and whether they stand alone there."""
    stop = place
    if place and found[place - 1].text == ")":
        opened = next((i for i in range(place - 2, -1, -1) if found[i].text in "()"), None)
        if opened is not None and found[opened].text == "(":
            alone = opened == 0 or not (found[opened - 1].text in _SIGNS or found[opened - 1].kind == "num")
            return list(found[opened + 1 : place - 1]), alone
    while stop and not (found[stop - 1].kind == "op" and found[stop - 1].text in _EDGES):
        stop -= 1
    return list(found[stop:place]), True


def _is_sign(pieces: Sequence[Token], index: int) -> bool:
    """Return whether an operator joins two factors; a hyphen does so only with space on both sides."""
    token = pieces[index]
    if token.text not in _SIGNS:
        return False
    if token.text == "-":
        after = pieces[index + 1] if index + 1 < len(pieces) else None
        return token.spaced and after is not None and after.spaced and after.kind == "num"
    return True


@dataclass(frozen=True)
class _Factor:
    sign: str
    token: Token
    label: tuple[str, ...]


def _terms(left: Sequence[Token]) -> list[_Factor] | None:
    """Return the factors with the signs before them; None where one of them is not read whole."""
    parts: list[tuple[str, list[Token]]] = [("", [])]
    for index, token in enumerate(left):
        if _is_sign(left, index):
            parts.append((token.text, []))
        elif token.kind == "op":
            return None
        else:
            parts[-1][1].append(token)
    factors: list[_Factor] = []
    for number, (sign, part) in enumerate(parts):
        numerals = [each for each in part if each.kind == "num"]
        digits = [each for each in numerals if not each.text.isalpha()]
        # "The 800-example pool has 200 rows x 4": a number in a compound describes, and is no factor.
        digits = digits if len(digits) == 1 else [each for each in digits if not _COMPOUND.search(each.text)]
        chosen = digits if len(digits) == 1 else numerals
        if len(chosen) != 1 or not chosen[0].whole:
            return None
        at = part.index(chosen[0])
        label = tuple(each.text.lower() for each in part[at + 1 :])
        if (number and at) or len(label) > _LABEL_WORDS or not _NO_LABEL.isdisjoint(label):
            return None
        factors.append(_Factor(sign, chosen[0], label))
    return factors


def _is_setting(left: Sequence[Token], equals: Token) -> bool:
    """Return whether the equals sign gives something its value: `seed=42`, `T = 1.0`."""
    last = left[-1]
    return last.kind == "word" and (not equals.spaced or len(last.text) == 1 or "_" in last.text)


def _is_share(left: Sequence[Token], total: Token) -> bool:
    """Return whether it is a count with its percentage, which `checks.wrt.shares` reads."""
    numerals = [each for each in left if each.kind == "num"]
    return total.unit == "%" and len(numerals) == 2 and any(each.text == "/" for each in left)


def _ends_here(found: Sequence[Token], place: int) -> bool:
    behind = found[place + 1] if place + 1 < len(found) else None
    if behind is None or behind.kind != "op":
        return True
    if behind.text == "-":
        return not (place + 2 < len(found) and found[place + 2].kind == "num")
    return behind.text not in {"×", "+", "/", "±", "^", "="}


def _verdict(
    start: int, end: int, terms: Sequence[_Factor], total: Token, *, others: Sequence[Fraction]
) -> Judged:
    result = total.said
    pieces = [each.token for each in terms]
    adding = any(each.sign in {"+", "-"} for each in terms)
    low, high = _value(terms)
    middle = _middle(terms)
    rest = _units(pieces, total, adding=adding)
    scale = Fraction(1, 100) if rest == "share" else Fraction(1)
    stated = result.value * total.base * scale
    allowed = (result.step if result.about else result.step / 2) * total.base * scale
    if result.step > 1 and "." not in total.text and not result.about:
        allowed = result.step * total.base  # "12M" is cut as often as it is rounded
    against = f"it is {shown(middle / total.base / scale)}"
    if stated == middle:
        return Judged(start, end, "agrees", against)
    if low - allowed <= stated <= high + allowed or _whole_part(terms, middle, stated):
        return Judged(start, end, "rounds to", against)
    if rest == "unclear":
        return Judged(
            start, end, "cannot be checked", "its parts and its result are measured in different things"
        )
    if any(_explains(other, middle, stated, allowed) for other in others):
        return Judged(start, end, "cannot be checked", "another number of the sentence may belong to it")
    about = any(each.number is not None and each.number.about for each in (*pieces, total))
    return Judged(start, end, "disagrees", against, certain=not about)


def _divides_by_nothing(terms: Sequence[_Factor]) -> bool:
    """Return whether a divisor is zero, or rounds to it: what the quotient is cannot be said."""
    return any(each.sign == "/" and _numeral(each.token)[0] <= 0 for each in terms)


def _whole_part(terms: Sequence[_Factor], middle: Fraction, stated: Fraction) -> bool:
    """Return whether a quotient is stated as the whole steps that fit, or that are needed."""
    divided = any(each.sign == "/" for each in terms)
    return divided and stated.denominator == 1 and abs(stated - middle) < 1


def _units(pieces: Sequence[Token], total: Token, *, adding: bool) -> str:
    """Return how the result's unit follows from the parts': `same`, `share` (parts of one in %) or `unclear`."""
    units = [each.unit for each in pieces]
    if adding:
        same = set(units) == {total.unit} or (not any(units) and total.unit in {"points", "x"})
        return "same" if same else "unclear"
    measured = [unit for unit in units if unit not in {"", "%"}]
    if total.unit == "%":
        return "unclear" if measured else "share"
    return "same" if measured == [total.unit] or not (measured or total.measured) else "unclear"


def _numeral(token: Token) -> Range:
    low, high = token.low_high()
    return (low / 100, high / 100) if token.unit == "%" else (low, high)


def _value(terms: Sequence[_Factor]) -> Range:
    """Return between what the expression lies, with every written number good to half its last digit."""
    adding = all(each.sign in {"", "+", "-"} for each in terms)
    sums: list[tuple[str, Range]] = []
    for each in terms:
        one = each.token.low_high() if adding else _numeral(each.token)
        if each.sign in {"", "+", "-"}:
            sums.append((each.sign, one))
        else:
            sign, whole = sums[-1]
            sums[-1] = (sign, _combined(whole, one, each.sign))
    low = sum((-whole[1] if sign == "-" else whole[0] for sign, whole in sums), Fraction(0))
    high = sum((-whole[0] if sign == "-" else whole[1] for sign, whole in sums), Fraction(0))
    return low, high


def _combined(first: Range, second: Range, sign: str) -> Range:
    if sign == "/":
        second = (1 / second[1], 1 / second[0])
    corners = [a * b for a in first for b in second]
    return min(corners), max(corners)


def _middle(terms: Sequence[_Factor]) -> Fraction:
    low, high = _value([replace(each, token=_pinned(each.token)) for each in terms])
    return (low + high) / 2


def _pinned(token: Token) -> Token:
    return replace(token, number=replace(token.said, step=Fraction(0)))


def _others(found: Sequence[Token], start: int, end: int) -> list[Fraction]:
    return [
        each.number.value
        for each in found[:400]
        if each.number is not None and not start <= each.start < end and each.number.value not in {0, 1}
    ]


def _explains(other: Fraction, truth: Fraction, stated: Fraction, allowed: Fraction) -> bool:
    """Return whether another number of the sentence makes the stated result of the recomputed one."""
    options = (truth * other, truth / other, truth + other, truth - other)
    return any(abs(each - stated) <= allowed for each in options)


def _in_brackets(found: Sequence[Token]) -> list[Judged]:
    """Return products in brackets behind their result: `effective batch size 16 (4 × 4)`."""
    made: list[Judged] = []
    for place, token in enumerate(found):
        if token.text != "(":
            continue
        behind = next((i for i in range(place - 1, max(place - 6, -1), -1) if found[i].kind != "word"), None)
        if behind is None or not found[behind].whole:
            continue
        before = found[behind]
        close = closing(found, place, at_most=40)
        if close is None:
            continue
        inside = list(found[place + 1 : close])
        if not any(each.text == "×" for each in inside) or any(each.text == "=" for each in inside):
            continue
        terms = _terms(inside)
        if terms is None or inside[0].kind != "num" or _divides_by_nothing(terms):
            continue
        judged = _verdict(before.start, found[close].end, terms, before, others=[])
        said = {each.text.lower() for each in found[max(0, behind - 4) : behind]}
        direct = behind == place - 1 and not _TOTALS.isdisjoint(said)
        if judged.verdict == "disagrees" and not (direct and judged.certain):
            judged = Judged(
                judged.start, judged.end, "cannot be checked", "the product may be of something else"
            )
        made.append(judged)
    return made
