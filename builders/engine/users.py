"""All user texts of a dataset, streamed: for questions that hashes cannot answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import duckdb

from builders.digest import canonical_json
from builders.engine.frame import Frame

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 20_000


@runtime_checkable
class StreamsUserTexts(Protocol):
    """What `Frame.texts` may offer beside reading single rows back."""

    def user_texts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
        """Stream columns `user_key` and `user_text`, a text as often as it occurs."""
        ...


def user_texts(frame: Frame) -> Iterator[pa.RecordBatch]:
    """Stream a dataset's user texts beside their hashes, as columns `user_key` and `user_text`.

    A source that can be read by the engine is read by it, repeated texts included; otherwise each distinct text
    is read back once.
    """
    if isinstance(frame.texts, StreamsUserTexts):
        yield from frame.texts.user_texts(frame.connection)
        return
    import pyarrow as pa

    distinct = frame.connection.execute(
        f"SELECT user_key, min(row) FROM {frame.table} GROUP BY user_key ORDER BY min(row)"  # noqa: S608
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


def _user(messages: list[dict[str, object]]) -> str:
    rest = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if len(rest) == 1 and rest[0]["role"] == "user":
        return str(rest[0]["content"])
    return canonical_json(rest)
