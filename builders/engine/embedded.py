# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""DuckDB inside the process, the engine that is there by default.

For a small table, putting a question together and binding it takes longer than the engine then takes to answer, and
a scan of several experiments asks the same of fifty tables: so the SQL that a question comes to is kept, and is asked
of the next table by its name.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import duckdb

from builders.engine.holding import Keyed, Query
from builders.sql import key_of, literal

if TYPE_CHECKING:
    import narwhals as nw

    from builders.templates import ChatTemplate, Resolution, Signature

_SIGNATURE: Final = "system_state, system_text, tools, context, carrier"
"""The columns that a condition depends on."""

_KEYS: Final = (f"hash({_SIGNATURE})", key_of(*_SIGNATURE.split(", ")))
"""One number for them: cheap, and for the few that are no two signatures' in which that one is."""

_KEPT_ROWS: Final = 100_000
"""Up to how many rows the joined table is kept; beyond, memory matters more."""

_NUMBERED: Final = 1_000
"""Conditions up to which a large table holds them as numbers."""

BATCH: Final = 10_000
"""Values that go into the engine or come out of it at a time."""

_WRITTEN: dict[tuple[Query, tuple[Hashable, ...]], tuple[str, str]] = {}
"""Query and what is given to it -> the table that it was first asked of, and its SQL."""


@dataclass(frozen=True)
class Embedded:
    """The embedded engine.

    Args:
        connection: Where the tables live.
    """

    connection: duckdb.DuckDBPyConnection

    @property
    def name(self) -> str:
        """What messages call it."""
        return "DuckDB"

    def lazy(self, table: str) -> nw.LazyFrame[Any]:
        """Return a table as a lazy frame."""
        import narwhals as nw

        return nw.from_native(self.connection.table(table))

    def answer(self, table: str, question: Query, *given: Hashable) -> list[dict[str, Any]]:
        """Return the rows of the answer to a question, which has to be small."""
        return list(self.stream(table, question, *given))

    def stream(self, table: str, question: Query, *given: Hashable) -> Iterator[dict[str, Any]]:
        """Yield the rows of an answer that may be many."""
        key = (question, given)
        if key not in _WRITTEN:
            asked = question(self.lazy(table), *given)
            _WRITTEN[key] = (table, asked.to_native().sql_query())
        first, sql = _WRITTEN[key]
        found = self.connection.execute(re.sub(rf"\b{first}\b", table, sql))
        names = [column[0] for column in found.description]
        while batch := found.fetchmany(BATCH):
            yield from (dict(zip(names, values, strict=True)) for values in batch)

    def keep(self, name: str, rows: nw.LazyFrame[Any], *, stored: bool = False) -> str:
        """Make a view or table of a lazy frame."""
        native = cast("duckdb.DuckDBPyRelation", rows.to_native())
        kind = "TABLE" if stored else "VIEW"
        self.connection.execute(f"CREATE OR REPLACE TEMP {kind} {name} AS {native.sql_query()}")
        return name

    def fill(self, name: str, columns: Mapping[str, str], batches: Iterable[Sequence[Sequence[Any]]]) -> str:
        """Make a table of values."""
        body = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({body})")
        unnested = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(columns.values(), 1))
        for batch in batches:
            self.connection.execute(f"INSERT INTO {name} SELECT {unnested}", list(batch))
        return name

    def with_conditions(self, table: str, found: Sequence[Keyed], *, rows: int) -> str:
        """Make a table or view of a table's rows with a column `condition`, and return its name."""
        name = f"audit_signatures_{table}"
        conditions = sorted({each.condition for each in found})
        # A number to group by, where it pays, that reads as its text and sorts like it.
        numbered = rows > _KEPT_ROWS and len(conditions) <= _NUMBERED
        kind = f"ENUM({', '.join(map(literal, conditions))})" if numbered else "VARCHAR"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} (key UBIGINT, sure UBIGINT, condition {kind})"
        )
        given = ", ".join(f"unnest(${number}::VARCHAR[])" for number in range(1, 7))
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            self.connection.execute(
                f"INSERT INTO {name} SELECT {', '.join(_KEYS)}, condition "
                f"FROM (SELECT {given}) AS t({_SIGNATURE}, condition)",
                [
                    [each.signature.state for each in some],
                    [each.signature.text for each in some],
                    [each.signature.tools for each in some],
                    [each.signature.context for each in some],
                    [each.carrier for each in some],
                    [each.condition for each in some],
                ],
            )
        kept = "TABLE" if rows <= _KEPT_ROWS else "VIEW"
        ((numbers,),) = self.connection.execute(f"SELECT count(DISTINCT key) FROM {name}").fetchall()
        # One number is joined, and not five texts: every question asked of the view joins anew.
        joined = f"{_KEYS[0]} = s.key" if numbers == len(found) else f"{_KEYS[1]} = s.sure"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP {kept} {name}_rows AS "
            f"SELECT f.*, s.condition FROM {table} f JOIN {name} s ON {joined}"
        )
        return f"{name}_rows"

    def resolve(
        self, template: ChatTemplate, signatures: Iterable[Signature]
    ) -> Mapping[Signature, Resolution]:
        """Return what a template makes of signatures, rendered in this process' sandbox."""
        from builders.templates import resolve_all

        return resolve_all(template, signatures)
