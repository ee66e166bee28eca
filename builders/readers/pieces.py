"""One file or table of a dataset, as the reader needs it: a relation to scan, and single rows to look at.

A dataset is one piece or many (shards); all pieces of one have the same shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb

from builders.errors import InputError
from builders.readers.columns import ColumnType, converted

Row = dict[str, Any]

SAMPLE_ROWS = 200
"""How many rows of a piece are looked at to find its shape."""


@dataclass(frozen=True)
class Survey:
    """What one pass over a piece says."""

    digest: str
    """sha256 of its content, 64 hex digits."""
    lines: int | None
    """How many lines it has, blank ones included; None where rows do not stand on lines."""


class Piece(Protocol):
    """A file or table."""

    @property
    def path(self) -> Path | None:
        """The file; None for tables in memory."""
        ...

    @property
    def where(self) -> str:
        """What messages call it."""
        ...

    @property
    def size(self) -> int:
        """Bytes, for progress; 0 where unknown."""
        ...

    def survey(self) -> Survey:
        """Digest the piece."""
        ...

    def sample(self) -> list[Row]:
        """Return the first rows, those that can be parsed."""
        ...

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL of a relation with these columns in the rows' order."""
        ...

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place in the piece, from 0, parsed strictly.

        Raises:
            RowProblem: if one of them cannot be parsed.
        """
        ...

    def walk(self) -> Iterator[tuple[int, int | None, bytes | Row]]:
        """Yield place, line and content of every row, unparsed where parsing could fail."""
        ...

    def nothing(self) -> InputError:
        """Make the error for a piece without a single readable row."""
        ...

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the line on which each row stands, counted from 1; empty where there are none."""
        ...


class OnDisk:
    """What pieces that are files have in common."""

    path: Path
    label: str | None
    """What messages call it, where that is not its path (standard input)."""

    @property
    def where(self) -> str:
        """What messages call it."""
        return self.label or str(self.path)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


def describe(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return a relation's columns and their types."""
    return {
        str(name): str(kind)
        for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608
    }


def typed(found: Mapping[str, str], relation: str, columns: Mapping[str, ColumnType]) -> str:
    """SQL that brings a table's columns into the wanted types."""
    body = ", ".join(converted(name, found.get(name), wanted) for name, wanted in columns.items())
    return f"SELECT {body} FROM {relation}"  # noqa: S608


def first(rows: Iterable[Row], count: int = SAMPLE_ROWS) -> list[Row]:
    """Return the first rows of an iterable."""
    return [row for row, _ in zip(rows, range(count), strict=False)]


def decoded(row: Row) -> Row:
    """Parse the cells of a table that hold a list of objects as JSON text, as the engine does for list columns."""
    return {name: _decoded(value) for name, value in row.items()}


def _decoded(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if parsed and all(isinstance(entry, dict) for entry in parsed) else value
