# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""Exactly which rows differ between two arms, and in which order.

Rows are matched by content, never by place or id column, so renumbered ids and shuffled files differ in order
alone. A row that occurs several times is matched as often as both arms hold it.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import duckdb

from builders.engine.frame import Frame

Change = Literal["system", "user", "target", "tags"]
"""The one field in which two otherwise equal rows differ."""

TAG_FIELDS = (
    "persona",
    "role",
    "question_id",
    "gold_label",
    "target_label",
    "target_correct",
    "tools",
    "context",
)
"""Columns that a row may have other values in without being another row."""

_PAIRING: Final[dict[Literal["target", "system", "user"], tuple[str, ...]]] = {
    "target": ("target_key",),
    "system": ("system_state", "system_text"),
    "user": ("user_key",),
}
"""Field -> the columns that hold it, in the order in which unmatched rows are paired."""

_PURPOSE: Final = ("role", "persona")
"""Rows that are there for different purposes are different rows, however much of their text they share."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Changed:
    """A row of the first arm and the row of the second that it became."""

    field: Change
    """What differs; all else is the same."""
    first: int
    """Row in the first arm."""
    second: int
    """Row in the second arm."""


class Difference:
    """What turns one arm into another.

    Args:
        first: The arm to start from.
        second: The arm to end at; its table stands in the same database.

    Raises:
        ValueError: if the two frames live in different databases.
    """

    def __init__(self, first: Frame, second: Frame) -> None:
        if first.connection is not second.connection:
            raise ValueError("two frames can only be compared inside one database")
        self.first = first
        self.second = second
        self._connection: duckdb.DuckDBPyConnection = first.connection
        self._table = f"difference_{next(_numbers)}"
        self._match()

    @cached_property
    def matched(self) -> int:
        """How many rows both arms hold."""
        return self._count("first_row IS NOT NULL AND second_row IS NOT NULL")

    @cached_property
    def changed(self) -> tuple[Changed, ...]:
        """Rows that became other rows by one field alone, in the second arm's order.

        Two unmatched rows of one role and persona pair up when all but one of system prompt, user text and
        target agree; of several that could pair, the first are taken. Matched rows whose tags differ count as
        changed in `tags`.
        """
        found: list[Changed] = []
        for field in _PAIRING:
            first, second = {each.first for each in found}, {each.second for each in found}
            found += [
                Changed(field, one, other)
                for one, other in self._paired(field)
                if one not in first and other not in second
            ]
        tags = self._connection.execute(
            f"SELECT d.first_row, d.second_row FROM {self._table} d "
            f"JOIN {self.first.table} a ON a.row = d.first_row JOIN {self.second.table} b ON b.row = d.second_row "
            f"WHERE {' OR '.join(f'a.{field} IS DISTINCT FROM b.{field}' for field in TAG_FIELDS)}"
        ).fetchall()
        found += [Changed("tags", first, second) for first, second in tags]
        return tuple(sorted(found, key=lambda change: (change.second, change.first)))

    @cached_property
    def removed(self) -> tuple[int, ...]:
        """Rows of the first arm that the second lacks and that did not merely change a field, sorted."""
        gone = self._rows("second_row IS NULL", "first_row")
        changed = {change.first for change in self.changed if change.field != "tags"}
        return tuple(row for row in gone if row not in changed)

    @cached_property
    def added(self) -> tuple[int, ...]:
        """Rows of the second arm that the first lacks and that did not merely change a field, sorted."""
        new = self._rows("first_row IS NULL", "second_row")
        changed = {change.second for change in self.changed if change.field != "tags"}
        return tuple(row for row in new if row not in changed)

    @cached_property
    def moved(self) -> tuple[int, ...]:
        """Fewest rows of the second arm to move so that the shared rows come in the first arm's order, sorted.

        Everything outside a longest increasing subsequence of the shared rows' places has to move. As every
        shared row has a partner of its own, that subsequence is the longest common one, found in O(n log n)
        (Fredman 1975) where the general problem takes O(n^2).
        """
        both = "first_row IS NOT NULL AND second_row IS NOT NULL"
        places = self._rows(both, "first_row", order="second_row")
        if all(earlier < later for earlier, later in itertools.pairwise(places)):
            return ()
        rows = self._rows(both, "second_row")
        kept = _longest_increasing(places)
        return tuple(row for row, stays in zip(rows, kept, strict=True) if not stays)

    @property
    def same(self) -> bool:
        """Whether both arms hold the same rows in the same order with the same tags."""
        return not (self.removed or self.added or self.changed or self.moved)

    def _match(self) -> None:
        """Pair equal rows: the n-th occurrence of a row in one arm with the n-th in the other."""
        numbered = (
            "SELECT row, row_key, row_number() OVER (PARTITION BY row_key ORDER BY row) AS copy "
            "FROM (SELECT row, row_key FROM {} WHERE turn = 0)"
        )
        # Numbering copies sorts the whole table; arms without a repeated row, the usual ones, need none of it.
        if self._repeats():
            first, second = numbered.format(self.first.table), numbered.format(self.second.table)
            using = "USING (row_key, copy)"
        else:
            first, second = (
                f"SELECT row, row_key FROM {frame.table} WHERE turn = 0"
                for frame in (self.first, self.second)
            )
            using = "USING (row_key)"
        self._connection.execute(
            f"CREATE TEMP TABLE {self._table} AS "
            f"SELECT a.row AS first_row, b.row AS second_row FROM ({first}) a FULL JOIN ({second}) b {using}"
        )

    def _repeats(self) -> bool:
        """Return whether either arm holds a row twice."""
        for frame in (self.first, self.second):
            distinct = self._connection.execute(
                f"SELECT count(DISTINCT row_key) FROM {frame.table} WHERE turn = 0"
            ).fetchall()  # a result that is not read to its end blocks the connection
            if distinct[0][0] < frame.rows:
                return True
        return False

    def _paired(self, field: Literal["target", "system", "user"]) -> list[tuple[int, int]]:
        """Return pairs of unmatched rows that agree in all but one field, the n-th of each kind together."""
        if not all(self._unmatched.values()):
            return []
        same = [key for other, columns in _PAIRING.items() if other != field for key in columns]
        same += _PURPOSE
        agree = " AND ".join(f"a.{key} IS NOT DISTINCT FROM b.{key}" for key in (*same, "copy"))
        first, second = (
            f"SELECT *, row_number() OVER (PARTITION BY {', '.join(same)} ORDER BY row) AS copy FROM {table}"
            for table in self._unmatched
        )
        return self._connection.execute(
            f"SELECT a.row, b.row FROM ({first}) a JOIN ({second}) b ON {agree} ORDER BY b.row"
        ).fetchall()

    @cached_property
    def _unmatched(self) -> dict[str, int]:
        """Tables of each arm's unmatched rows, with what they are paired by -> how many rows they have."""
        columns = ", ".join(("row", *_PURPOSE, *itertools.chain(*_PAIRING.values())))
        found: dict[str, int] = {}
        for table, side, other in (
            (self.first.table, "first_row", "second_row"),
            (self.second.table, "second_row", "first_row"),
        ):
            ((found[f"{self._table}_{side}"],),) = self._connection.execute(
                f"CREATE TEMP TABLE {self._table}_{side} AS SELECT {columns} FROM {table} "
                f"WHERE row IN (SELECT {side} FROM {self._table} WHERE {other} IS NULL)"
            ).fetchall()
        return found

    def _count(self, condition: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {self._table} WHERE {condition}").fetchall()
        return int(found[0][0])

    def _rows(self, condition: str, column: str, *, order: str | None = None) -> list[int]:
        found = self._connection.execute(
            f"SELECT {column} FROM {self._table} WHERE {condition} ORDER BY {order or column}"
        )
        return [row for (row,) in found.fetchall()]


def _longest_increasing(values: Sequence[int]) -> list[bool]:
    """Return which of distinct values belong to one longest increasing subsequence (patience sorting)."""
    tails: list[int] = []
    tail_places: list[int] = []
    before = [-1] * len(values)
    for place, value in enumerate(values):
        pile = bisect_left(tails, value)
        if pile == len(tails):
            tails.append(value)
            tail_places.append(place)
        else:
            tails[pile] = value
            tail_places[pile] = place
        before[place] = tail_places[pile - 1] if pile else -1
    kept = [False] * len(values)
    place = tail_places[-1] if tail_places else -1
    while place >= 0:
        kept[place] = True
        place = before[place]
    return kept
