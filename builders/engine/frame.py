"""The canonical frame: whatever shape a dataset came in, its rows look like this to the engine.

A frame is a DuckDB table of narrow columns. Long texts stay where they are: the table holds their hashes, and
`Frame.texts` goes back to the source for the few rows that a finding shows. So memory follows the number of
rows, not their length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import duckdb

from builders.engine.embedded import Embedded
from builders.engine.holding import Engine
from builders.engine.multiset import Sums, multiset_digest, sums_of
from builders.engine.pairs import PairFaults
from builders.errors import InputError
from builders.templates.model import ChatTemplate
from builders.views import TrainingView

FRAME_COLUMNS: Final[dict[str, str]] = {
    "row": "BIGINT",
    "turn": "INTEGER",
    "file": "INTEGER",
    "line": "BIGINT",
    "system_state": "VARCHAR",
    "system_text": "VARCHAR",
    "tools": "VARCHAR",
    "context": "VARCHAR",
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
    "marked": "BOOLEAN",
}
"""Column -> DuckDB type.

A row of the frame is one trained turn in its context. `row` is its number: the place of its row over all files, from
0, times `Frame.stride`, plus `turn`, its place among the trained turns of that row; so for rows of one answer, which
have a stride of 1, it is the row's place. `file` indexes `Frame.paths`, `line` counts from 1 (NULL where there are
none). `context` is what the rendering depends on beside what other columns say, NULL for one question and its answer
(`builders.templates.contexts`). `system_text` is NULL unless the state is `text`. `tools` is the tools' canonical JSON
or NULL. `options` are the option labels joined by "|". `user_key` hashes everything of the prompt but a leading system
message, `target_key` the target, `row_key` prompt and target together, of the whole row in its first turn.
`target_head` and `target_tail` are the first 64 and last 16 characters, the lengths count characters. `marked` is true
where the prompt may hold turn markup (`builders.engine.markup`). `carrier` says what tells the turn's condition apart
beside its prompt, NULL as long as nobody looked (`builders.carriers`).
"""


MARKS: Final = ("<|", "_of_turn>", "INST]", "<｜")  # noqa: RUF001 - DeepSeek's
"""Texts one of which is part of every chat model's turn markup."""

_BRACKETS: Final[dict[str, tuple[str, ...]]] = {
    bracket: tuple(mark for mark in MARKS if bracket in mark) for bracket in "<>]"
}
"""Brackets, and the marks that hold them."""


def marked_sql(*texts: str) -> str:
    """SQL that is true where one of some texts may hold turn markup.

    Few texts hold a bracket, and looking for one letter costs the engine a fraction of looking for several.
    """
    found = " OR ".join(_holds(text, bracket) for text in texts for bracket in _BRACKETS)
    return f"coalesce({found}, false)"


def _holds(text: str, bracket: str) -> str:
    marks = " OR ".join(f"contains({text}, '{mark}')" for mark in _BRACKETS[bracket])
    return f"CASE WHEN contains({text}, '{bracket}') THEN {marks} END"


@dataclass(frozen=True)
class RowText:
    """One trained turn's text, read back from where it stands."""

    path: str | None
    """The file; None for rows that were composed and not read."""
    line: int | None
    """Line in that file, counted from 1."""
    messages: list[dict[str, Any]]
    """The prompt's messages, system message included."""
    target: str
    """What the turn teaches."""
    row: int = 0
    """Place of its row over all files, from 0."""
    turn: int | None = None
    """Which message of the row it is, counted from 1; None where the row has no other trained turn."""
    record: dict[str, Any] = field(default_factory=dict[str, Any])
    """The row as it stands there."""


@dataclass(frozen=True)
class Unread:
    """A column, or a key of messages, that nothing read although it could decide what is rendered or trained."""

    name: str
    """As the user would call it."""
    why: str
    """Why it could matter, as a phrase."""
    help: tuple[str, ...] = ()
    """What the user can say of it, as options."""

    def __str__(self) -> str:
        """Return it as a sentence without a full stop."""
        return f"nothing read '{self.name}', and {self.why}"


@dataclass(frozen=True)
class Frame:
    """A dataset as the engine sees it."""

    name: str
    """What reports call it."""
    engine: Engine
    """What holds the table."""
    table: str
    """Name of a table that has `FRAME_COLUMNS`."""
    rows: int
    """How many rows it has."""
    paths: tuple[Path, ...]
    """The files that it came from; empty for composed rows."""
    texts: Callable[[Sequence[int]], dict[int, RowText]]
    """Read the given rows back."""
    digest: str
    """sha256 over the rows' content and order, 64 hex digits; `rows_digest` where they were read in no order."""
    notes: tuple[str, ...] = ()
    """What the reader decided on its own, one sentence each, to be announced."""
    stride: int = 1
    """How many numbers the turns of a row have; 1 where every row has one trained turn."""
    turns: int | None = None
    """How many trained turns there are, where they are not as many as the rows."""
    view: TrainingView | None = None
    """The trainer whose rules say which turns are trained; None for composed rows."""
    unread: tuple[Unread, ...] = ()
    """What of the rows nothing read although it could matter."""
    template: ChatTemplate | None = None
    """The chat template that the target's own description names; None where it names none."""
    preference: bool = False
    """Whether a preference loss is what the rows are for."""
    pairs: PairFaults | None = None
    """What is wrong with the pairs of answers; None where rows are no pairs."""
    vacuous: tuple[str, ...] = ()
    """Labels and selectors that picked no row, or every row, with the counts: no answer follows from them."""
    earlier: int = 0
    """Trained turns before the last of their row, of which a label of the row says nothing."""
    skipped: int = 0
    """Rows that could not be read and were left out because the caller asked for that."""
    unsought: tuple[str, ...] = ()
    """What was not looked for, because the engine cannot yet or the rows are too many; one sentence each."""

    sums: Sums | None = None
    """What the rows come to, where that was counted while they were read."""

    @cached_property
    def rows_digest(self) -> str:
        """Digest of the rows as a multiset, see `builders.engine.multiset`."""
        sums = self.sums
        if sums is None:
            sums = sums_of(self.connection, self.table)
        return multiset_digest(sums)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The embedded database that holds the table.

        Raises:
            InputError: if another engine holds it: what asks for this has not been carried there.
        """
        if isinstance(self.engine, Embedded):
            return self.engine.connection
        raise InputError(
            f"that is not done on {self.engine.name}", where=self.name, help="leave --engine out"
        )

    def row_of(self, number: int) -> int:
        """Return the place in the files, from 0, of the row that a number of the frame belongs to."""
        return number // self.stride
