"""One number that the text tells differently in two places.

## What it finds

A sentence that comes twice, word for word, with one number changed; a cell of a table that the prose gives otherwise,
naming its row and its column; a number with its noun ("the 586 held-out questions") that is told alike in several
places and in one with a digit slipped.

## Why it matters

Title, summary and results are written at different times. The reader who stops at the summary takes the older number
home.

## Example

"the 586-question split" in three places and "the 568-question split" in one.

## What to do

Print every number from the results, once, and refer to it elsewhere.

## Limits

The same thing has to be named in the same words. What stands in three places and more with other numbers each is a
pattern, and says nothing.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from checks.core.registry import check
from checks.wrt.document import Document, Span
from checks.wrt.numbers import NUMBER, numbers_in, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.tables import Table, tables

_SHORTEST: Final = 6
"""Words of a sentence that two sentences may share by more than chance."""
_LONGEST: Final = 600
_LINES: Final = 40
"""Between a table and a sentence about it."""
_NUMERAL = re.compile(rf"{NUMBER}(?:\s?%)?")
_APART: Final = 12
"""Lines between two places of one text; what stands closer is a list."""
_RESULT: Final = re.compile(r"[%.]|\d[\d,]{2,}")
_MARKUP: Final = re.compile(r"<\w")
"""Sentences with tags repeat as furniture does."""
_COUNTED = re.compile(
    rf"\b(?i:the|all|same|our|these|held-out)\s+(?P<n>{NUMBER})[- ]"
    r"(?P<what>[a-z][\w-]{2,30}(?:\s[A-Za-z][\w-]{2,30})?)"
)
_ADVICE = "print every number from the results, and refer to it elsewhere"


@dataclass(frozen=True)
class _Said:
    at: int
    text: str


@check(code="WRT023", name="told-differently", severity="error", since="0.1.0")
def told_differently(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per number that is another elsewhere."""
    document = writeup.document
    yield from _sentences(document)
    yield from _counts(document)
    for table in tables(document):
        yield from _cells(document, table)


def _sentences(document: Document) -> Iterator[Remark | Compared]:
    """Compare sentences that are the same but for their numbers."""
    groups: dict[str, list[Span]] = defaultdict(list)
    for sentence in document.sentences:
        if sentence.kind == "table" or len(sentence.text) > _LONGEST or _MARKUP.search(sentence.text):
            continue
        pattern = " ".join(re.sub(r"[^\w#]+", " ", _NUMERAL.sub(" # ", sentence.text)).lower().split())
        if len(re.findall(r"[^\W\d_]{2,}", pattern)) >= _SHORTEST and "#" in pattern.split():
            groups[pattern].append(sentence)
    for same in groups.values():
        if len(same) != 2:
            continue
        first, second = ([(m.start(), m.group()) for m in _NUMERAL.finditer(each.text)] for each in same)
        apart = [i for i, (a, b) in enumerate(zip(first, second, strict=False)) if _differ(a[1], b[1])]
        at = same[1].start
        if not apart:
            yield Compared(
                at, same[1].text[:60], "agrees", f"line {document.line_at(same[0].start)} says the same"
            )
        elif len(apart) == 1 and len(first) == len(second):
            here, there = second[apart[0]], first[apart[0]]
            lone = len(first) == 1 and "%" not in here[1]
            if (
                lone
                or not _RESULT.search(here[1])
                or document.line_at(at) - document.line_at(same[0].start) < _APART
            ):
                continue  # steps of a list and settings of a sweep are told in the same words
            places = (same[1].start + here[0], same[0].start + there[0])
            yield from _remark(
                document, places, here[1], there[1], "in a sentence that is the same otherwise"
            )


def _differ(first: str, second: str) -> bool:
    one, other = (number for text in (first, second) for _, number in numbers_in(text))
    return abs(one.value - other.value) > (one.step + other.step) / 2 or (
        one.step == other.step and one.value != other.value
    )


