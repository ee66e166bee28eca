"""A test statistic or p-value that the numbers beside it do not give.

## What it finds

z values and p-values of two counts that a sentence compares (`11/586 vs 485/586`), recomputed as the test that is
named: two proportions (pooled or not), chi-squared, Fisher's exact test; for McNemar's, a p that no number of
disagreements gives. Where no test is named, all of them are tried. And a p that does not belong to the statistic in
front of it: `z = 2.5, p = 0.2`, `t(38) = 2.1, p = 0.4`, `χ²(1) = 3.9, p = 0.5`.

## Why it matters

A statistic that the counts do not give was made from other counts or with another formula. Where the conclusion
survives, as with z = 28 in place of 38, the reader still cannot repeat the computation.

## Example

"11/586 vs 485/586: z ~ 38": pooled 28.0, unpooled 48.8. "11/586 vs 485/586, McNemar: p = 1e-20": paired, the two
scores allow p from 1e-142 to 1e-127.

## What to do

State the test with its variant, or better the paired test: `audit` has McNemar's with an interval.

## Limits

The counts have to be set against each other ("vs", "against", "compared with") and the statistic has to stand behind
them, in their sentence or at the start of the next. One-sided and two-sided values are accepted. Tests of something
else (t, permutation, correlation ...), adjusted values and values of several seeds are listed as not checked. Two
scores bound a paired p and do not fix it: within the bounds nothing is said.

## References

* `docs/statistics.md`; `checks.stats.two_proportion_z`, `checks.stats.fisher_exact`, `checks.stats.mcnemar_bounds`.
"""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterator
from typing import Final

from checks.core.registry import check
from checks.stats.margins import mcnemar_bounds
from checks.stats.unpaired import fisher_exact, two_proportion_z
from checks.wrt.document import Span
from checks.wrt.numbers import NUMBER, Verdict, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.stated_p import P, StatedP, distribution_p, stated_p

Pair = tuple[int, int]

_NUMERAL = r"\d[\d,]{0,14}"
_FIRST = rf"(?<![\w./])(?P<k1>{_NUMERAL})\s?/\s?(?P<n1>{_NUMERAL})(?![\w/]|\s?/)"
_SECOND = rf"(?<![\w./])(?P<k2>{_NUMERAL})\s?/\s?(?P<n2>{_NUMERAL})(?![\w/]|\s?/)"
_LABEL = r"[^0-9.;!?]{0,60}?"
_COMPARED = re.compile(
    rf"{_FIRST}(?:\s?\([^()]{{0,30}}\))?{_LABEL}"
    rf"(?<![A-Za-z])(?:vs\.?|versus|against|compared\s+(?:to|with)|than){_LABEL}{_SECOND}"
)
_Z = re.compile(rf"(?<![\w-])z\s*(?:=|≈|~|is|of)\s*(?P<value>~?\s?{NUMBER})", re.IGNORECASE)
_DISTRIBUTED = re.compile(
    r"(?<![\w-])(?P<name>z|t|χ²|χ2|chi2|chi\^2|X2)\s?(?:\(\s?(?P<df>\d{1,6}(?:\.\d{1,3})?)(?:,\s?N\s?=\s?[\d,]{1,9})?\s?\))?"
    r"\s?=\s?(?P<value>[-+]?\d{1,6}(?:\.\d{1,6})?)(?![\d.]*[\d×^e])(?:\)?,?\s|\s?[;(]\s?|,)(?:and\s+)?(?=p\s?[<>=≤≥~≈])",
)
_PAIRED = re.compile(r"\bMcNemar|(?<!un)(?<!un-)\bpaired\b", re.IGNORECASE)
_INDEPENDENT = re.compile(
    r"\bunpaired|two[- ](?:proportion|sample)s?|\bindependent\b|\bz-?[ ]?test|\bproportions?\s+(?:z|test)",
    re.IGNORECASE,
)
_FISHER = re.compile(r"\bFisher", re.IGNORECASE)
_CHI = re.compile(r"\bchi\b|\bchi-?squared?\b|χ", re.IGNORECASE)
_OF_ELSE: Final = re.compile(
    r"\bt-?[ ]?tests?\b|\brho\b|ρ|\bbinomial\b(?!\s+proportions)|\bsign[- ]test|\blog-?rank|\bKS\b|\bTOST\b|\btau\b"
    r"|\b(?:Welch|permut|bootstrap|randomi[sz]ation|correlat|Pearson|Spearman|Kendall|Mann|Wilcoxon|Kruskal|ANOVA|regress"
    r"|mixed|Cochran|Kolmogorov|Boschloo|Barnard|equivalence|interaction|trend|slope|Bayes)",
    re.IGNORECASE,
)
"""Names of what is computed from more than two counts."""
_OTHERWISE = re.compile(
    r"\b(?:adjusted|corrected|correction|Holm|Bonferroni|Benjamini|FDR|q-value|seeds?|pooled\s+over|clustered|combined)\b",
    re.IGNORECASE,
)
"""What makes a p-value another than the one of two counts."""
_OPENS_WITH_TEST = re.compile(
    r"^(?:An?|The|Our|This)?\s*(?:two[- ]proportions?|two[- ]sample|pooled|unpooled|chi|χ|Fisher)",
    re.IGNORECASE,
)
_FAR = 90
"""Characters between the counts and their statistic."""
_AROUND = 300
"""Characters on either side in which the name of a test is looked for."""
_ADVICE = "recompute it, and give McNemar's test where both answered the same questions"


