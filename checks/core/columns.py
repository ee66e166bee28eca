"""Plain tables and lines for a terminal of any width: no number and no name is ever cut in two.

Where a table does not fit, its text columns are shortened first, then columns go in the order that the table states;
under `STACKED` columns each row becomes a record, with every cell behind its heading. Where nobody says how wide the
terminal is, and the output is none, nothing is cut and nothing goes.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STACKED: Final = 90
"""Columns of a terminal under which a table that does not fit becomes records."""

NARROWEST: Final = 12
"""Columns that a text keeps when it is shortened."""

_GAP: Final = "  "


@dataclass(frozen=True)
class Column:
    """One column."""

    head: str
    """Its heading; also what stands before its cell in a record."""
    right: bool = False
    """Whether it holds numbers: they stand to the right and are never shortened."""
    short: bool = False
    """Whether its texts may be shortened."""
    goes: int = 0
    """Place in the order in which columns go; 0 for one that stays."""


def terminal_width() -> int | None:
    """Return how many columns the terminal that is printed to has; None where output goes elsewhere."""
    stream = sys.stdout
    return shutil.get_terminal_size((100, 24)).columns if stream is not None and stream.isatty() else None


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int | None = None) -> list[str]:
    """Return a table's lines, its headings first.

    Args:
        columns: The columns.
        rows: For each row a printable cell per column.
        width: Columns of the terminal; those of the one that is printed to where None.
    """
    width = terminal_width() if width is None else width
    natural = [
        max([len(column.head), *(len(row[place]) for row in rows)]) for place, column in enumerate(columns)
    ]
    if width is None or _taken(natural) <= width:
        return _aligned(columns, rows, range(len(columns)), natural)
    if width < STACKED:
        return [line for row in rows for line in _record(columns, row, width)]
    kept = list(range(len(columns)))
    wide = list(natural)
    for place, column in enumerate(columns):
        over = _taken([wide[each] for each in kept]) - width
        if column.short and over > 0:
            wide[place] = max(NARROWEST, len(column.head), natural[place] - over)
    for place in sorted(range(len(columns)), key=lambda each: columns[each].goes):
        if columns[place].goes and _taken([wide[each] for each in kept]) > width:
            kept.remove(place)
    return _aligned(columns, rows, kept, wide)


def fitted(text: str, *, width: int | None = None) -> str:
    """Return a text whose lines are broken between words where the terminal is narrower, each under its beginning.

    Args:
        text: Printable lines.
        width: Columns of the terminal; those of the one that is printed to where None.
    """
    width = terminal_width() if width is None else width
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    indent = len(line) - len(line.lstrip())
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * min(indent + 2, width // 3),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _aligned(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], kept: Sequence[int], wide: Sequence[int]
) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        shown = [
            cells[place].rjust(wide[place]) if columns[place].right else _short(cells[place], wide[place])
            for place in kept
        ]
        return _GAP.join(shown).rstrip()

    return [line([column.head for column in columns]), *map(line, rows)]


def _short(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 3] + "..."


def _record(columns: Sequence[Column], row: Sequence[str], width: int) -> list[str]:
    """Return one row as its first cell and, below it, every other cell behind its heading.

    A number that comes first says nothing without its heading.
    """
    first = f"{columns[0].head} {row[0].strip()}" if columns[0].right else row[0]
    lines = _broken(first, width)
    current = ""
    for column, cell in zip(columns[1:], row[1:], strict=True):
        if not cell.strip():
            continue
        said = f"{column.head} {cell}"
        if current and len(current) + len(_GAP) + len(said) > width:
            lines.append(current)
            current = ""
        current = f"{current}{_GAP}{said}" if current else f"  {said}"
    return [*lines, *(part for part in ([current] if current else []) for part in _broken(part, width))]