def _counts(document: Document) -> Iterator[Remark | Compared]:
    """Compare counted nouns: told alike in several places, and with a slipped digit in one."""
    groups: dict[str, list[_Said]] = defaultdict(list)
    for block in document.prose:
        for match in _COUNTED.finditer(block.text):
            digits = match["n"].replace(",", "")
            if digits.isdigit() and len(digits) >= 3:
                groups[match["what"].lower()].append(_Said(block.start + match.start("n"), digits))
    for what, said in groups.items():
        values: dict[str, list[_Said]] = defaultdict(list)
        for each in said:
            values[each.text].append(each)
        if len(values) != 2:
            continue
        rare, often = sorted(values.values(), key=len)
        if len(rare) == 1 and len(often) >= 2 and _slipped(rare[0].text, often[0].text):
            yield from _remark(
                document, (rare[0].at, often[0].at), rare[0].text, often[0].text, f"of the {what}"
            )


def _slipped(first: str, second: str) -> bool:
    """Return whether two numbers differ by one digit or by two that changed places."""
    if len(first) != len(second):
        return False
    apart = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    swapped = len(apart) == 2 and first[apart[0]] == second[apart[1]] and first[apart[1]] == second[apart[0]]
    return len(apart) == 1 or (swapped and apart[1] == apart[0] + 1)


def _cells(document: Document, table: Table) -> Iterator[Remark | Compared]:
    """Compare the prose with a table's cells: sentences that name one row, one column and one number."""
    rows = {row[0].text: row for row in table.rows if _is_name(row[0].text)}
    columns = {name.lower(): index for index, name in enumerate(table.header) if index and len(name) > 2}
    if len(rows) < len(table.rows) or not rows or len(rows) > 60:
        return
    for sentence in _near(document, table):
        named = [
            name for name in rows if re.search(rf"(?<![\w+./-]){re.escape(name)}(?![\w+/-])", sentence.text)
        ]
        heads = [
            index
            for name, index in columns.items()
            if re.search(rf"(?<![\w+./-]){re.escape(name)}(?![\w+/-])", sentence.text.lower())
        ]
        numbers = [
            m
            for m in re.finditer(rf"{NUMBER}(?P<unit>\s?%)?", sentence.text)
            if not _inside(m, named, sentence)
        ]
        if len(named) != 1 or len(heads) != 1 or len(numbers) != 1:
            continue
        cell = rows[named[0]][heads[0]]
        stated = parse_number(numbers[0].group().rstrip("% "))
        if (
            cell.number is None
            or stated is None
            or (cell.number.unit == "%") != (numbers[0]["unit"] is not None)
        ):
            continue
        at, said = sentence.start + numbers[0].start(), numbers[0].group()
        known = cell.number.said
        if stated.compare(known.value, slack=known.step / 2) != "disagrees":
            yield Compared(
                at, said, "agrees", f"{named[0]} has {cell.text} on line {document.line_at(cell.at)}"
            )
        elif re.search(
            r"\b(?:is|was|has|had|reaches|reached|scores?d?|gets|got|at|of|=|achieves?d?)\b", sentence.text
        ):
            where = f"as {table.header[heads[0]]} of {named[0]}"
            yield from _remark(document, (at, cell.at), said, cell.text, where, sure=False)


def _inside(match: re.Match[str], named: Sequence[str], sentence: Span) -> bool:
    """Return whether a numeral is part of a row's own name."""
    return any(
        found.start() <= match.start() < found.end()
        for name in named
        for found in re.finditer(re.escape(name), sentence.text)
    )


def _is_name(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2}", text)) and len(text) <= 60


def _near(document: Document, table: Table) -> Iterator[Span]:
    """Yield the sentences within some lines of a table."""
    at = table.rows[0][0].at
    line, middle = document.line_at(at), document.sentence_at(at)
    for side in (document.sentences[middle::-1], document.sentences[middle:]):
        for sentence in takewhile(lambda each: abs(document.line_at(each.start) - line) <= _LINES, side):
            if sentence.kind != "table" and len(sentence.text) <= _LONGEST:
                yield sentence


def _remark(
    document: Document, places: tuple[int, int], here: str, there: str, where: str, *, sure: bool = True
) -> Iterator[Remark | Compared]:
    line = document.line_at(places[1])
    yield Compared(places[0], here, "disagrees", f"line {line} says {there}")
    yield Remark(
        places,
        f"`{here}` is stated {where}, and line {line} says `{there}`",
        _ADVICE,
        confidence="certain" if sure else "likely",
    )
