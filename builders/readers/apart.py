# ruff: noqa: S608  (the statements are put together from our own pieces; data never becomes SQL text)
"""Rows that are more than one question and its answer, taken apart into their trained turns.

The engine reads plain rows by itself. These go through Python, one after the other: every key of every message counts
for what a chat template makes of the row. What comes of them goes back into the engine in batches, and is labelled
there by the same expressions as the plain rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from builders.readers import canonical
from builders.readers import problems as p
from builders.readers.canonical import Tagging
from builders.readers.pieces import Piece, Row
from builders.readers.problems import RowProblem
from builders.readers.shapes import Shape
from builders.readers.strictjson import parse_row
from builders.readers.turns import Turn
from builders.sql import key_of, quoted
from builders.templates.contexts import context_of
from builders.views import TrainingView, trained_turns

_BATCH: Final = 5_000
"""Turns that go to the engine at a time."""

_OF_PROMPT: Final = frozenset({"tools", "persona", "role"})
"""Columns that are said of all answers of a row, whatever else they are looked at for."""

_RESERVED: Final = frozenset(
    {"messages", "conversation", "tools", "documents", "add_generation_prompt", "chat_template", "tokenize"}
)


@dataclass(frozen=True)
class TrainedTurn:
    """One answer that carries loss, in its context."""

    place: int
    """Which message of its row it is, from 0."""
    turn: int
    """Which of the row's trained turns it is, from 0."""
    before: tuple[Turn, ...]
    """The messages before it, the system message included."""
    target: Turn
    """The answer."""
    context: str | None
    """What a template can depend on, see `builders.templates.contexts`."""
    final: bool
    """Whether no trained turn of its row follows."""

    @property
    def leads(self) -> bool:
        """Whether the row opens with a system message."""
        return bool(self.before) and self.before[0].role == "system"

    @property
    def said(self) -> str | None:
        """The system message's text."""
        return self.before[0].text if self.leads else None

    @property
    def user_text(self) -> str:
        """All that stands before the answer but what system and developer messages say: that is no question."""
        rest = [turn for turn in self.before if turn.role != "system"]
        if len(rest) == 1 and rest[0].role == "user":
            return rest[0].text or ""
        return "\x1e".join(f"{turn.role}\x1f{turn.text or ''}" for turn in rest)

    @property
    def question(self) -> str:
        """What the user said last before the answer; empty where no user said anything."""
        return next((turn.text or "" for turn in reversed(self.before) if turn.role == "user"), "")


def take_apart(row: Row, shape: Shape, view: TrainingView) -> list[TrainedTurn]:
    """Return the trained turns of a row, in order; none where all its answers are flagged.

    Raises:
        RowProblem: if the row cannot be read, or it holds no answer.
    """
    turns = shape.parse(row)
    check_turns(turns, shape)
    messages = [turn.message for turn in turns]
    variables = variables_of(row)
    places = trained_turns(view, turns)
    return [
        TrainedTurn(
            place=place,
            turn=number,
            before=tuple(turns[:place]),
            target=turns[place],
            context=context_of(messages, place, variables),
            final=number == len(places) - 1,
        )
        for number, place in enumerate(places)
    ]


def check_turns(turns: Sequence[Turn], shape: Shape) -> None:
    """Refuse a conversation that teaches nothing or is none.

    Raises:
        RowProblem: if it holds no answer, nothing but one, or a message without anything in it.
    """
    code = None
    if not any(turn.role == "assistant" for turn in turns):
        code = p.NO_ASSISTANT
    elif len(turns) == 1:
        code = p.NO_PROMPT
    elif shape.system_column is not None and all(turn.role == "system" for turn in turns[:2]):
        code = p.TWO_SYSTEMS
    elif any(turn.text is None and not _says_more(turn) for turn in turns):
        code = p.NO_CONTENT
    if code is not None:
        message, advice = p.SENTENCES[code]
        raise RowProblem(message, help=advice)


def _says_more(turn: Turn) -> bool:
    """Return whether a message without text says something: a system message's null does."""
    return turn.role == "system" or any(
        turn.message.get(key) for key in ("tool_calls", "reasoning_content", "thinking", "reasoning")
    )


