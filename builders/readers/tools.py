"""Tool lists as canonical JSON, so that the same tools written twice are the same tools."""

from __future__ import annotations

import json

import duckdb

from builders.digest import canonical_json
from builders.errors import InputError


def canonicalise_tools(connection: duckdb.DuckDBPyConnection, table: str, *, where: str) -> None:
    """Rewrite a table's `tools` column; distinct lists are few, so each is read in Python once.

    Raises:
        InputError: if a list is nested too deeply, or holds a number that is too long, for any reader.
    """
    distinct = connection.execute(f"SELECT DISTINCT tools FROM {table} WHERE tools IS NOT NULL").fetchall()  # noqa: S608
    changed: dict[str, str | None] = {}
    for (text,) in distinct:
        try:
            canonical = _canonical(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                "a row's tools cannot be read: too deep, or a number too long", where=where
            ) from error
        if canonical != text:
            changed[text] = canonical
    if changed:
        connection.execute(
            f"UPDATE {table} SET tools = c.new FROM (SELECT unnest(?::VARCHAR[]) AS old, unnest(?::VARCHAR[]) AS new) c "  # noqa: S608, E501
            f"WHERE tools = c.old",
            [list(changed), list(changed.values())],
        )


def _canonical(text: str) -> str | None:
    value = json.loads(text)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return canonical_json(value)
    return None if value is None else canonical_json(value)
