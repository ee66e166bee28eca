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
    """Return SQL that is true where a value is one of some texts, and NULL where it is NULL.

    Not `IN`: the engine makes a join of a long one, and rows that are numbered by their place must not be joined.
    """
    return f"({' OR '.join(f'{value} = {literal(text)}' for text in texts) or 'false'})"
