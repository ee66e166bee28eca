"""A test for independent samples, of arms that the text says answered the same questions.

## What it finds

"Two-proportion z-test", "independent proportions", a chi-squared or Fisher's test, in a write-up that evaluates its
arms on one set of questions and nowhere mentions a paired test.

## Why it matters

The answers to one question go together. The independent test throws away which questions changed, and its p-value is
not the design's: mostly too weak, with opposite errors too sure.

## Example

"All eight runs evaluated on the same 586-question split ... two independent Bernoulli proportions, z ~ 38".

## What to do

McNemar's test, with the paired difference and its interval: `checks.stats.compare_paired` on the two arms'
`per_question.parquet`.

## Limits

Says nothing where the text does not say that the questions are the same.

## References

* McNemar (1947); `docs/statistics.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Remark, WriteUp

UNPAIRED = re.compile(
    r"\b(?:two-(?:proportion|sample)\s+z|two-sample\s+t-test|independent\s+(?:samples?|Bernoulli|binomial|proportions)"
    r"|unpaired\s+(?:t-)?test|chi-?squared?\s+test|χ²|Fisher's\s+(?:exact\s+)?test)",
    re.IGNORECASE,
)
"""Names of tests that take two samples for independent."""
PAIRED = re.compile(r"\b(?:McNemar|paired\s+(?:test|bootstrap|permutation|difference)|Tango)", re.IGNORECASE)
"""Names of what uses that the same questions were answered."""
_SAME = re.compile(
    r"\bsame\s+(?:held-out\s+)?(?:\d[\d,]{0,14}[- ]?)?(?:held-out\s+)?(?:questions?|prompts?|items?|examples|test set"
    r"|evaluation|eval(?:uation)? (?:set|split|questions))\b",
    re.IGNORECASE,
)
_EVALUATED = re.compile(r"\beval\w*|\bheld-out\b|\btest set\b|\banswered\b|\basked\b", re.IGNORECASE)


@check(code="WRT011", name="unpaired-framing", severity="warning", since="0.1.0")
def unpaired_framing(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark for all mentions of an unpaired test."""
    text = writeup.document.text
    if PAIRED.search(text):
        return
    same = next(
        (
            sentence.start + match.start()
            for sentence in writeup.document.sentences
            if _EVALUATED.search(sentence.text)
            for match in _SAME.finditer(sentence.text)
        ),
        None,
    )
    # One place per paragraph: a paragraph that names the test twice is about one test.
    mentions = [
        block.start + match.start()
        for block in writeup.document.prose
        if (match := UNPAIRED.search(block.text)) and not _denied(block.text, match.start())
    ]
    if same is not None and mentions:
        yield Remark(
            (*mentions, same),
            f"arms that answered the same questions (line {writeup.document.line_at(same)}) are compared by a test for "
            "independent samples",
            "report McNemar's test with the paired difference and its interval (docs/statistics.md)",
        )


def _denied(text: str, start: int) -> bool:
    return (
        re.search(
            r"\b(?:not|never|no|instead of|rather than)\s+(?:an?\s+|the\s+)?$", text[:start], re.IGNORECASE
        )
        is not None
    )
