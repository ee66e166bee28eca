"""What a reader asks a column to be, said to the engine in both of its ways.

A JSON file is read straight into the wanted types. A table has types of its own: its columns go through JSON
into the same ones, so that one piece of SQL serves every container.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builders.sql import literal, quoted


@dataclass(frozen=True)
class ColumnType:
    """A type in DuckDB's own words and as a structure for `from_json`."""

    duckdb: str
    """As in `read_json(columns=...)`."""
    structure: str
    """As in `from_json(value, structure)`."""

    @property
    def nested(self) -> bool:
        """Whether the value is taken apart, and not kept as one JSON value."""
        return self.duckdb != "JSON"


class ListOf(ColumnType):
    """A list of objects with the given fields."""

    fields: dict[str, str]

    def __init__(self, fields: Mapping[str, str]) -> None:
        object.__setattr__(self, "fields", dict(fields))
        inner = ", ".join(f"{quoted(name)} {kind}" for name, kind in fields.items())
        super().__init__(f"STRUCT({inner})[]", json.dumps([dict(fields)]))


JSON: Final = ColumnType("JSON", '"JSON"')


def converted(name: str, found: str | None, wanted: ColumnType) -> str:
    """SQL for a table's column in the wanted type.

    Args:
        name: The column.
        found: The DuckDB type that it has; None where the table has no such column.
        wanted: The type to make of it. A text column that should be a list is parsed as JSON.
    """
    column = quoted(name)
    if found is None:
        return f"NULL::{wanted.duckdb} AS {column}"
    if not wanted.nested:
        value = column if found == "JSON" else f"CASE WHEN {column} IS NOT NULL THEN to_json({column}) END"
        return f"{value} AS {column}"
    value = f"TRY({column}::JSON)" if found in ("VARCHAR", "JSON") else f"to_json({column})"
    return (
        f"CASE WHEN {column} IS NOT NULL THEN from_json({value}, {literal(wanted.structure)}) END AS {column}"
    )
