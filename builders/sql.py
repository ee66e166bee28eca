"""Names and texts as SQL, where a parameter cannot stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FILE: Final = "'<the file of the row>'"
"""Stands in SQL for the text that names the row's file; the reader puts that there, file by file."""


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


def in_file(glob: str, file: str = FILE) -> str:
    """Return SQL that is true where the path of the row's file, or its last part, matches a pattern."""
    return f"coalesce({file} GLOB {literal(glob)} OR {file} GLOB {literal('*/' + glob)}, false)"


def key_of(*texts: str) -> str:
    """Return SQL for a 64-bit hash of one or more texts, given as expressions.

    DuckDB's `hash` of a text alone is not enough: of texts that differ in two places together it gives one in about 500
    another one's number (seen in 2.0). Moved by one character they do not meet again, so both are hashed together.
    """
    moved = [f"'x' || {text}" for text in texts]
    return f"hash({', '.join([*texts, *moved])})"
