"""An interval that does not hold the estimate it is given for.

## What it finds

`84.0% (95% CI 81.0-83.2)`, `84.0% [81.0%, 83.2%]` and the like, whose estimate lies outside, and intervals whose lower
end is above the upper one.

## Why it matters

Estimate and interval are of different runs, or one of them was typed by hand. Which of them the conclusion rests on is
no longer known.

## Example

"84.0% (95% CI 81.0-83.2)": 84.0 is above 83.2.

## What to do

Print both from one computation.

## Limits

The interval has to be named (CI, confidence interval, credible interval), and the estimate has to stand directly before
it, in the same unit. Intervals in plain brackets are likely and not certain. In tables the column beside a column of
intervals is [table-mismatch](table-mismatch.md)'s.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.table_mismatch import interval
from checks.wrt.tokens import LONGEST, Token, tokens, words

_MAY_HOLD = re.compile(
    r"\bC\.?I\.?\b|\bCrI\b|\bHDI\b|interval|%?\s?\[\s?[-+]?[0-9.]{1,12}\s?%?\s?[,;–-]", re.IGNORECASE
)
_NAMED: Final = words("ci cis c.i cri hdi interval intervals")
_FILLERS: Final = words(
    "95% 99% 90% 68% 80% 95 99 90 confidence credible bootstrap bootstrapped wilson clopper-pearson with a an the of"
)
_NOT_ESTIMATES: Final = words("p n k z t f df q seed seeds table figure fig section eq equation")
_OPENING: Final = frozenset("([,:;=–.")
_PARTS: Final = words("/ of – × to → vs versus and against than")


@dataclass(frozen=True)
class _Interval:
    start: int
    end: int
    low: Fraction
    high: Fraction
    share: bool
    named: bool


@check(code="WRT022", name="estimate-outside-interval", severity="error", since="0.1.0")
def estimate_outside_interval(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per estimate that its interval does not hold."""
    for sentence in writeup.document.sentences:
        if len(sentence.text) > LONGEST or not _MAY_HOLD.search(sentence.text):
            continue
        found = tokens(sentence.text)
        for place, token in enumerate(found):
            estimate = _estimate(found, place)
            if estimate is None:
                continue
            held = _interval(sentence.text, found, place)
            if held is None or _is_count(estimate, held):
                continue
            at, said = sentence.start + token.start, sentence.text[token.start : held.end].strip()
            problem = _problem(estimate, held)
            yield Compared(at, said, "disagrees" if problem else "agrees", problem or "it lies inside")
            if problem:
                yield Remark(
                    (at,),
                    f"`{said}`: {problem}",
                    "print estimate and interval from one computation",
                    confidence="certain" if held.named else "likely",
                )


def _estimate(found: Sequence[Token], place: int) -> Token | None:
    """Return the numeral at a place if it may be an estimate: no p, no size, no number of a table."""
    token = found[place]
    if token.kind != "num" or (token.number is None and "±" not in token.text) or token.bound:
        return None
    before = [each.text.lower().rstrip(".") for each in found[max(0, place - 2) : place]]
    if len(before) == 2 and before[1] in {"=", "≈"} and before[0] in _NOT_ESTIMATES:
        return None
    # "from 84.0 to 60.0 (95% CI ...)" may be the interval of the difference.
    if before and (before[-1] in _NOT_ESTIMATES or before[-1] in _PARTS):
        return None
    return None if _is_level(found, place) else token


def _is_count(estimate: Token, held: _Interval) -> bool:
    """Return whether a bare whole number stands before an interval of shares or decimals: a year, or how many."""
    bare = estimate.unit == "" and "." not in estimate.text
    return bare and (held.share or any(each.denominator != 1 for each in (held.low, held.high)))


def _is_level(found: Sequence[Token], place: int) -> bool:
    """Return whether a numeral says how sure an interval is: `95% bootstrap CI`."""
    for token in found[place + 1 : place + 4]:
        word = token.text.lower().rstrip(".")
        if word in _NAMED:
            return True
        if token.kind != "word":
            return False
    return False


def _interval(text: str, found: Sequence[Token], place: int) -> _Interval | None:
    """Return the interval that stands directly behind a numeral."""
    begin, named = place + 1, False
    # "38.65 MB/s (95% CI ...)", "a median of 2.4 nats with an interval of ...": one word is its unit.
    behind = found[begin : begin + 2]
    if len(behind) == 2 and behind[0].kind == "word" and behind[1].text in {"(", "[", ",", "with"}:
        begin += 1
    for at in range(begin, len(found[: place + 11])):
        word = found[at].text.lower()
        if word in _NAMED:
            named = True
        elif word in _OPENING or word in _FILLERS:
            pass
        elif found[at].kind == "num":
            break
        else:
            return None
    else:
        return None
    bare = found[at - 1].text == "[" and at == place + 2 and re.search(r"[.%]", found[at].text)
    if not named and not bare:
        return None
    return _ends(text, found, at, named=named)


def _ends(text: str, found: Sequence[Token], at: int, *, named: bool) -> _Interval | None:
    first = found[at]
    for count in (1, 3):
        last = found[at + count - 1] if at + count - 1 < len(found) else None
        if last is None:
            return None
        ends = interval(text[first.start : last.end])
        if ends is not None:
            behind = found[at + count] if at + count < len(found) else None
            if (
                behind is not None
                and behind.text not in {")", "]", ",", ";", ".", "–", "|"}
                and behind.kind != "word"
            ):
                return None
            closed = named or (behind is not None and behind.text == "]")
            low, high = ends
            return _Interval(first.start, last.end, low, high, "%" in last.text, named) if closed else None
    return None


def _problem(estimate: Token, held: _Interval) -> str:
    """Return what is wrong with an interval, or nothing."""
    if held.low > held.high:
        return f"its lower end {float(held.low):g} is above its upper end {float(held.high):g}"
    number = estimate.number or (estimate.ends[0] if estimate.ends else None)
    if number is None:
        return ""
    scales = [Fraction(1)]
    if estimate.unit == "%" and not held.share and held.high <= 1:
        scales = [Fraction(100)]
    elif estimate.unit != "%" and held.share:
        scales = [Fraction(1), Fraction(1, 100)]
    slack = number.step / 2
    for scale in scales:
        if held.low * scale - slack <= number.value <= held.high * scale + slack:
            return ""
    side = "above" if number.value > held.high * scales[0] else "below"
    end = held.high if side == "above" else held.low
    return f"the estimate {number.text} is {side} {float(end * scales[0]):g}"
