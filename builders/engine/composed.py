"""A frame of rows that were composed in memory and stand in no file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

import duckdb

from builders.digest import canonical_json, digest_text
from builders.engine.embedded import Embedded
from builders.engine.frame import FRAME_COLUMNS, Frame, RowText, marked_sql
from builders.sql import key_of, quoted

_numbers = itertools.count()

_TAGS: Final = ("persona", "role", "question_id", "gold_label", "target_label")

_MADE: Final = {
    "user_key": key_of("user"),
    "target_key": key_of("target"),
    "row_key": f"hash(system_state, {key_of('system_text')}, {key_of('user')}, {key_of('target')})",
    "target_head": "left(target, 64)",
    "target_tail": "right(target, 16)",
    "target_length": "length(target)",
    "marked": marked_sql("user", "system_text"),
}
"""Columns that the engine makes itself, as it does of a file's texts; handing it values costs more."""


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
    given = _columns(rows)
    types = {**FRAME_COLUMNS, "user": "VARCHAR", "target": "VARCHAR"}
    unnested = ", ".join(
        f'unnest(${number}::{types[column]}[]) AS "{column}"' for number, column in enumerate(given, 1)
    )
    wanted = ", ".join(
        f'({_MADE.get(column, quoted(column) if column in given else "NULL")})::{kind} AS "{column}"'
        for column, kind in FRAME_COLUMNS.items()
    )
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {wanted} FROM (SELECT {unnested})",  # noqa: S608
        list(given.values()),
    )

    def texts(wanted_rows: Sequence[int]) -> dict[int, RowText]:
        return {
            number: RowText(
                path=None,
                line=None,
                row=number,
                messages=list(rows[number]["prompt"]),
                target="\n".join(message["content"] or "" for message in rows[number]["completion"]),
            )
            for number in wanted_rows
        }

    digest = digest_text("\n".join(row["example_id"] for row in rows))
    return Frame(
        name=name,
        engine=Embedded(connection),
        table=table,
        rows=len(rows),
        paths=(),
        texts=texts,
        digest=digest,
    )


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    prompts: list[list[dict[str, Any]]] = [row["prompt"] for row in rows]
    systems = [prompt[0] if prompt and prompt[0]["role"] == "system" else None for prompt in prompts]
    offered: list[list[str] | None] = [row["options"] for row in rows]
    return {
        "row": list(range(len(rows))),
        "turn": [0] * len(rows),
        "system_state": [row["system_state"] for row in rows],
        "system_text": [
            system["content"] if system and row["system_state"] == "text" else None
            for system, row in zip(systems, rows, strict=True)
        ],
        "options": [None if options is None else "|".join(options) for options in offered],
        "target_correct": [row["target_correct"] for row in rows],
        "prompt_length": [sum(len(message["content"] or "") for message in prompt) for prompt in prompts],
        "user": [
            _user(prompt[1:] if system else prompt) for system, prompt in zip(systems, prompts, strict=True)
        ],
        "target": ["\n".join(message["content"] or "" for message in row["completion"]) for row in rows],
        **{tag: [row[tag] for row in rows] for tag in _TAGS},
    }


def _user(rest: list[dict[str, Any]]) -> str:
    return rest[0]["content"] if len(rest) == 1 and rest[0]["role"] == "user" else canonical_json(rest)
