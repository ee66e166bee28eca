"""Markdown tables as columns of cells, with the numeral that a cell is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from checks.wrt.document import Document, Span
from checks.wrt.tokens import Token, tokens

_RULE = re.compile(r"^[\s|:\-+]+$")
_ROWS: Final = 500
_COLUMNS: Final = 24


@dataclass(frozen=True)
class Cell:
    """One cell."""

    at: int
    """Offset in the text."""
    text: str
    """What it says, without emphasis."""
    number: Token | None
    """The one numeral that it is; None where it says something else."""


@dataclass(frozen=True)
class Table:
    """A table with a header."""

    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[Cell, ...], ...]
    """Its rows, all as long as the header."""

    def column(self, index: int) -> list[Cell]:
        """Return one column."""
        return [row[index] for row in self.rows]


def tables(document: Document) -> Iterator[Table]:
    """Yield the tables of a write-up whose rows are all as long as their header; longer ones are cut."""
    group: list[Span] = []
    for block in (*document.blocks, None):
        if block is not None and block.kind == "table":
            if group and document.line_at(block.start) != document.line_at(group[-1].start) + 1:
                yield from _table(group)
                group = []
            group.append(block)
        elif group:
            yield from _table(group)
            group = []


def _table(group: list[Span]) -> Iterator[Table]:
    if len(group) < 3 or not _RULE.match(group[1].text) or "-" not in group[1].text:
        return
    header = tuple(cell.text for cell in _cells(group[0]))
    rows = [tuple(_cells(block)) for block in group[2 : _ROWS + 2]]
    if 1 < len(header) <= _COLUMNS and all(len(row) == len(header) for row in rows):
        yield Table(header, tuple(rows))


def _cells(block: Span) -> Iterator[Cell]:
    text = block.text.rstrip()
    start = text.index("|") + 1
    stop = len(text) - 1 if text.endswith("|") and len(text) > start else len(text)
    while start <= stop:
        # A pipe behind a backslash is a sign and no border.
        edge = re.compile(r"(?<!\\)\|").search(text, start, stop)
        end = edge.start() if edge else stop
        said = text[start:end]
        yield Cell(block.start + start + len(said) - len(said.lstrip()), _plain(said), _only_number(said))
        start = end + 1


def _plain(text: str) -> str:
    return re.sub(r"\*\*|__|`|\*", "", text).strip()


def _only_number(text: str) -> Token | None:
    """Return the numeral that a cell is, alone; `586 (all)` is none."""
    if len(text) > 200 or not re.search(r"[0-9]", text):
        return None
    found = tokens(_plain(text))
    return found[0] if len(found) == 1 and found[0].whole else None