@check(code="WRT010", name="statistic-mismatch", severity="warning", since="0.1.0")
def statistic_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per statistic that the numbers beside it do not give."""
    before: Span | None = None
    for sentence in writeup.document.sentences:
        text = sentence.text
        compared = list(_COMPARED.finditer(text))
        owned: set[int] = set()
        for match in _DISTRIBUTED.finditer(text):
            p = P.match(text, match.end())
            if p is not None:
                owned |= {match.start(), p.start()}
                yield from _of_statistic(sentence, match, p)
        for match in (*_Z.finditer(text), *P.finditer(text)):
            if match.start() in owned and not compared:
                continue
            at, said = sentence.start + match.start(), match.group().strip()
            pairs, named = _counts(sentence, compared, match.start(), before)
            if pairs is None:
                why = "two counts that are compared do not stand in front of it"
                yield Compared(at, said, "cannot be checked", why)
            else:
                yield from _judged(at, said, match, pairs, named)
        before = sentence


def _counts(
    sentence: Span, compared: list[re.Match[str]], at: int, before: Span | None
) -> tuple[tuple[Pair, Pair] | None, str]:
    """Return the two counts that a statistic belongs to, and the words that name its test."""
    last = bisect.bisect_right(compared, at, key=lambda match: match.end()) - 1
    if last >= 0:
        between = sentence.text[compared[last].end() : at]
        # A second pair of counts, a semicolon or a long way make it somebody else's.
        if len(between) > _FAR or ";" in between or re.search(r"\d\s?/\s?\d", between):
            return None, ""
        around = sentence.text[max(0, compared[last].start() - _AROUND) : at + _AROUND]
        return _pairs(compared[last]), around
    if before is None or before.end + 3 < sentence.start or not _OPENS_WITH_TEST.match(sentence.text):
        return None, ""
    if at > _FAR or re.search(r"\d\s?/\s?\d", sentence.text):
        return None, ""
    found = list(_COMPARED.finditer(before.text))
    return (_pairs(found[0]), sentence.text) if len(found) == 1 else (None, "")


def _pairs(match: re.Match[str]) -> tuple[Pair, Pair] | None:
    (first, total), (second, other) = (
        (int(match[k].replace(",", "")), int(match[n].replace(",", "")))
        for k, n in (("k1", "n1"), ("k2", "n2"))
    )
    right = all(0 <= k <= n < 10**9 and n for k, n in ((first, total), (second, other)))
    return ((first, total), (second, other)) if right else None


def _judged(
    at: int, said: str, match: re.Match[str], pairs: tuple[Pair, Pair], words: str
) -> Iterator[Remark | Compared]:
    if _OF_ELSE.search(words) or _OTHERWISE.search(words):
        yield Compared(at, said, "cannot be checked", "its test takes more than these two counts")
    elif match.re is _Z:
        yield from _z(at, said, match, pairs)
    elif _PAIRED.search(words) and not _INDEPENDENT.search(words):
        yield from _paired(at, said, match, pairs)
    else:
        yield from _p(at, said, stated_p(match), pairs, words)


def _z(at: int, said: str, match: re.Match[str], pairs: tuple[Pair, Pair]) -> Iterator[Remark | Compared]:
    number = parse_number(match["value"])
    if number is None:
        return
    pooled, unpooled = abs(two_proportion_z(*pairs)[0]), abs(unpooled_z(*pairs))
    if not math.isfinite(unpooled):
        unpooled = pooled
    verdicts: list[Verdict] = [number.compare(math.copysign(z, number.value)) for z in (pooled, unpooled)]
    verdict: Verdict = min(verdicts, key=lambda each: each == "disagrees")
    truth = f"{_shown(pairs)} give z = {pooled:.2f} pooled and {unpooled:.2f} unpooled"
    yield Compared(at, said, verdict, truth)
    if verdict == "disagrees":
        advice = (
            f"write z = {pooled:.1f} (pooled), or give McNemar's test where both answered the same questions"
        )
        yield Remark((at,), f"`{said}` is stated; {truth} (two-proportion test)", advice)


def _p(
    at: int, said: str, stated: StatedP | None, pairs: tuple[Pair, Pair], words: str
) -> Iterator[Remark | Compared]:
    tests = _tests(pairs, words)
    if stated is None:
        yield Compared(at, said, "cannot be checked", "it is no number that could be read")
        return
    # A z-test is right far out; in between, variants differ by less than a factor of three.
    fits = [name for name, log_p in tests.items() if stated.holds(log_p, tolerance=0.5)]
    fits += [name for name, log_p in tests.items() if stated.holds(log_p - math.log10(2), tolerance=0.5)]
    shown = next(iter(tests))
    truth = f"{_shown(pairs)} give p = {_power(tests[shown])}"
    yield Compared(at, said, "agrees" if fits else "disagrees", truth)
    if not fits:
        named = len(tests) == 1 or _CHI.search(words) or _INDEPENDENT.search(words)
        yield Remark(
            (at,),
            f"`{said}` is stated; {truth} ({shown})",
            _ADVICE,
            confidence="certain" if named else "likely",
        )


def _tests(pairs: tuple[Pair, Pair], words: str) -> dict[str, float]:
    """Return log10 of p by every test that the sentence may mean; the first is the one that reports show."""
    pooled = _log10_two_sided(abs(two_proportion_z(*pairs)[0]))
    wide = abs(unpooled_z(*pairs))
    unpooled = -math.inf if math.isinf(wide) else _log10_two_sided(wide)
    fisher = {"Fisher's exact test": fisher_exact(*pairs)}
    proportions = {"two-proportion test": pooled, "unpooled two-proportion test": unpooled}
    yates = {"chi-squared test with Yates' correction": _yates(pairs)}
    if _FISHER.search(words):
        return fisher
    if _CHI.search(words):
        return {"chi-squared test": pooled, **yates}
    if _INDEPENDENT.search(words):
        return {key: value for key, value in proportions.items() if math.isfinite(value)}
    return {**proportions, **fisher, **yates, **_mcnemar(pairs)}


def _mcnemar(pairs: tuple[Pair, Pair]) -> dict[str, float]:
    (first, total), (second, other) = pairs
    if total != other:
        return {}
    return {
        f"McNemar's test, {word}": _log10(each)
        for word, each in zip(("least", "most"), mcnemar_bounds(first, second, total), strict=True)
    }


def _yates(pairs: tuple[Pair, Pair]) -> float:
    (a, n), (c, m) = pairs
    b, d = n - a, m - c
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if not margins:
        return 0.0
    chi2 = (n + m) * max(0.0, abs(a * d - b * c) - (n + m) / 2) ** 2 / margins
    return _log10_two_sided(math.sqrt(chi2))


def _paired(
    at: int, said: str, match: re.Match[str], pairs: tuple[Pair, Pair]
) -> Iterator[Remark | Compared]:
    """Judge a p-value that is said to be of a paired test: two scores bound it."""
    (first, total), (second, questions) = pairs
    stated = stated_p(match)
    if total != questions or stated is None:
        why = "the paired test has counts of different questions beside it"
        yield Compared(at, said, "cannot be checked", why)
        return
    lowest, highest = (_log10(each) for each in mcnemar_bounds(first, second, total))
    allowed = f"p from {_power(lowest)} to {_power(highest)}"
    truth = f"{first}/{total} and {second}/{total} on the same questions allow {allowed}"
    certain = stated.sign != "=" and all(stated.holds(each, tolerance=0.5) for each in (lowest, highest))
    possible = (
        any(stated.holds(each, tolerance=0.5) for each in (lowest, highest))
        or lowest <= stated.log_p <= highest
    )
    verdict: Verdict = "agrees" if certain else "cannot be checked" if possible else "disagrees"
    yield Compared(at, said, verdict, truth)
    if verdict == "disagrees":
        advice = "recompute it, and say in how many questions each arm alone was right"
        yield Remark((at,), f"`{said}` is stated; {truth} (exact McNemar)", advice)


def _of_statistic(sentence: Span, match: re.Match[str], p: re.Match[str]) -> Iterator[Remark | Compared]:
    """Judge a p behind its own statistic."""
    at, said = sentence.start + match.start(), sentence.text[match.start() : p.end()].strip()
    stated, number = stated_p(p), parse_number(match["value"])
    if stated is None or number is None or _OTHERWISE.search(sentence.text):
        yield Compared(at, said, "cannot be checked", "it may be adjusted")
        return
    name = match["name"]
    if name != "z" and match["df"] is None:
        yield Compared(at, said, "cannot be checked", "its degrees of freedom are not given")
        return
    df = float(match["df"]) if match["df"] else None
    value, half = abs(float(number.value)), float(number.step) / 2
    low, high = (distribution_p(name, each, df) for each in (value + half, max(0.0, value - half)))
    middle = distribution_p(name, value, df)
    sided = (0.0,) if name not in {"z", "t"} else (0.0, -math.log10(2))
    fits = any(stated.fits(low + each, high + each) for each in sided)
    freedom = f"({match['df']})" if match["df"] else ""
    truth = f"{name}{freedom} = {match['value']} gives p = {_power(middle)}"
    yield Compared(at, said, "agrees" if fits else "disagrees", truth)
    if not fits:
        yield Remark((at,), f"`{said}` is stated; {truth}", "recompute it from the data")


def unpooled_z(first: Pair, second: Pair) -> float:
    """Return z of second minus first with each sample's own variance; infinite where both have none and differ."""
    shares = [k / n for k, n in (first, second)]
    error = math.sqrt(sum(p * (1 - p) / n for p, (_, n) in zip(shares, (first, second), strict=True)))
    difference = shares[1] - shares[0]
    return difference / error if error else math.copysign(math.inf, difference) if difference else 0.0


def _log10_two_sided(z: float) -> float:
    p = math.erfc(z / math.sqrt(2))
    if p > 1e-300:
        return math.log10(p)
    # Far out, where it is no float: the density over z, off by less than one in z squared.
    return (math.log(2 / (z * math.sqrt(2 * math.pi))) - z * z / 2) / math.log(10)


def _log10(p: float) -> float:
    return math.log10(p) if p else -math.inf


def _power(log_p: float) -> str:
    return f"10^{log_p:.1f}" if log_p < -4 else f"{10**log_p:.2g}"


def _shown(pairs: tuple[Pair, Pair]) -> str:
    return " and ".join(f"{k}/{n}" for k, n in pairs)
