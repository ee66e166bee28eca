"""Going back to the source for the few rows whose text is shown."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from builders.engine.frame import RowText
from builders.errors import InputError
from builders.readers import canonical
from builders.readers.pieces import Piece
from builders.readers.problems import RowProblem
from builders.readers.shapes import Shape
from builders.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa

USER_TEXT_BATCH = 50_000
"""Rows of user text in memory at a time."""


class Texts:
    """`Frame.texts` for rows that stand in files or tables.

    Args:
        pieces: Where the rows stand.
        starts: The first row of each piece, and after them the number of rows in all.
        shape: How the conversations are laid out.
    """

    def __init__(self, pieces: Sequence[Piece], starts: Sequence[int], shape: Shape) -> None:
        self._pieces, self._starts, self._shape = pieces, starts, shape

    def __call__(self, rows: Sequence[int]) -> dict[int, RowText]:
        """Read rows back, each with its place.

        Raises:
            InputError: if a row is not there any more or has changed into something else.
        """
        found: dict[int, RowText] = {}
        for number, wanted in self._by_piece(rows).items():
            found |= self._read(self._pieces[number], self._starts[number], wanted)
        return {row: found[row] for row in rows}

    def records(self, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Read whole rows back as they are, all columns."""
        found: dict[int, dict[str, Any]] = {}
        for number, wanted in self._by_piece(rows).items():
            start = self._starts[number]
            found |= {start + row: record for row, record in self._pieces[number].raw(wanted).items()}
        return found

    def user_texts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
        """Stream every row's user text beside its hash, as columns `user_key` and `user_text`.

        The engine reads the source once more; what it cannot read is left out, as it was from the frame.
        """
        columns = canonical.wanted_columns(self._shape, (), tagged=False)
        for piece in self._pieces:
            relation = piece.relation(connection, columns)
            rows = canonical.conversation(relation, self._shape)
            found = connection.sql(f"SELECT hash(user_text) AS user_key, user_text FROM ({rows})")  # noqa: S608
            yield from found.to_arrow_reader(USER_TEXT_BATCH)

    def relations(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]
    ) -> list[tuple[int, str]]:
        """Return, for each piece, its first row and SQL for `user_text`, `system_text` and some columns of all rows."""
        wanted = canonical.wanted_columns(self._shape, tuple(columns), tagged=False)
        named = "".join(f", {quoted(column)}" for column in columns)
        conversations = [
            canonical.conversation(piece.relation(connection, wanted), self._shape) for piece in self._pieces
        ]
        return [
            (
                start,
                f"SELECT user_text, said AS system_text{named} FROM ({told})",  # noqa: S608
            )
            for start, told in zip(self._starts, conversations, strict=False)
        ]

    def _by_piece(self, rows: Sequence[int]) -> dict[int, list[int]]:
        grouped: dict[int, list[int]] = {}
        for row in rows:
            number = bisect.bisect_right(self._starts, row) - 1
            grouped.setdefault(number, []).append(row - self._starts[number])
        return grouped

    def _read(self, piece: Piece, start: int, rows: list[int]) -> dict[int, RowText]:
        lines = piece.lines_of(rows)
        try:
            records = piece.raw(rows)
            turns = {row: self._shape.parse(record) for row, record in records.items()}
        except RowProblem as problem:
            raise InputError(f"changed while it was read: {problem.message}", where=piece.where) from problem
        if missing := set(rows) - set(records):
            raise InputError(
                f"has lost row {min(missing)} since it was read", where=piece.where, help="scan it again"
            )
        return {
            start + row: RowText(
                path=piece.where if piece.path is not None else None,
                line=lines.get(row),
                messages=[turn.message for turn in turns[row][:-1]],
                target=turns[row][-1].text or "",
            )
            for row in rows
        }
