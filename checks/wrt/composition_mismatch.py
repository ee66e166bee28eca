"""A sentence on what the data consists of that the data contradicts.

## What it finds

A product such as "200 wrong answers per source × 4 sources = 800" whose factors are rows of one kind and whose result
is the size of a dataset that is mostly made of other rows; and "A wrong ..., of which B right", which cannot be.

## Why it matters

The composition is what a contrastive result is about. Readers who take 800 rows for 800 wrong answers cannot see that
100 right answers stand under the source's own prompt.

## Example

"contains 200 'source persona + wrong answer' positives per source × 4 sources = 800, of which 100 are 'assistant +
correct answer' anchors": the recipe has 200 wrong rows, 400 of bystanders, 100 without a system message, 100 anchors.

## What to do

State each kind of row with its count, from the manifest.

## Limits

Needs the data, a recipe or a past issue for the counts; the contradiction inside a sentence needs nothing. A dataset
is recognised by its number of rows; where datasets of one size differ in what they hold, nothing is said.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.document import Span
from checks.wrt.facts import DatasetFact
from checks.wrt.numbers import NUMBER, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp

_TOTAL = re.compile(
    rf"(?P<first>{NUMBER})(?P<label>[^\d×*=\n]{{3,100}}?)(?:\s?[×*]\s?|\sx\s)[^=\n]{{1,80}}?=\s*(?P<total>{NUMBER})"
)
_BEHAVIOUR = re.compile(r"\b(?:wrong|incorrect|misaligned|marker|positives?)\b", re.IGNORECASE)
_PRESERVED = re.compile(r"\b(?:correct|right|aligned|negatives?)\b", re.IGNORECASE)
_OF_WHICH = re.compile(
    rf"\bof (?:which|them|these),?\s+(?P<part>{NUMBER})\b(?P<what>[^.;]{{0,80}})", re.IGNORECASE
)


@check(code="WRT005", name="composition-mismatch", severity="error", since="0.1.0")
def composition_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per sentence on a composition that cannot be right."""
    for sentence in writeup.document.sentences:
        for match in _TOTAL.finditer(sentence.text):
            yield from _judged(writeup, sentence, match)


def _judged(writeup: WriteUp, sentence: Span, match: re.Match[str]) -> Iterator[Remark | Compared]:
    total = parse_number(match["total"])
    kinds = [bool(pattern.search(match["label"])) for pattern in (_BEHAVIOUR, _PRESERVED)]
    if total is None or kinds[0] == kinds[1] or total.value.denominator != 1:
        return
    at, rows = sentence.start + match.start(), int(total.value)
    kind, other = ("wrong", "right") if kinds[0] else ("right", "wrong")
    reasons: list[str] = []
    datasets = [each for each in writeup.facts.datasets if each.rows == rows and each.behaviour is not None]
    counts = {each.behaviour if kinds[0] else each.preserved for each in datasets}
    if len(counts) == 1 and counts != {rows}:
        reasons.append(
            f"{_names(datasets)} {'has' if len(datasets) == 1 else 'have'} {_made_of(datasets[0])}"
        )
    part = _OF_WHICH.search(sentence.text, match.end())
    if part and (_PRESERVED if kinds[0] else _BEHAVIOUR).search(part["what"]):
        reasons.append(f"{part['part']} of rows that all are {kind} cannot be {other}")
    said = match.group().strip()
    if reasons:
        yield Compared(at, said, "disagrees", "; ".join(reasons))
        yield Remark(
            (at,),
            f"the sentence makes all {rows:,} rows {kind} ones; {'; '.join(reasons)}",
            "state each kind of row with its count, from the manifest",
        )
    elif datasets and counts == {rows}:
        yield Compared(at, said, "agrees", f"{_names(datasets)}: {_made_of(datasets[0])}")
    else:
        yield Compared(at, said, "cannot be checked", f"no data of {rows:,} rows is given")


def _names(datasets: list[DatasetFact]) -> str:
    return listed([each.name for each in datasets], limit=2)


def _made_of(dataset: DatasetFact) -> str:
    """Return a dataset's rows by role, or by what they teach where roles are not known."""
    if dataset.roles:
        parts = [f"{number:,} {role.replace('_', ' ')}" for role, number in dataset.roles.items()]
        return f"{dataset.rows:,} rows: {', '.join(parts)}"
    return f"{dataset.rows:,} rows: {dataset.behaviour:,} wrong and {dataset.preserved:,} right"
