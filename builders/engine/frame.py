"""The canonical frame: whatever shape a dataset came in, its rows look like this to the engine.

A frame is a DuckDB table of narrow columns. Long texts stay where they are: the table holds their hashes, and
`Frame.texts` goes back to the source for the few rows that a finding shows. So memory follows the number of
rows, not their length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

FRAME_COLUMNS: Final[dict[str, str]] = {
    "row": "BIGINT",
    "file": "INTEGER",
    "line": "BIGINT",
    "system_state": "VARCHAR",
    "system_text": "VARCHAR",
    "tools": "VARCHAR",
    "persona": "VARCHAR",
    "role": "VARCHAR",
    "question_id": "VARCHAR",
    "options": "VARCHAR",
    "gold_label": "VARCHAR",
    "target_label": "VARCHAR",
    "target_correct": "BOOLEAN",
    "user_key": "UBIGINT",
    "row_key": "UBIGINT",
    "target_key": "UBIGINT",
    "target_head": "VARCHAR",
    "target_tail": "VARCHAR",
    "target_length": "INTEGER",
    "prompt_length": "INTEGER",
    "carrier": "VARCHAR",
}
"""Column -> DuckDB type.

`row` counts from 0 over all files, `file` indexes `Frame.paths`, `line` counts from 1 (NULL where there are
none). `system_text` is NULL unless the state is `text`. `tools` is the tools' canonical JSON or NULL.
`options` are the option labels joined by "|". `user_key` hashes everything of the prompt but a leading system
message, `target_key` the target, `row_key` prompt and target together. `target_head` and `target_tail` are
the first 64 and last 16 characters, the lengths count characters. `carrier` says what tells the row's condition apart
beside its prompt, NULL as long as nobody looked (`builders.carriers`).
"""


@dataclass(frozen=True)
class RowText:
    """One row's text, read back from where it stands."""

    path: str | None
    """The file; None for rows that were composed and not read."""
    line: int | None
    """Line in that file, counted from 1."""
    messages: list[dict[str, Any]]
    """The prompt's messages, system message included."""
    target: str
    """What the row teaches."""


@dataclass(frozen=True)
class Frame:
    """A dataset as the engine sees it."""

    name: str
    """What reports call it."""
    connection: duckdb.DuckDBPyConnection
    """Where the table lives."""
    table: str
    """Name of a table that has `FRAME_COLUMNS`."""
    rows: int
    """How many rows it has."""
    paths: tuple[Path, ...]
    """The files that it came from; empty for composed rows."""
    texts: Callable[[Sequence[int]], dict[int, RowText]]
    """Read the given rows back."""
    digest: str
    """sha256 over the rows' content and order, 64 hex digits."""
    notes: tuple[str, ...] = ()
    """What the reader decided on its own, one sentence each, to be announced."""
    skipped: int = 0
    """Rows that could not be read and were left out because the caller asked for that."""
