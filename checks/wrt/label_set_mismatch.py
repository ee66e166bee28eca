"""Answers are said to be scored over A to D, and some questions have other labels.

## What it finds

"The logprobs of A/B/C/D" where questions of the evaluation are known to have other labels: 1 to 4, or three or five
choices.

## Why it matters

A question with the labels 1 to 4 cannot be right by a score over A to D. Who repeats the evaluation by the text gets
another number.

## Example

"compare the next-token logprobs assigned to "A"/"B"/"C"/"D"", where 13 of the 586 questions have other labels.

## What to do

Say that each question is scored over its own labels, or leave those out and say how many.

## Limits

Needs a past issue that says how many questions have other labels. A text that speaks of "its own labels" is left alone.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_LETTERS = re.compile(
    r"[\"'`]?A[\"'`]?\s?[/,]\s?[\"'`]?B[\"'`]?\s?[/,]\s?[\"'`]?C[\"'`]?\s?[/,]\s?(?:or\s|and\s)?[\"'`]?D\b[\"'`]?"
)
_SCORED = re.compile(r"\blog-?prob\w*|\bnext-token\b|\bscor(?:e|ed|es|ing)\b|\baccuracy\b", re.IGNORECASE)
_OWN = re.compile(
    r"\bown\s+labels?\b|\bother\s+labels?\b|\b1-4\b|\bfive\s+(?:choices|options)\b", re.IGNORECASE
)


@check(code="WRT028", name="label-set-mismatch", severity="warning", since="0.2.0")
def label_set_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark for all places that name four letters."""
    places = [
        block.start + match.start()
        for block in writeup.document.prose
        if _SCORED.search(block.text)
        for match in _LETTERS.finditer(block.text)
    ]
    known = writeup.facts.other_labels
    if not places or _OWN.search(writeup.document.text):
        return
    if known is None or not known[0]:
        for at in places:
            yield Compared(
                at, "A/B/C/D", "cannot be checked" if known is None else "agrees", "the questions' labels"
            )
        return
    other, total = known
    yield Compared(places[0], "A/B/C/D", "disagrees", f"{other} of {total} questions have other labels")
    yield Remark(
        tuple(places),
        f"answers are said to be scored over A, B, C and D; {other} of the {total} questions have other labels",
        "say that each question is scored over its own labels, or how many were left out",
    )
