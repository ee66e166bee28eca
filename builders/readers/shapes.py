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
from builders.readers.preferences import (
    read_conversations,
    read_texts,
    read_unpaired,
    sides_of,
)
from builders.readers.turns import Turn
from builders.sql import quoted
from builders.templates.model import ChatTemplate

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
    preference: bool = False
    """Whether rows are answers to be preferred or not: what is pushed away is not taught."""
    also: tuple[str, ...] = ()
    """Columns that are read in Python alone."""
    tools: str | None = "tools"
    """The column of tools; None where none is read."""
    template: ChatTemplate | None = None
    """What its rows are rendered with, whatever the model: texts on end, for one."""


NO_TURNS: Final = "NULL::STRUCT(r VARCHAR, t VARCHAR)[]"
"""SQL of a shape whose rows are all read in Python."""


def in_python(
    name: str,
    parse: Callable[[Row], list[Turn]],
    *,
    reads: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    preference: bool = False,
    tools: str | None = "tools",
) -> Shape:
    """Return a shape that the engine leaves to Python: slower, and as exact as the trainer that it follows.

    Args:
        name: What notes call it.
        parse: A row's turns; raises `RowProblem`.
        reads: Columns that it reads beside those that a row must have.
        required: Columns without which a row cannot be of this shape.
        notes: What is to be announced.
        preference: Whether rows are answers to be preferred or not.
        tools: The column of tools.
    """
    return Shape(
        name,
        {},
        NO_TURNS,
        parse,
        required=required,
        notes=notes,
        preference=preference,
        also=(*required, *reads),
        tools=tools,
    )


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

_TEXT_NOTE: Final = (
    "chosen and rejected are whole texts: what they begin with together is read as the prompt, as TRL does; no chat "
    "template is applied in training"
)
_UNPAIRED_NOTE: Final = (
    "rows are read as TRL's KTO reads them: where `label` is false the answer is pushed away, and so not taught; "
    "--shape prompt-completion or plain reads them without that"
)


def _implicit(name: str, chosen: str, rejected: str) -> Shape:
    """Return the shape of pairs of whole conversations."""
    plain = _messages(name, chosen)

    def parse(row: Row) -> list[Turn]:
        return read_conversations(row, chosen, rejected)

    def noticing(seen: tuple[str, ...]) -> Shape:
        noticed = _messages(name, chosen, seen)
        return replace(noticed, parse=parse, preference=True, also=(rejected,))

    return replace(plain, parse=parse, noticing=noticing, preference=True, also=(rejected,))


def _whole_texts(name: str, chosen: str, rejected: str) -> Shape:
    found = in_python(
        name,
        lambda row: read_texts(row, chosen, rejected),
        required=(chosen, rejected),
        notes=(_TEXT_NOTE,),
        preference=True,
    )
    return replace(found, template=ON_END)


ON_END: Final = ChatTemplate(
    "none",
    "{% for m in messages %}{{ m.content }}{% endfor %}",
    origin="texts on end, as they are trained on without a chat template",
    of_text=True,
)
"""No template at all."""


SHAPES: Final[dict[str, Shape]] = {
    shape.name: shape
    for shape in (
        _messages("messages"),
        _messages("openai"),
        _conversational_pair("prompt-completion", "completion"),
        _plain_pair("plain", "prompt", "completion", _PLAIN_NOTE),
        replace(_conversational_pair("preference", "chosen"), preference=True),
        replace(_plain_pair("preference-plain", "prompt", "chosen", _PLAIN_NOTE), preference=True),
        _implicit("preference-implicit", "chosen", "rejected"),
        _whole_texts("preference-text", "chosen", "rejected"),
        in_python(
            "unpaired",
            lambda row: read_unpaired(row, "prompt", "completion", "label"),
            required=("prompt", "completion", "label"),
            notes=(_UNPAIRED_NOTE,),
            preference=True,
        ),
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
    if (sides := sides_of(row)) is not None or "chosen" in keys:
        return _shape_of_pair(row, keys, *(sides or ("chosen", "rejected")))
    if {"prompt", "completion", "label"} <= keys and isinstance(row["label"], bool):
        return "unpaired"
    if {"prompt", "completion"} <= keys:
        return "prompt-completion" if isinstance(row["prompt"], list) else "plain"
    if {"instruction", "output"} <= keys:
        return "alpaca"
    return "segments" if "segments" in keys else None


def _shape_of_pair(row: Row, keys: set[str], chosen: str, rejected: str) -> str | None:
    usual = "" if chosen == "chosen" else f":{chosen},{rejected}"
    if isinstance(row[chosen], str):
        if "prompt" in keys:
            return f"preference-plain:{chosen}" if usual else "preference-plain"
        return f"preference-text{usual}" if isinstance(row.get(rejected), str) else None
    if isinstance(row.get("prompt"), list) and not usual:
        return "preference"
    return f"preference-implicit{usual}"


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
    if column and base == "preference-plain":
        return replace(_plain_pair(name, "prompt", column, _PLAIN_NOTE), preference=True)
    if "," in column and base in ("preference-implicit", "preference-text"):
        chosen, _, rejected = column.partition(",")
        return (_implicit if base == "preference-implicit" else _whole_texts)(name, chosen, rejected)
    if name not in SHAPES:
        raise UnknownNameError("shape", name, SHAPES)
    return SHAPES[name]
