"""How long rows are in tokens, counted where a tokenizer is there to count with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from builders.engine.frame import RowText
from builders.engine.table import ResolvedTable
from builders.engine.tally import records
from builders.templates import TemplateRefusalError, render, system_messages
from builders.templates.tokens import Tokenizer

BYTES_OF_A_CHARACTER: Final = 4
"""The most that UTF-8 needs for one."""

COUNTED: Final = 20_000
"""Rows whose tokens are counted at most, the longest first: rendering each takes time."""

_BATCH: Final = 1_000


@dataclass(frozen=True)
class TooLong:
    """The rows that have more tokens than a trainer keeps."""

    rows: int
    """How many they are."""
    first_row: int | None
    """The first of them; None where there is none."""
    longest: int
    """Tokens of the longest row that was counted; 0 where none had to be."""
    uncounted: int
    """Rows that might be too long as well and were not counted, because so many are longer."""


def longer_than_tokens(table: ResolvedTable, tokenizer: Tokenizer, tokens: int) -> TooLong:
    """Count the rows that have more tokens than that when rendered, prompt and target together.

    A token covers at least one byte, so rows with no more bytes than tokens allowed are never rendered, and rendered
    texts with no more are never cut into tokens. Rows that the template refuses are left out.

    Args:
        table: The rows, with their template.
        tokenizer: The template's tokenizer.
        tokens: How many a row may have.
    """
    import narwhals as nw

    characters = (tokens - _frame_bytes(table)) / BYTES_OF_A_CHARACTER
    length = nw.col("prompt_length") + nw.col("target_length")
    long = table.rows.filter(length > characters).select("row", "tools", length.alias("length"))
    there = int(records(long.select(nw.len().alias("rows")))[0]["rows"])
    longest = records(long.sort("length", "row", descending=[True, False]).head(COUNTED))
    tools: dict[int, str | None] = {int(each["row"]): each["tools"] for each in longest}
    found: list[int] = []
    most = 0
    for numbers, texts in _rendered(table, tools):
        whole = [(number, text) for number, text in zip(numbers, texts, strict=True) if _bytes(text) > tokens]
        counts = tokenizer.counts([text for _, text in whole])
        most = max([most, *counts])
        found += [number for (number, _), count in zip(whole, counts, strict=True) if count > tokens]
    return TooLong(len(found), min(found, default=None), most, there - len(tools))


def _rendered(table: ResolvedTable, tools: dict[int, str | None]) -> Iterator[tuple[list[int], list[str]]]:
    """Yield batches of rows with their rendered texts."""
    rows = sorted(tools)
    for start in range(0, len(rows), _BATCH):
        said = table.frame.texts(rows[start : start + _BATCH])
        made = {number: _text(table, text, tools[number]) for number, text in sorted(said.items())}
        kept = {number: text for number, text in made.items() if text is not None}
        yield list(kept), list(kept.values())


def _text(table: ResolvedTable, row: RowText, tools: str | None) -> str | None:
    answer = {"role": "assistant", "content": row.target}
    try:
        return render(
            table.template, [*row.messages, answer], tools=None if tools is None else json.loads(tools)
        )
    except TemplateRefusalError:  # TPL005 says so
        return None


def _frame_bytes(table: ResolvedTable) -> int:
    """Return the most bytes that the template puts around what a row says: marks, its own prompt, the tools."""
    kinds = {(each.signature.state, each.signature.tools): each.signature for each in table.tallies}
    most = 0
    for signature in kinds.values():
        row = RowText(None, None, [*system_messages(signature), {"role": "user", "content": "?"}], "!")
        text = _text(table, row, signature.tools)
        said = 2 + _bytes(signature.text or "")
        most = max(most, 0 if text is None else _bytes(text) - said)
    return most


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
