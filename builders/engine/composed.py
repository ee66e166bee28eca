"""A frame of rows that were composed in memory and stand in no file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import duckdb

from builders.digest import canonical_json, digest_text
from builders.engine.frame import FRAME_COLUMNS, Frame, RowText

_numbers = itertools.count()

_HEAD, _TAIL = 64, 16

_HASHED = {
    "user_key": "hash(user)",
    "target_key": "hash(target)",
    "row_key": "hash(system_state, system_text, user, target)",
}
"""Columns that the engine makes itself; readers make the same hashes of the same texts."""


def frame_from_rows(
    name: str, rows: Sequence[dict[str, Any]], *, connection: duckdb.DuckDBPyConnection | None = None
) -> Frame:
    """Return the frame of tagged rows.

    Args:
        name: What reports call the dataset.
        rows: Rows with the columns of `builders.schema.TaggedRow`, in their order.
        connection: Where to put the table; a new in-memory database where not given.
    """
    connection = connection or duckdb.connect()
    table = f"composed_{next(_numbers)}"
    columns: dict[str, list[Any]] = {column: [] for column in (*FRAME_COLUMNS, "user", "target")}
    for index, row in enumerate(rows):
        for column, value in _columns(index, row).items():
            columns[column].append(value)
    given = [
        column
        for column, values in columns.items()
        if column not in _HASHED and any(v is not None for v in values)
    ]
    types = {**FRAME_COLUMNS, "user": "VARCHAR", "target": "VARCHAR"}
    unnested = ", ".join(
        f'unnest(${number}::{types[column]}[]) AS "{column}"' for number, column in enumerate(given, 1)
    )
    empty = [column for column in types if column not in given and column not in _HASHED]
    wanted = ", ".join(
        f"{_HASHED[column]} AS {column}" if column in _HASHED else f'"{column}"' for column in FRAME_COLUMNS
    )
    nulls = "".join(f', NULL::{types[column]} AS "{column}"' for column in empty)
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {wanted} FROM (SELECT {unnested}{nulls})",  # noqa: S608
        [columns[column] for column in given],
    )

    def texts(wanted_rows: Sequence[int]) -> dict[int, RowText]:
        return {
            number: RowText(
                path=None,
                line=None,
                messages=list(rows[number]["prompt"]),
                target="\n".join(message["content"] or "" for message in rows[number]["completion"]),
            )
            for number in wanted_rows
        }

    digest = digest_text("\n".join(row["example_id"] for row in rows))
    return Frame(
        name=name, connection=connection, table=table, rows=len(rows), paths=(), texts=texts, digest=digest
    )


def _columns(index: int, row: dict[str, Any]) -> dict[str, Any]:
    prompt: list[dict[str, Any]] = row["prompt"]
    system = prompt[0] if prompt and prompt[0]["role"] == "system" else None
    rest = prompt[1:] if system else prompt
    user = rest[0]["content"] if len(rest) == 1 and rest[0]["role"] == "user" else canonical_json(rest)
    target = "\n".join(message["content"] or "" for message in row["completion"])
    options: list[str] | None = row["options"]
    return {
        "row": index,
        "file": None,
        "line": None,
        "system_state": row["system_state"],
        "system_text": system["content"] if system and row["system_state"] == "text" else None,
        "tools": None,
        "persona": row["persona"],
        "role": row["role"],
        "question_id": row["question_id"],
        "options": None if options is None else "|".join(options),
        "gold_label": row["gold_label"],
        "target_label": row["target_label"],
        "target_correct": row["target_correct"],
        "user": user,
        "target": target,
        "target_head": target[:_HEAD],
        "target_tail": target[-_TAIL:],
        "target_length": len(target),
        "prompt_length": sum(len(message["content"] or "") for message in prompt),
    }
