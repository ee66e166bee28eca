"""Arithmetic in the text that does not come out.

## What it finds

`k/N = x%`, `a × b = c`, `a + b = c`, `from x% to y%, z points` and `x% ... y% (delta = z pp)` whose parts do not give
the stated result, rounding allowed for.

## Why it matters

A number that cannot be right from the numbers beside it was copied from another run, or typed by hand. Either way a
reader no longer knows which of them the conclusion rests on.

## Example

"492/586 = 84.6%": it is 84.0%.

## What to do

Recompute it, and print such numbers from the results.

## Limits

Only what is written as arithmetic is recomputed. A product in parentheses counts as the number's only if it stands
directly behind it: "effective batch size 16 (4 × 4)". Differences of rounded numbers may be off by the rounding.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import prod

from checks.wrt.document import Span
from checks.wrt.numbers import NUMBER, Number, numbers_in, parse_number, shown
from checks.wrt.registry import Reading, Remark, WriteUp, writeup_check

_SHARE = re.compile(rf"(?P<k>{NUMBER})\s?/\s?(?P<n>\d[\d,]*)\s*(?:=|\()\s*(?P<x>{NUMBER})\s?%")
_SHARE_AFTER = re.compile(rf"(?P<x>{NUMBER})\s?%\s*\((?P<k>\d[\d,]*)\s?/\s?(?P<n>\d[\d,]*)\)")
_LABEL = r"[^\d×*=()\n;|]{0,80}?"
_TIMES = r"(?:\s?[×*]\s?|\sx\s)"
_CHAIN = rf"~?{NUMBER}{_LABEL}(?:{_TIMES}~?{NUMBER}{_LABEL}){{1,5}}"
_PRODUCT = re.compile(rf"(?P<chain>{_CHAIN})\s*=\s*(?P<total>~?{NUMBER})(?![\d.]|\s?%)")
_BEHIND = re.compile(
    rf"(?P<total>~?{NUMBER})(?P<label>[^\d×*=()\n;|.]{{0,40}})\((?P<aside>or |or equivalently |i\.e\. |= )?"
    rf"(?P<chain>{_CHAIN})\s*\)"
)
_SUM = re.compile(
    rf"(?<![\d×*+/]\s)(?<![×*+/])(?P<parts>{NUMBER}(?:\s?\+\s?\d[\d,.]*){{1,8}})\s?=\s?(?P<total>{NUMBER})(?!\s?[×*+/%])"
)
_POINTS = r"(?:-|\s)?(?:pp\b|percentage[- ]points?\b|points?\b)"
_FROM_TO = re.compile(
    rf"\bfrom\s+(?P<x>{NUMBER})\s?%[^%;]{{0,60}}?\bto\s+(?P<y>{NUMBER})\s?%(?P<gap>(?:\([^()%]{{0,30}}\)|[^%;()\d]){{0,80}}?)(?<![\w.])"
    rf"(?P<z>[-+]?\d{{1,3}}(?:\.\d{{1,4}})?){_POINTS}"
)
_DELTA = re.compile(
    rf"(?P<x>{NUMBER})\s?%(?P<gap>[^%()]{{0,80}})(?P<y>{NUMBER})\s?%\s*"
    rf"\((?:delta|Δ|difference|change)\s*[=:]?\s*(?P<z>{NUMBER}){_POINTS}\)"
)


@writeup_check(code="WRT004", name="wrong-arithmetic", severity="error", since="0.1.0")
def wrong_arithmetic(writeup: WriteUp) -> Iterator[Remark | Reading]:
    """Yield a reading for every piece of arithmetic, and a remark where it does not come out."""
    for block in writeup.document.prose:
        for reading in _readings(block):
            yield reading
            if reading.verdict == "disagrees":
                yield Remark(
                    (reading.at,),
                    f"`{reading.said}` does not come out: {reading.against}",
                    "recompute it, and print such numbers from the results",
                )


def _readings(block: Span) -> Iterator[Reading]:
    for pattern in (_SHARE, _SHARE_AFTER):
        for match in pattern.finditer(block.text):
            yield from _share(block, match)
    for match in _PRODUCT.finditer(block.text):
        yield from _product(block, match, certain=True)
    for match in _BEHIND.finditer(block.text):
        yield from _product(block, match, certain=not match["label"].strip() and not match["aside"])
    for match in _SUM.finditer(block.text):
        parts = [number for _, number in numbers_in(match["parts"].replace("+", " "))]
        total = parse_number(match["total"])
        if total is not None and parts:
            truth = sum((part.value for part in parts), Fraction(0))
            slack = sum((part.step / 2 for part in parts if part.step < 1), Fraction(0))
            yield _reading(block, match, total, truth, slack)
    for pattern in (_FROM_TO, _DELTA):
        for match in pattern.finditer(block.text):
            yield from _difference(block, match)


def _share(block: Span, match: re.Match[str]) -> Iterator[Reading]:
    count, total, share = (parse_number(match[name]) for name in ("k", "n", "x"))
    if (
        count is None
        or total is None
        or share is None
        or not 0 <= count.value <= total.value
        or not total.value
    ):
        return
    yield _reading(block, match, share, 100 * count.value / total.value, 0, unit="%")


def _product(block: Span, match: re.Match[str], *, certain: bool) -> Iterator[Reading]:
    factors = [number for _, number in numbers_in(match["chain"])]
    total = parse_number(match["total"])
    if total is None or len(factors) < 2:
        return
    truth = prod((factor.value for factor in factors), start=Fraction(1))
    about = any(factor.about for factor in factors)
    reading = _reading(block, match, total, truth, total.step if about else 0)
    if reading.verdict == "disagrees" and (not certain or about):
        reading = Reading(
            reading.at, reading.said, "cannot be checked", "the product may be of something else"
        )
    yield reading


def _difference(block: Span, match: re.Match[str]) -> Iterator[Reading]:
    first, second, stated = (parse_number(match[name]) for name in ("x", "y", "z"))
    if first is None or second is None or stated is None:
        return
    truth = second.value - first.value
    if not stated.signed:
        truth = abs(truth)
    yield _reading(block, match, stated, truth, (first.step + second.step) / 2, unit=" points")


def _reading(
    block: Span,
    match: re.Match[str],
    stated: Number,
    truth: Fraction,
    slack: Fraction | int,
    *,
    unit: str = "",
) -> Reading:
    verdict = stated.compare(truth, slack=slack)
    return Reading(block.start + match.start(), match.group().strip(), verdict, f"it is {shown(truth)}{unit}")
