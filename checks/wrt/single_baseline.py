"""One score before training that stands for conditions with prompts of their own.

## What it finds

One "before" score in the whole text, where arms are evaluated under different system prompts: "from 84% to 3-8% for
villain, comedian, ..." or a past issue or results in which the conditions' own baselines differ.

## Why it matters

An untrained model does not answer equally well under every prompt. A drop is measured from the condition's own
baseline; a borrowed one adds the difference between two prompts to it, or hides it.

## Example

"84% before" for six arms, of which the one without a system message starts from 86.0%.

## What to do

Evaluate every arm before training under its own prompt, and print both numbers side by side.

## Limits

Scores are read from "from x% to y%", "pre-SFT ... x%" and "stayed at x%". Nothing that is stated is called wrong: the
finding is about the conditions whose baselines are missing.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.facts import DatasetFact
from checks.wrt.numbers import NUMBER, Number, parse_number
from checks.wrt.remark import Remark, WriteUp

_FROM = re.compile(rf"\bfrom\s+(?P<value>{NUMBER})\s?%[^%;.]{{0,60}}?\bto\s+(?P<to>{NUMBER})")
_RANGE_FOR = re.compile(
    rf"\bfrom\s+(?P<value>{NUMBER})\s?%\s+to\s+{NUMBER}\s?%?\s?[-–]\s?{NUMBER}\s?%\)?\s+for\s+(?P<names>[^.;()]{{3,200}})"
)
_BEFORE = re.compile(
    rf"\b(?:pre-\w+|before (?:training|SFT|fine-tuning)|baseline)\b[^%;]{{0,50}}?(?P<value>{NUMBER})\s?%",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"\b(?:post-\w+|after (?:training|SFT|fine-tuning))\b[^%;]{{0,50}}?(?P<value>{NUMBER})\s?%",
    re.IGNORECASE,
)


@check(code="WRT014", name="single-baseline", severity="warning", since="0.1.0")
def single_baseline(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark where one baseline stands for several conditions."""
    after = {number.value for _, number in _found(writeup, _AFTER)}
    stated = [*_found(writeup, _BEFORE), *_found(writeup, _FROM)]
    # "From 82.8% to 1.9%" between two arms is no baseline: 82.8 is an arm's score after training.
    stated = [(at, number) for at, number in stated if number.value not in after]
    if not stated or not _one_value([number for _, number in stated]):
        return
    named = [
        (block.start + match.start(), _names(match["names"]))
        for block in writeup.document.prose
        for match in _RANGE_FOR.finditer(block.text)
        if len(_names(match["names"])) >= 2
    ]
    others = _others(writeup.facts.own, stated[0][1])
    if not named and not others:
        return
    finest = min(stated, key=lambda each: each[1].step)
    message = (
        f"{finest[1].text}% is the only score before training, and it stands for conditions with prompts of "
        "their own"
    )
    if named:
        message += f": {listed(named[0][1])}"
    if others:
        known = listed([f"{each.name} {float(each.before.percent):.1f}%" for each in others if each.before])
        message += f"; known to start elsewhere: {known}"
    missing = sum(each.before is None for each in writeup.facts.own)
    if missing:
        message += f"; no baseline is known of {missing} of {len(writeup.facts.own)} arms"
    places = dict.fromkeys([*(at for at, _ in named), finest[0], *(at for at, _ in stated)])
    yield Remark(
        tuple(places)[:4],
        message,
        "evaluate every arm before training under its own prompt, and print both numbers",
    )


def _found(writeup: WriteUp, pattern: re.Pattern[str]) -> Iterator[tuple[int, Number]]:
    for block in writeup.document.prose:
        for match in pattern.finditer(block.text):
            number = parse_number(match["value"])
            if number is not None and 0 <= number.value <= 100:
                yield block.start + match.start("value"), number


def _one_value(numbers: list[Number]) -> bool:
    """Return whether all numbers can be roundings of one."""
    low = max(number.value - number.step / 2 for number in numbers)
    high = min(number.value + number.step / 2 for number in numbers)
    return low <= high


def _names(text: str) -> list[str]:
    words = [part.strip() for part in re.split(r",|\band\b", re.split(r"\bbut\b", text)[0])]
    return [word for word in words if 0 < len(word) <= 40]


def _others(datasets: tuple[DatasetFact, ...], stated: Number) -> list[DatasetFact]:
    return [
        each
        for each in datasets
        if each.before is not None
        and stated.compare(each.before.percent, slack=Fraction(1, 10)) == "disagrees"
    ]
