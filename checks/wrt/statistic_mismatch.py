"""A test statistic or p-value that the stated counts do not give.

## What it finds

z values and bounds on p beside two counts (`11/586 vs 485/586`) that neither the pooled nor the unpooled two-proportion
test gives; where the paragraph says that the test is paired (McNemar's), a p that no number of disagreements gives.

## Why it matters

A statistic that the counts do not give was made from other counts or with another formula. Where the conclusion
survives, as with z = 28 in place of 38, the reader still cannot repeat the computation.

## Example

"11/586 vs 485/586: z ~ 38": pooled 28.0, unpooled 48.8. "11/586 vs 485/586, McNemar: p = 1e-20": paired, the two
scores allow p from 1e-142 to 1e-127.

## What to do

State the test with its variant, or better the paired test: `audit` has McNemar's with an interval.

## Limits

Both variants are accepted. Counts and statistic have to stand in one paragraph, and the paragraph may have only two
different pairs of counts. Two scores bound a paired p and do not fix it: within the bounds, or where it is adjusted for
several comparisons or speaks for several seeds, it is listed as not checked.

## References

* `docs/statistics.md`; `checks.stats.two_proportion_z`, `checks.stats.mcnemar_bounds`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from checks.stats.margins import mcnemar_bounds
from checks.stats.unpaired import two_proportion_z
from checks.wrt.document import Span
from checks.wrt.numbers import NUMBER, Verdict, parse_number
from checks.wrt.registry import Reading, Remark, WriteUp, writeup_check

_COUNTS = re.compile(r"(?<![\w./])(?P<k>\d[\d,]*)\s?/\s?(?P<n>\d[\d,]*)(?![\w/])")
_Z = re.compile(rf"(?<![\w-])z\s*(?:=|≈|~|is|of)\s*(?P<value>~?\s?{NUMBER})", re.IGNORECASE)
_P = re.compile(
    r"(?<![\w-])p\s*(?P<sign><|>|=|≤|≥|~|≈)\s*(?P<value>10\s?\^\s?-?\d{1,4}|\d(?:\.\d{1,6})?(?:e[-+]?\d{1,4})?)",
    re.IGNORECASE,
)

_PAIRED = re.compile(r"\bMcNemar|(?<!un)(?<!un-)\bpaired\b", re.IGNORECASE)
_INDEPENDENT = re.compile(
    r"\bunpaired|two-(?:proportion|sample)|\bindependent\b|\bz-?test|\bchi\b", re.IGNORECASE
)
_OTHERWISE = re.compile(r"\b(?:adjusted|corrected|Holm|Bonferroni|seeds?)\b", re.IGNORECASE)
"""What makes a p-value another than the one of two counts."""


@writeup_check(code="WRT010", name="statistic-mismatch", severity="warning", since="0.1.0")
def statistic_mismatch(writeup: WriteUp) -> Iterator[Remark | Reading]:
    """Yield one remark per statistic that the paragraph's two counts do not give."""
    for block in writeup.document.prose:
        statistics = [*_Z.finditer(block.text), *_P.finditer(block.text)]
        if not statistics:
            continue
        pairs = _pairs(block)
        for match in statistics:
            at, said = block.start + match.start(), match.group()
            if len(pairs) != 2:
                yield Reading(at, said, "cannot be checked", "two counts do not stand beside it")
                continue
            paired = _PAIRED.search(block.text) is not None and _INDEPENDENT.search(block.text) is None
            if match.re is _P and paired:
                yield from _paired(at, said, match, pairs, other=_OTHERWISE.search(block.text) is not None)
            else:
                yield from _judged(at, said, match, pairs)


