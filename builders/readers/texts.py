"""Going back to the source for the few rows whose text is shown."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from builders.engine.embedded import Embedded
from builders.engine.frame import RowText
from builders.engine.holding import Engine
from builders.errors import InputError
from builders.readers import canonical
from builders.readers.apart import TrainedTurn, contents_of, take_apart, variables_of
from builders.readers.pieces import Piece, Row
from builders.readers.plan import ReadingPlan
from builders.readers.preferences import other_side
from builders.readers.problems import RowProblem
from builders.readers.strictjson import parse_row
from builders.readers.turns import Turn
from builders.sql import key_of, quoted
from builders.views import trained_turns

if TYPE_CHECKING:
    import pyarrow as pa

USER_TEXT_BATCH = 50_000
"""Rows of user text in memory at a time."""

_KEY = key_of("user_text")


@dataclass(frozen=True)
class ReadRow:
    """One row, all of it."""

    turns: list[Turn]
    """Its messages."""
    trained: list[int]
    """The places of the answers that carry loss."""
    variables: dict[str, Any]
    """What it gives its chat template."""
    tools: list[Any] | None
    """Its tools, keys in the order in which they are written."""


class Texts:
    """`Frame.texts` for rows that stand in files or tables.

    Args:
        pieces: Where the rows stand.
        starts: The first row of each piece, and after them the number of rows in all.
        plan: How the conversations are laid out, and which of their turns are trained.
        stride: How many numbers the turns of a row have.
        apart: The rows that were taken apart in Python, in order.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        starts: Sequence[int],
        plan: ReadingPlan,
        *,
        stride: int = 1,
        apart: Sequence[int] = (),
    ) -> None:
        self._pieces, self._starts, self._plan = pieces, starts, plan
        self._stride, self._apart = stride, apart

    def __call__(self, rows: Sequence[int]) -> dict[int, RowText]:
        """Read trained turns back by their numbers, each with its place.

        Raises:
            InputError: if a row is not there any more or has changed into something else.
        """
        found: dict[int, dict[int, RowText]] = {}
        whole = sorted({row // self._stride for row in rows})
        for number, wanted in self._by_piece(whole).items():
            found |= self._read(self._pieces[number], self._starts[number], wanted)
        return {row: self._turn(found[row // self._stride], row) for row in rows}

    def _turn(self, turns: dict[int, RowText], row: int) -> RowText:
        try:
            return turns[row % self._stride]
        except KeyError:
            raise InputError(
                "changed while it was read", where=self._pieces[0].where, help="scan it again"
            ) from None

    def row(self, number: int) -> ReadRow:
        """Return a whole row as it was read: all its turns, and which of them are trained.

        Raises:
            InputError: if it is not there any more, or has changed into something else.
        """
        return self._whole(self.records([number]).get(number) or {})

    def pushed(self, number: int) -> ReadRow | None:
        """Return what a preference loss pushes away in a row, as a row of its own; None where it pushes nothing away.

        Raises:
            InputError: if the row is not there any more, or has changed into something else.
        """
        other = other_side(self.records([number]).get(number) or {}) if self._plan.shape.preference else None
        return None if other is None else self._whole(other)

    def _whole(self, record: Row) -> ReadRow:
        plan = self._plan
        try:
            turns = plan.shape.parse(record)
            return ReadRow(
                turns,
                trained_turns(plan.view, turns),
                variables_of(record),
                _listed(record.get("tools")),
            )
        except RowProblem as problem:
            raise InputError(
                f"changed while it was read: {problem.message}",
                where=self._pieces[0].where,
                help="scan it again",
            ) from problem

    def records(self, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Read whole rows back as they are, all columns."""
        found: dict[int, dict[str, Any]] = {}
        for number, wanted in self._by_piece(rows).items():
            start = self._starts[number]
            found |= {start + row: record for row, record in self._pieces[number].raw(wanted).items()}
        return found

    def user_texts(self, engine: Engine) -> Iterator[pa.RecordBatch]:
        """Stream every row's user text beside its hash, as columns `user_key` and `user_text`.

        The engine reads the source once more; what it cannot read is left out, as it was from the frame.
        """
        if not isinstance(engine, Embedded):
            raise InputError(
                f"texts in files are not streamed into {engine.name}", where=self._pieces[0].where
            )
        connection, shape, plan = engine.connection, self._plan.shape, self._plan
        columns = canonical.wanted_columns(shape, plan.looked_at, tagged=False)
        for piece in self._pieces:
            relation = piece.relation(connection, columns)
            rows = canonical.conversation(relation, shape)
            found = connection.sql(f"SELECT {_KEY} AS user_key, user_text FROM ({rows}) WHERE plain")  # noqa: S608
            yield from found.to_arrow_reader(USER_TEXT_BATCH)
        for batch in self._apart_batches(()):
            connection.register("audit_asked", batch)
            found = connection.sql(f"SELECT {_KEY} AS user_key, asked AS user_text FROM audit_asked")  # noqa: S608
            yield from found.to_arrow_reader(USER_TEXT_BATCH)
            connection.unregister("audit_asked")

    def relations(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]
    ) -> list[tuple[int, str]]:
        """Return, for each piece, its first row and SQL for `user_text`, `system_text`, `plain` and some columns.

        Only rows that are plain have texts there; the others are in `apart_texts`.
        """
        shape = self._plan.shape
        looked_at = (*columns, canonical.VARIABLES)
        wanted = canonical.wanted_columns(shape, looked_at, tagged=False)
        named = "".join(f", {quoted(column)}" for column in columns)
        conversations = [
            canonical.conversation(piece.relation(connection, wanted), shape) for piece in self._pieces
        ]
        return [
            (
                start,
                f"SELECT user_text, said AS system_text, plain{named} FROM ({told})",  # noqa: S608
            )
            for start, told in zip(self._starts, conversations, strict=False)
        ]

    def apart_texts(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Stream the same of the turns that were taken apart in Python, with their numbers as `row`."""
        return self._apart_batches(columns)

    def _apart_batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Stream `row`, `user_text`, `system_text`, `asked` (what was asked last) and some columns as JSON."""
        if not self._apart:
            return
        import pyarrow as pa

        names = ("row", "user_text", "system_text", "asked", *columns)
        types = (pa.int64(), *(pa.string() for _ in names[1:]))
        waiting: list[tuple[Any, ...]] = []
        for number, row, turns in self._apart_turns():
            cells = [
                None if row.get(name) is None else json.dumps(row[name], ensure_ascii=False)
                for name in columns
            ]
            for turn in turns:
                waiting.append(
                    (number * self._stride + turn.turn, turn.user_text, turn.said, turn.question, *cells)
                )
            if len(waiting) >= USER_TEXT_BATCH:
                yield _table(waiting, names, types)
                waiting.clear()
        if waiting:
            yield _table(waiting, names, types)

    def _apart_turns(self) -> Iterator[tuple[int, Row, list[TrainedTurn]]]:
        """Yield number, content and trained turns of every row that the engine does not read."""
        for piece, wanted in self._by_piece(self._apart).items():
            for place, content in contents_of(self._pieces[piece], wanted):
                row = parse_row(content) if isinstance(content, bytes) else content
                yield self._starts[piece] + place, row, take_apart(row, self._plan.shape, self._plan.view)

    def _by_piece(self, rows: Sequence[int]) -> dict[int, list[int]]:
        grouped: dict[int, list[int]] = {}
        for row in rows:
            number = bisect.bisect_right(self._starts, row) - 1
            grouped.setdefault(number, []).append(row - self._starts[number])
        return grouped

    def _read(self, piece: Piece, start: int, rows: list[int]) -> dict[int, dict[int, RowText]]:
        lines = piece.lines_of(rows)
        plan = self._plan
        try:
            records = piece.raw(rows)
            turns = {row: take_apart(record, plan.shape, plan.view) for row, record in records.items()}
        except RowProblem as problem:
            raise InputError(f"changed while it was read: {problem.message}", where=piece.where) from problem
        if missing := set(rows) - set(records):
            raise InputError(
                f"has lost row {min(missing)} since it was read", where=piece.where, help="scan it again"
            )
        return {
            start + row: {
                each.turn: RowText(
                    path=piece.where if piece.path is not None else None,
                    line=lines.get(row),
                    messages=[turn.message for turn in each.before],
                    target=each.target.text or "",
                    row=start + row,
                    turn=each.place + 1 if len(turns[row]) > 1 else None,
                    record=records[row],
                )
                for each in turns[row]
            }
            for row in rows
        }


def _listed(tools: Any) -> list[Any] | None:  # noqa: ANN401
    """Return tools as a list; in tables of text they are JSON."""
    if isinstance(tools, str):
        return json.loads(tools) if tools else None
    return tools


def _table(rows: Sequence[tuple[Any, ...]], names: Sequence[str], types: Sequence[pa.DataType]) -> pa.Table:
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)], names=list(names)
    )
