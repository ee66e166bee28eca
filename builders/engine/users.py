# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""All user texts of a dataset, streamed: for questions that hashes cannot answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import duckdb

from builders.engine.frame import Frame
from builders.engine.holding import Engine
from builders.errors import InputError
from builders.questions.overlap import Overlap, overlaps

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

_BATCH = 20_000


@runtime_checkable
class StreamsUserTexts(Protocol):
    """What `Frame.texts` may offer beside reading single rows back."""

    def user_texts(self, engine: Engine) -> Iterator[pa.RecordBatch]:
        """Stream columns `user_key` and `user_text`, a text as often as it occurs."""
        ...


@runtime_checkable
class TellsOfTexts(Protocol):
    """What `Frame.texts` may offer so that the engine looks at all texts by itself."""

    def relations(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]
    ) -> list[tuple[int, str]]:
        """Return first row and SQL of each piece: `user_text`, `system_text`, `plain`, the named columns, in order."""
        ...

    def apart_texts(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Stream `row`, `user_text`, `system_text` and the named columns of what is not plain."""
        ...


@runtime_checkable
class TellsElsewhere(Protocol):
    """What `Frame.texts` may offer where another engine holds the texts."""

    def tell_elsewhere(self, name: str, expressions: Sequence[str], columns: Sequence[str]) -> str:
        """Do what `tell` does, and return the name of the table of answers."""
        ...


@runtime_checkable
class OverlapsElsewhere(Protocol):
    """What `Frame.texts` may offer where another engine holds the texts."""

    def overlaps_elsewhere(self, evaluation: Sequence[str], similarity: float) -> list[Overlap]:
        """Do what `overlapping` does."""
        ...


_numbers = itertools.count()


def tell(frame: Frame, expressions: Sequence[str], *, columns: Sequence[str] = ()) -> str:
    """Ask something of every row's text, and return the name of a table of the answers.

    Args:
        frame: The rows.
        expressions: Boolean SQL over `user_text`, `system_text` and the named columns, the latter as JSON.
        columns: Columns of the data that are looked at.

    Returns:
        A table of `row` and, for each expression, `held_0`, `held_1`, ...
    """
    name = f"audit_told_{next(_numbers)}"
    if isinstance(frame.texts, TellsElsewhere):
        return frame.texts.tell_elsewhere(name, expressions, columns)
    connection = frame.connection
    asked = ", ".join(f"coalesce({each}, false) AS held_{n}" for n, each in enumerate(expressions))
    if isinstance(frame.texts, TellsOfTexts):
        for number, (first, relation) in enumerate(frame.texts.relations(connection, columns)):
            # A table's own rowid says a row's place, as it does where the frame is filled.
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name}_piece AS SELECT plain, {asked} FROM ({relation})"
            )
            rows = (
                f'SELECT (rowid + {first}) * {frame.stride} AS "row", * EXCLUDE (plain) '
                f"FROM {name}_piece WHERE plain"
            )
            connection.execute(
                f"INSERT INTO {name} {rows}" if number else f"CREATE TEMP TABLE {name} AS {rows}"
            )
        connection.execute(f"DROP TABLE {name}_piece")
        cells = "".join(f', "{column}"::JSON AS "{column}"' for column in columns)
        for batch in frame.texts.apart_texts(columns):
            connection.register(f"{name}_apart", batch)
            texts = f"SELECT row, user_text, system_text{cells} FROM {name}_apart"
            connection.execute(f"INSERT INTO {name} SELECT row, {asked} FROM ({texts})")
            connection.unregister(f"{name}_apart")
        return name
    if columns:
        raise InputError(
            f"rows that were composed have no column '{columns[0]}'", help="name a text instead: prefix:TEXT"
        )
    texts = frame.texts(range(frame.rows))
    connection.execute(
        f'CREATE TEMP TABLE {name} AS SELECT "row", {asked} FROM (SELECT unnest($1::BIGINT[]) AS "row", '
        "unnest($2::VARCHAR[]) AS user_text, unnest($3::VARCHAR[]) AS system_text)",
        [
            list(texts),
            [_user(each.messages) for each in texts.values()],
            [_system(each.messages) for each in texts.values()],
        ],
    )
    return name


def _system(messages: list[dict[str, object]]) -> str | None:
    said = messages[0]["content"] if messages and messages[0]["role"] == "system" else None
    return said if isinstance(said, str) else None


def user_texts(frame: Frame) -> Iterator[pa.RecordBatch]:
    """Stream a dataset's user texts beside their hashes, as columns `user_key` and `user_text`.

    A source that can be read by the engine is read by it, repeated texts included; otherwise each distinct text
    is read back once.
    """
    if isinstance(frame.texts, StreamsUserTexts):
        yield from frame.texts.user_texts(frame.engine)
        return
    import pyarrow as pa

    distinct = frame.connection.execute(
        f"SELECT user_key, min(row) FROM {frame.table} GROUP BY user_key ORDER BY min(row)"
    ).fetchall()
    for start in range(0, len(distinct), _BATCH):
        keys, rows = zip(*distinct[start : start + _BATCH], strict=True)
        found = frame.texts(rows)
        yield pa.record_batch(
            [
                pa.array(keys, pa.uint64()),
                pa.array([_user(found[row].messages) for row in rows], pa.string()),
            ],
            names=["user_key", "user_text"],
        )


def first_user_texts(frame: Frame, count: int) -> list[str]:
    """Return what the first so many turns of a dataset ask, in the order of their rows, on every engine."""
    first = frame.engine.answer(frame.table, _first, count)
    rows = [each["row"] for each in first]
    found = frame.texts(rows)
    return [_user(found[row].messages) for row in rows]


def _first(frame: nw.LazyFrame[Any], count: int) -> nw.LazyFrame[Any]:
    return frame.select("row").sort("row").head(count)


def overlapping(frame: Frame, evaluation: Sequence[str], *, similarity: float) -> list[Overlap]:
    """Return, for each evaluation question that has one, its nearest training text: `builders.questions.overlap`."""
    if isinstance(frame.texts, OverlapsElsewhere):
        return frame.texts.overlaps_elsewhere(evaluation, similarity)
    return overlaps(user_texts(frame), evaluation, similarity=similarity)


def _user(messages: list[dict[str, object]]) -> str:
    rest = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if len(rest) == 1 and rest[0]["role"] == "user":
        return str(rest[0]["content"])
    return "\x1e".join(f"{message['role']}\x1f{message['content']}" for message in rest)
