"""Tool lists as canonical JSON, so that the same tools written twice are the same tools."""

from __future__ import annotations

import json

import duckdb

from builders.digest import canonical_json


def canonicalise_tools(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rewrite a table's `tools` column; distinct lists are few, so each is read in Python once."""
    distinct = connection.execute(f"SELECT DISTINCT tools FROM {table} WHERE tools IS NOT NULL").fetchall()  # noqa: S608
    for (text,) in distinct:
        canonical = _canonical(text)
        if canonical != text:
            connection.execute(f"UPDATE {table} SET tools = ? WHERE tools = ?", [canonical, text])  # noqa: S608


def _canonical(text: str) -> str | None:
    value = json.loads(text)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return canonical_json(value)
    return canonical_json(value) if value else None
