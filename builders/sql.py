"""Names and texts as SQL, where a parameter cannot stand."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def one_of(value: str, texts: Iterable[str]) -> str:
    """Return SQL that is true where a value is one of some texts, and NULL where it is NULL."""
    listed = ", ".join(map(literal, texts))
    return f"{value} IN ({listed})" if listed else "false"
