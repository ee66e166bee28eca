"""The shapes that training data comes in: which columns hold the conversation, and how to read them.

Every shape says the same thing twice. Once as SQL, which the engine runs over millions of rows: an expression
for the list of turns, each a struct of a normalised role `r` and a text `t`. And once in Python, for the few
rows that are shown or are wrong. A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from builders.errors import UnknownNameError
from builders.readers import turns as t
from builders.readers.columns import JSON, ColumnType, ListOf
from builders.readers.turns import Turn
from builders.sql import quoted

Row = Mapping[str, Any]

MESSAGES_TYPE: Final = ListOf({"role": "VARCHAR", "content": "JSON", "tool_calls": "JSON"})
PLAIN_TYPE: Final = ListOf({**MESSAGES_TYPE.fields, "content": "VARCHAR"})


@dataclass(frozen=True)
class Shape:
    """One way to lay out a conversation in columns."""

    name: str
    """What `--shape` calls it."""
    columns: Mapping[str, ColumnType]
    """Column -> what to read it as."""
    turns: str
    """SQL over those columns: the list of turns, prompt first and the target last."""
    parse: Callable[[Row], list[Turn]]
    """The same in Python; raises `RowProblem`."""
    system: str = "NULL"
    """SQL for a system text that stands in a column of its own; NULL where there is none."""
    system_column: str | None = None
    """That column."""
    required: tuple[str, ...] = ()
    """Columns without which a row cannot be of this shape."""
    notes: tuple[str, ...] = field(default=())
    """What this reading assumes, to be announced."""
    exchange: t.Exchange | None = None
    """A shorter way to read the rows that are one question and its answer; `turns` reads the others."""
    hurried: Shape | None = None
    """The same for rows whose contents are all strings, which most files are full of; a third faster."""
    noticing: Callable[[tuple[str, ...]], Shape] | None = None
    """The shape with an eye on keys that messages have beside role, content and tool_calls."""


def _with(type_: ListOf, extras: tuple[str, ...]) -> ListOf:
    return ListOf({**type_.fields, **dict.fromkeys(extras, "JSON")})


def _messages(name: str, column: str = "messages", extras: tuple[str, ...] = ()) -> Shape:
    cell = quoted(column)
    careful = Shape(
        name=name,
        columns={column: _with(MESSAGES_TYPE, extras)},
        turns=t.sql_messages(cell, extras),
        parse=lambda row: t.read_messages(row.get(column), column),
        required=(column,),
        noticing=lambda seen: _messages(name, column, seen),
    )
    hurried = replace(
        careful,
        columns={column: _with(PLAIN_TYPE, extras)},
        turns="NULL",
        exchange=t.Exchange(f"{cell}[1]", f"{cell}[-2]", f"{cell}[-1]", f"len({cell})", extras),
    )
    return replace(careful, hurried=hurried)


def _conversational_pair(name: str, target: str, extras: tuple[str, ...] = ()) -> Shape:
    careful = Shape(
        name=name,
        columns={"prompt": _with(MESSAGES_TYPE, extras), target: _with(MESSAGES_TYPE, extras)},
        turns=f"list_concat({t.sql_messages('prompt', extras)}, {t.sql_messages(target, extras)})",
        parse=lambda row: [
            *t.read_messages(row.get("prompt"), "prompt", given=True),
            *t.read_messages(row.get(target), target),
        ],
        required=("prompt", target),
        noticing=lambda seen: _conversational_pair(name, target, seen),
    )
    hurried = replace(
        careful,
        columns={"prompt": _with(PLAIN_TYPE, extras), target: _with(PLAIN_TYPE, extras)},
        turns="NULL",
        exchange=t.Exchange(
            "prompt[1]",
            "prompt[-1]",
            f"{target}[1]",
            f"CASE WHEN len({target}) = 1 THEN len(prompt) + 1 END",
            extras,
        ),
    )
    return replace(careful, hurried=hurried)


def _plain_pair(name: str, prompt: str, target: str, *notes: str) -> Shape:
    return Shape(
        name=name,
        columns={prompt: JSON, target: JSON, "system": JSON},
        turns=t.sql_texts(("user", t.sql_string(prompt)), ("assistant", t.sql_string(target))),
        system=t.sql_string("system"),
        system_column="system",
        parse=lambda row: [
            *t.read_system(row.get("system")),
            t.read_text("user", row.get(prompt), prompt),
            t.read_text("assistant", row.get(target), target),
        ],
        required=(prompt, target),
        notes=notes,
    )


def sharegpt(
    name: str = "sharegpt",
    column: str = "conversations",
    *,
    tags: t.Tags = t.SHAREGPT,
    system: str = "system",
    notes: tuple[str, ...] = (),
) -> Shape:
    """Return a ShareGPT-like shape.

    Args:
        name: What notes call it.
        column: The column of turns.
        tags: What a turn's fields and speakers are called.
        system: The column of a system text beside the turns.
        notes: What is to be announced.
    """
    return Shape(
        name=name,
        columns={column: ListOf({tags.role: "VARCHAR", tags.content: "JSON"}), system: JSON},
        turns=t.sql_sharegpt(quoted(column), tags),
        system=t.sql_string(system),
        system_column=system,
        parse=lambda row: [
            *t.read_system(row.get(system)),
            *t.read_sharegpt(row.get(column), column, tags),
        ],
        required=(column,),
        notes=notes,
    )


_ALPACA_NOTE: Final = (
    "instruction and input are joined by a line break, as LLaMA-Factory does; trainers that word it otherwise see "
    "other prompts"
)


def alpaca(name: str = "alpaca", columns: t.AlpacaColumns = t.ALPACA, notes: tuple[str, ...] = ()) -> Shape:
    """Return an Alpaca-like shape; columns may have other names."""
    prompt, query = t.sql_string(columns.prompt), t.sql_string(columns.query)
    user = (
        f"CASE WHEN {quoted(columns.query)} IS NULL OR {query} = '' THEN {prompt} "
        f"ELSE {prompt} || chr(10) || {query} END"
    )
    texts = (columns.prompt, columns.query, columns.response, columns.system)
    answer = t.sql_texts(("user", user), ("assistant", t.sql_string(columns.response)))
    return Shape(
        name=name,
        columns={
            **dict.fromkeys(texts, JSON),
            columns.history: ColumnType("VARCHAR[][]", '[["VARCHAR"]]'),
        },
        turns=f"list_concat({t.sql_history(quoted(columns.history))}, {answer})",
        system=t.sql_string(columns.system),
        system_column=columns.system,
        parse=lambda row: t.read_alpaca(row, columns),
        required=(columns.prompt, columns.response),
        notes=(_ALPACA_NOTE, *notes),
    )


def _segments() -> Shape:
    return Shape(
        name="segments",
        columns={"segments": ListOf({"label": "BOOLEAN", "text": "VARCHAR"})},
        turns=t.SQL_SEGMENTS,
        parse=t.read_segments,
        required=("segments",),
        notes=("segments carry their own markup, so no chat template is applied to them in training",),
    )


_PLAIN_NOTE: Final = (
    "plain prompt and completion: a trainer applies no chat template to them; they are audited as one user turn "
    "and its answer, with the `system` column, where there is one, as system message"
)

SHAPES: Final[dict[str, Shape]] = {
    shape.name: shape
    for shape in (
        _messages("messages"),
        _messages("openai"),
        _conversational_pair("prompt-completion", "completion"),
        _plain_pair("plain", "prompt", "completion", _PLAIN_NOTE),
        _conversational_pair("preference", "chosen"),
        _plain_pair("preference-plain", "prompt", "chosen", _PLAIN_NOTE),
        _messages("preference-implicit", "chosen"),
        sharegpt(),
        alpaca(),
        _segments(),
    )
}
"""Every shape by name; detection tries them by what a row holds."""


def shape_of(row: Row) -> str | None:
    """Say which shape one row is of, by its columns and their types; None where none fits."""
    keys = {key for key, value in row.items() if value is not None}
    for column in ("messages", "conversations", "conversation"):
        if column in keys and isinstance(row[column], list):
            return _shape_of_turns(row[column], column)
    if "chosen" in keys:
        if isinstance(row["chosen"], str):
            return "preference-plain" if "prompt" in keys else None
        return "preference" if isinstance(row.get("prompt"), list) else "preference-implicit"
    if {"prompt", "completion"} <= keys:
        return "prompt-completion" if isinstance(row["prompt"], list) else "plain"
    if {"instruction", "output"} <= keys:
        return "alpaca"
    return "segments" if "segments" in keys else None


def _shape_of_turns(turns: list[Any], column: str) -> str | None:
    first = next((turn for turn in turns if isinstance(turn, Mapping)), {})
    if "from" in first:
        return "sharegpt" if column == "conversations" else f"sharegpt:{column}"
    if "role" not in first and turns:
        return None
    if column != "messages":
        return f"messages:{column}"
    openai = any(
        isinstance(turn, Mapping) and ("weight" in turn or turn.get("role") == "developer") for turn in turns
    )
    return "openai" if openai else "messages"


def shape_named(name: str) -> Shape:
    """Return a shape by name; `messages:COLUMN` and `sharegpt:COLUMN` read another column than the usual one.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    base, _, column = name.partition(":")
    if column and base == "messages":
        return _messages(name, column)
    if column and base == "openai":
        return _messages(name, column)
    if column and base == "sharegpt":
        return sharegpt(name, column)
    if name not in SHAPES:
        raise UnknownNameError("shape", name, SHAPES)
    return SHAPES[name]