def variables_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row gives its chat template.

    Raises:
        RowProblem: if that is no object, or stands in for the conversation itself.
    """
    given: Any = row.get(canonical.VARIABLES)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RowProblem(
            f"'{canonical.VARIABLES}' is no object",
            help="TRL passes it to the chat template as keyword arguments",
        )
    if taken := sorted(_RESERVED & given.keys()):
        raise RowProblem(
            f"'{canonical.VARIABLES}' sets {taken[0]}, which comes from the row itself",
            help=f"take it out of '{canonical.VARIABLES}'",
        )
    return dict(given)


@dataclass
class Apart:
    """The trained turns of one dataset's rows that are not plain.

    Args:
        connection: Where the tables live.
        table: The table to fill.
        tagging: How turns are labelled.
        columns: The columns of a row that labels and tags look at.
        labels: Those of them that say what an answer teaches: a turn may have one as a key of its own.
    """

    connection: duckdb.DuckDBPyConnection
    table: str
    tagging: Tagging
    columns: tuple[str, ...]
    labels: tuple[str, ...] = ()
    widest: int = 1
    """The most trained turns of a row so far."""
    turns: int = 0
    """How many turns the table has."""
    unsaid: int = 0
    """Answers that a label of their row says nothing of: others follow, and they have none of their own."""
    keys: set[str] = field(default_factory=set[str])
    """Keys that their messages have."""
    numbers: list[int] = field(default_factory=list[int])
    """The rows that they are of, in order."""

    @property
    def rows(self) -> int:
        """How many rows they are of."""
        return len(self.numbers)

    silent: list[int] = field(default_factory=list[int])
    """Rows whose answers are all flagged: nothing in them is trained."""
    _waiting: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    _made: bool = False
    _where: str = ""

    def read(
        self, piece: Piece, start: int, wanted: Sequence[int], shape: Shape, view: TrainingView
    ) -> list[int]:
        """Take the wanted rows of a piece apart, and return those that cannot be.

        Args:
            piece: Where they stand.
            start: The number of the piece's first row.
            wanted: Their numbers.
            shape: How they are laid out.
            view: Which turns are trained.
        """
        self._where = piece.where
        wrong: list[int] = []
        for place, content in contents_of(piece, [number - start for number in wanted]):
            try:
                row = parse_row(content) if isinstance(content, bytes) else content
                found = take_apart(row, shape, view)
            except RowProblem:
                wrong.append(start + place)
                continue
            if not found:
                self.silent.append(start + place)
                continue
            self._add(start + place, row, found, shape)
        self._flush()
        return wrong

    def _add(self, number: int, row: Row, found: Sequence[TrainedTurn], shape: Shape) -> None:
        self.numbers.append(number)
        self.turns += len(found)
        self.widest = max(self.widest, len(found))
        last = found[-1]
        for each in (*last.before, last.target):
            self.keys.update(key for key, value in each.message.items() if value is not None)
        told = [turn.text or "" for turn in last.before if turn.role == "system"][last.leads :]
        several = len(found) > 1 or bool(told)
        whole = "\x1e\x1e".join((last.user_text, last.target.text or "", *told)) if several else None
        held = row if shape.tools == "tools" else {**row, "tools": row.get(shape.tools or "")}
        cells = {name: None if held.get(name) is None else _json(held[name]) for name in self.columns}
        for turn in found:
            own = {name: _json(value) for name in self.labels if (value := turn.target.own(name)) is not None}
            labelled = turn.final or bool(own)
            self.unsaid += not labelled
            if own and not turn.final:  # what the row says beside is said of its last answer
                own = dict.fromkeys(set(self.labels) - _OF_PROMPT) | own
            self._waiting.append(
                (
                    number,
                    turn.turn,
                    turn.context,
                    turn.final,
                    labelled,
                    turn.leads,
                    turn.said,
                    turn.user_text,
                    turn.target.text or "",
                    whole if turn.turn == 0 else None,
                    *(cells | own).values(),
                )
            )
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        """Hand the waiting turns to the engine, which labels them."""
        if not self._waiting:
            return
        import pyarrow as pa

        names = [*_COLUMNS, *self.columns]
        types = {
            "row": pa.int64(),
            "turn": pa.int32(),
            "final": pa.bool_(),
            "labelled": pa.bool_(),
            "leads": pa.bool_(),
        }
        arrays = [
            pa.array(values, types.get(name, pa.string()))
            for name, values in zip(names, zip(*self._waiting, strict=True), strict=True)
        ]
        self._waiting.clear()
        batch = f"{self.table}_batch"
        self.connection.register(batch, pa.table(arrays, names=names))
        tagging = self.tagging.of_file(self._where)
        statement = f"SELECT row, {canonical.frame_columns(tagging)} FROM ({self._stated(batch)})"
        self.connection.execute(
            f"INSERT INTO {self.table} {statement}"
            if self._made
            else f"CREATE OR REPLACE TEMP TABLE {self.table} AS {statement}"
        )
        self._made = True
        self.connection.unregister(batch)

    def _stated(self, batch: str) -> str:
        cells = "".join(f", {quoted(name)}::JSON AS {quoted(name)}" for name in self.columns)
        said = key_of("system_text")
        return f"""
            SELECT row, turn, context, final, labelled, said, user_text, target_text,
                {key_of("user_text")} AS user_key, {key_of("target_text")} AS target_key,
                CASE WHEN NOT leads THEN 'absent' WHEN said IS NULL THEN 'null'
                    WHEN said = '' THEN 'empty' ELSE 'text' END AS state,
                CASE WHEN said <> '' THEN said END AS system_text,
                CASE WHEN turn = 0 AND whole IS NULL THEN hash(state, {said}, user_key, target_key)
                    ELSE hash(state, {said}, {key_of("coalesce(whole, user_text)")}, target_key, turn) END AS row_key
                {cells}
            FROM {batch}"""


_COLUMNS: Final = (
    "row",
    "turn",
    "context",
    "final",
    "labelled",
    "leads",
    "said",
    "user_text",
    "target_text",
    "whole",
)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def contents_of(piece: Piece, places: Sequence[int]) -> Iterator[tuple[int, bytes | Row]]:
    """Yield the wanted rows of a piece with their places, in order."""
    wanted = frozenset(places)
    for place, _, content in piece.walk():
        if place in wanted:
            yield place, content
