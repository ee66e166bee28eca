"""Asking the same question of many tables.

Questions are Narwhals expressions. For a small table, putting one together and binding it takes longer than the
engine then takes to answer, and a scan of several experiments asks the same of fifty tables: so the SQL that a
question comes to is kept, and is asked of the next table by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import narwhals as nw

Question = Callable[..., "nw.LazyFrame[Any]"]
"""A function of a module, from a lazy frame and what else is given to a lazy frame."""

_WRITTEN: dict[tuple[Question, tuple[Hashable, ...]], tuple[str, str]] = {}
"""Question and what is given to it -> the table that it was first asked of, and its SQL."""


def answer(
    connection: duckdb.DuckDBPyConnection, table: str, question: Question, *given: Hashable
) -> list[dict[str, Any]]:
    """Return the rows of the answer, which has to be small.

    Args:
        connection: Where the table lives.
        table: Its name; all tables that are asked one question have the same columns.
        question: What is asked.
        given: What it takes beside the table: numbers and digests, never a user's text.
    """
    key = (question, given)
    if key not in _WRITTEN:
        import narwhals as nw

        asked = question(nw.from_native(connection.table(table)), *given)
        _WRITTEN[key] = (table, asked.to_native().sql_query())
    first, sql = _WRITTEN[key]
    found = connection.execute(re.sub(rf"\b{first}\b", table, sql))
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
