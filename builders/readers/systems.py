"""Take the system message out of a row of any shape, and put another row's in.

A system message is copied as it stands in a row of the same data, so that it keeps the data's own words for roles
and fields (`developer`, `from`), wherever the shape has its place: in front of the turns or in a column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builders.errors import InputError
from builders.readers.columns import ListOf
from builders.readers.pieces import Row, decoded
from builders.readers.shapes import Shape


@dataclass(frozen=True)
class System:
    """A system message as one shape writes it; neither part means that there is none."""

    turn: Mapping[str, Any] | None = None
    """The turn in front of the others."""
    column: str | None = None
    """The text in a column of its own."""

    def saying(self, text: str, *, where: str) -> System:
        """Return the same with another text.

        Raises:
            InputError: if there is no message whose text could be replaced.
        """
        if self.column is not None:
            return System(column=text)
        field = next(
            (key for key in ("content", "value") if isinstance((self.turn or {}).get(key), str)), None
        )
        if self.turn is None or field is None:
            raise InputError(
                "no row has a system message with a text, whose form the moved rows could have",
                where=where,
                help="use --strategy drop, or build from a recipe",
            )
        return System(turn={**self.turn, field: text})


def system_of(row: Row, shape: Shape) -> System:
    """Return a row's system message.

    Raises:
        RowProblem: if the row is not of that shape.
    """
    row = decoded(row)
    column = row.get(shape.system_column) if shape.system_column else None
    if column is not None:
        return System(column=column)
    turns = _list_column(shape)
    if turns is None or shape.parse(row)[0].role != "system":
        return System()
    return System(turn=row[turns][0])


def with_system(row: Row, shape: Shape, system: System, *, where: str) -> Row:
    """Return the columns of a row that change when it gets another row's system message.

    Cells that hold a list as JSON text hold one again.

    Args:
        row: The row as its file holds it.
        shape: The shape of its data.
        system: Another row's system message.
        where: What errors call the row.

    Raises:
        InputError: if the file has no column for it.
        RowProblem: if the row is not of that shape.
    """
    plain, before = decoded(row), system_of(row, shape)
    changed: Row = {}
    if system.column is not None or before.column is not None:
        assert shape.system_column is not None  # noqa: S101  (one of the two was found there)
        changed[shape.system_column] = system.column
    turns = _list_column(shape)
    if turns is not None and (system.turn is not None or before.turn is not None):
        for name in (turns, "rejected") if shape.name == "preference-implicit" else (turns,):
            said = plain.get(name)
            if isinstance(said, list):
                rest = said[1:] if before.turn is not None and said[:1] == [before.turn] else said
                changed[name] = [*([dict(system.turn)] if system.turn is not None else []), *rest]
    for name, value in changed.items():
        if isinstance(row.get(name), str) and isinstance(value, list):
            changed[name] = json.dumps(value, ensure_ascii=False)
    if not changed and system != before:
        raise InputError("has no place for a system message", where=where, help="use --strategy drop")
    return changed


def _list_column(shape: Shape) -> str | None:
    """Return the column whose first turn may be the system message."""
    return next((name for name, kind in shape.columns.items() if isinstance(kind, ListOf)), None)