def _paired(
    at: int, said: str, match: re.Match[str], pairs: list[tuple[int, int]], *, other: bool
) -> Iterator[Remark | Reading]:
    """Judge a p-value that is said to be of a paired test: two scores bound it."""
    (first, total), (second, questions) = pairs
    if other or total != questions:
        why = (
            "speaks for more than these two counts"
            if other
            else "has counts of different questions beside it"
        )
        yield Reading(at, said, "cannot be checked", f"the paired test {why}")
        return
    low, high = mcnemar_bounds(first, second, total)
    lowest, highest = (math.log10(each) if each else -math.inf for each in (low, high))
    text, sign = match["value"], match["sign"]
    allowed = f"p from {_power(lowest)} to {_power(highest)}"
    truth = f"{first}/{total} and {second}/{total} on the same questions allow {allowed}"
    certain = sign in {"<", "≤", ">", "≥"} and all(
        _holds(sign, text, *each) for each in ((lowest, low), (highest, high))
    )
    possible = (
        _holds(sign, text, lowest, low)
        or _holds(sign, text, highest, high)
        or _between(text, lowest, highest)
    )
    verdict: Verdict = "agrees" if certain else "cannot be checked" if possible else "disagrees"
    yield Reading(at, said, verdict, truth)
    if verdict == "disagrees":
        advice = "recompute it, and say in how many questions each arm alone was right"
        yield Remark((at,), f"`{said}` is stated; {truth} (exact McNemar)", advice)


def _between(text: str, lowest: float, highest: float) -> bool:
    stated = _log10(text)
    return stated is not None and lowest <= stated <= highest


def _power(log_p: float) -> str:
    return f"10^{log_p:.1f}" if log_p < -4 else f"{10**log_p:.2g}"


def _judged(
    at: int, said: str, match: re.Match[str], pairs: list[tuple[int, int]]
) -> Iterator[Remark | Reading]:
    pooled, p = two_proportion_z(*pairs)
    pooled, unpooled = abs(pooled), abs(unpooled_z(*pairs))
    counts = " and ".join(f"{k}/{n}" for k, n in pairs)
    if match.re is _Z:
        number = parse_number(match["value"])
        if number is None:
            return
        verdicts: list[Verdict] = [number.compare(z if number.value >= 0 else -z) for z in (pooled, unpooled)]
        verdict: Verdict = min(verdicts, key=lambda each: each == "disagrees")
        truth = f"{counts} give z = {pooled:.2f} pooled and {unpooled:.2f} unpooled"
        advice = (
            f"write z = {pooled:.1f} (pooled), or give McNemar's test where both answered the same questions"
        )
    else:
        log_p = _log10_p(pooled) if p < 1e-300 else math.log10(p)
        verdict = "agrees" if _holds(match["sign"], match["value"], log_p, p) else "disagrees"
        truth = f"{counts} give p = 10^{log_p:.1f}" if log_p < -4 else f"{counts} give p = {p:.2g}"
        advice = "recompute it, and give McNemar's test where both answered the same questions"
    yield Reading(at, said, verdict, truth)
    if verdict == "disagrees":
        yield Remark((at,), f"`{said}` is stated; {truth} (two-proportion test)", advice)


def unpooled_z(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return z of second minus first with each sample's own variance; infinite where both have none and differ."""
    shares = [k / n for k, n in (first, second)]
    error = math.sqrt(sum(p * (1 - p) / n for p, (_, n) in zip(shares, (first, second), strict=True)))
    difference = shares[1] - shares[0]
    return difference / error if error else math.copysign(math.inf, difference) if difference else 0.0


def _log10_p(z: float) -> float:
    """Return log10 of the two-sided p far out, where it is no float: the Mills ratio's first two terms."""
    return (math.log(2 / (z * math.sqrt(2 * math.pi))) - z * z / 2 + math.log1p(-1 / (z * z))) / math.log(10)


def _holds(sign: str, text: str, log_p: float, p: float) -> bool:
    stated = _log10(text)
    if stated is None:
        return True
    if sign in {"<", "≤"}:
        return log_p <= stated
    if sign in {">", "≥"}:
        return log_p >= stated
    number = parse_number(text)
    # "p = 0" and "p = 0.000" are how software prints what is too small for it.
    return number is None or abs(log_p - stated) <= 0.5 or number.compare(p) != "disagrees"


def _log10(text: str) -> float | None:
    """Return log10 of a stated p-value; None where it is no number."""
    power = re.fullmatch(r"10\s?\^\s?(-?\d+)", text)
    try:
        if power:
            return float(power.group(1))
        return float(Decimal(text).log10()) if Decimal(text) else -math.inf
    except InvalidOperation:
        return None


def _pairs(block: Span) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for match in _COUNTS.finditer(block.text):
        pair = (int(match["k"].replace(",", "")), int(match["n"].replace(",", "")))
        if 0 < pair[1] < 10**9 and pair[1] >= 10 and pair[0] <= pair[1] and pair not in pairs:
            pairs.append(pair)
    return pairs
