"""Turns of a conversation, in SQL and in Python: one normalised role and one text each.

Content may be a string, a list of parts, or nothing beside tool calls. Its text is the string; or the parts'
texts on end, a part that is no text as its JSON; and then the tool calls' JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from builders.readers.problems import (
    NO_CONTENT,
    NO_CONVERSATION,
    SENTENCES,
    UNKNOWN_ROLE,
    RowProblem,
)
from builders.readers.strictjson import kind
from builders.sql import literal, one_of, quoted

ROLES: Final[dict[str, str]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "ipython": "tool",
}
"""Role as written in `messages` -> what it is to us."""

SHAREGPT_ROLES: Final[dict[str, str]] = ROLES | {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "observation": "tool",
}


@dataclass(frozen=True)
class Turn:
    """One message."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    text: str | None
    """None where the content is null."""
    message: dict[str, Any]
    """As a trainer's renderer takes it: role, content and what else the row says."""
    given: bool = False
    """Whether it stands in the row's prompt, before what is to be learnt."""
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else the row says of it that no renderer takes: a label of its own may be there."""

    def own(self, key: str) -> Any:  # noqa: ANN401
        """Return what the row says of this turn under a key; None where it says nothing."""
        return self.message.get(key, self.beside.get(key))

    def flagged(self, *, train: bool) -> Turn:
        """Return the turn with a flag that says whether it is trained."""
        return Turn(self.role, self.text, {**self.message, "train": train})


@dataclass(frozen=True)
class Tags:
    """What a ShareGPT-like file calls the two fields of a turn, and its roles."""

    role: str = "from"
    content: str = "value"
    roles: tuple[tuple[str, str], ...] = tuple(SHAREGPT_ROLES.items())


SHAREGPT: Final = Tags()


@dataclass(frozen=True)
class AlpacaColumns:
    """What an Alpaca-like file calls its columns."""

    prompt: str = "instruction"
    query: str = "input"
    response: str = "output"
    system: str = "system"
    history: str = "history"


ALPACA: Final = AlpacaColumns()


# The same in SQL -------------------------------------------------------------------------------------------


def sql_content(value: str) -> str:
    """SQL for the text of a JSON content: a string or a list of parts; NULL for anything else."""
    parts = (
        f"array_to_string(list_transform(from_json({value}, '[\"JSON\"]'), lambda p: CASE "
        "WHEN json_type(p) = 'OBJECT' AND json_type(p, '$.text') = 'VARCHAR' THEN p->>'$.text' "
        "WHEN json_type(p) = 'VARCHAR' THEN p->>'$' ELSE p::VARCHAR END), '')"
    )
    return (
        f"CASE WHEN starts_with({value}::VARCHAR, '\"') THEN {value}->>'$' "
        f"WHEN starts_with({value}::VARCHAR, '[') THEN {parts} END"
    )


def sql_string(column: str) -> str:
    """SQL for a JSON column that must hold a string; NULL for anything else."""
    return f"CASE WHEN starts_with({quoted(column)}::VARCHAR, '\"') THEN {quoted(column)}->>'$' END"


def sql_roles(value: str, roles: Mapping[str, str]) -> str:
    """SQL that normalises a role; an unknown one becomes `?`."""
    same = [name for name, role in roles.items() if name == role]
    others = [(name, role) for name, role in roles.items() if name != role]
    arms = "".join(f" WHEN {value} = {literal(name)} THEN {literal(role)}" for name, role in others)
    return f"CASE WHEN {one_of(value, same)} THEN {value}{arms} ELSE '?' END"


PLAIN_ROLES: Final = ("system", "user", "assistant")
"""The roles of a message that is said in full by its role and its text."""


def sql_messages(column: str, extras: Sequence[str] = ()) -> str:
    """SQL for the turns of a column of messages.

    The role is `?` where a message is more than its role and a string (or null, of a system message): such a row is
    taken apart in Python.

    Args:
        column: SQL of the column.
        extras: Keys beside role, content and tool_calls that messages were seen to have.
    """
    plain = " AND ".join(
        [
            one_of("m.role", PLAIN_ROLES),
            "(starts_with(m.content::VARCHAR, '\"') OR m.content IS NULL)",
            *(f"m.{quoted(name)} IS NULL" for name in ("tool_calls", *extras)),
        ]
    )
    return (
        f"list_transform({column}, lambda m: {{'r': CASE WHEN {plain} THEN m.role ELSE '?' END, "
        "'t': CASE WHEN starts_with(m.content::VARCHAR, '\"') THEN m.content->>'$' END})"
    )


def _sql_unclear(text: str) -> str:
    """SQL that is true where a text may be the JSON of something else; comparing texts is the engine's cheapest way."""
    return (
        f"coalesce(CASE WHEN {text} >= ':' AND {text} < '[' THEN {one_of(text, ('NaN', 'Infinity'))} "
        f"WHEN {text} >= '\\' AND {text} < '{{' THEN {one_of(text, ('true', 'false', 'nan', 'inf'))} "
        f"WHEN {text} < ':' THEN TRY_CAST({text} AS DOUBLE) IS NOT NULL ELSE {text} < '|' END, false)"
    )


_TAKEN: Final = ('"audit first"', '"audit user"', '"audit target"', '"audit count"')
"""Names that no column of a file has."""


@dataclass(frozen=True)
class Exchange:
    """SQL for a row of one question and its answer, perhaps under a system message, by the messages' places.

    Nearly all training data are such rows, and places cost the engine far less than functions over lists.
    """

    first: str
    """The first message: the system message or the user's."""
    user: str
    """The user's message."""
    target: str
    """The assistant's message."""
    count: str
    """How many messages there are."""
    extras: tuple[str, ...] = ()
    """Keys that a message of such a row has not, or null."""

    @property
    def taken(self) -> str:
        """SQL for the messages and their number under names of our own."""
        parts = (self.first, self.user, self.target, self.count)
        return ", ".join(f"{sql} AS {name}" for sql, name in zip(parts, _TAKEN, strict=True))

    @property
    def by_name(self) -> Exchange:
        """The same once they are taken under those names."""
        first, user, target, count = _TAKEN
        return Exchange(first, user, target, count, self.extras)

    @property
    def leads(self) -> str:
        """SQL that is true for such a row if it has a system message."""
        return f"{self.count} = 3"

    @property
    def holds(self) -> str:
        """SQL that is true for such a row, if all its contents are surely strings."""
        parts = (self.first, self.user, self.target)
        wanted = [
            f"{self.user}.role = 'user'",
            f"{self.target}.role = 'assistant'",
            f"({self.count} = 2 OR {self.leads} AND {self.first}.role = 'system')",
            f"{self.user}.content IS NOT NULL",
            f"{self.target}.content IS NOT NULL",
            *(f"{part}.{quoted(name)} IS NULL" for part in parts for name in ("tool_calls", *self.extras)),
        ]
        return f"coalesce({' AND '.join(wanted)}, false)"

    @property
    def unclear(self) -> str:
        """SQL that is true where a content may be no string but the JSON of something else."""
        return f"({' OR '.join(_sql_unclear(f'{part}.content') for part in (self.first, self.user, self.target))})"


def sql_texts(*turns: tuple[str, str]) -> str:
    """SQL for turns whose texts stand in columns of their own."""
    return "[" + ", ".join(f"{{'r': {literal(role)}, 't': {text}}}" for role, text in turns) + "]"


def sql_sharegpt(column: str, tags: Tags) -> str:
    """SQL for the turns of a ShareGPT column."""
    content = f"m.{quoted(tags.content)}"
    text = sql_content(content)
    strange = f"{text} IS NULL AND coalesce({content}::VARCHAR, 'null') <> 'null'"
    role = sql_roles(f"m.{quoted(tags.role)}", dict(tags.roles))
    return f"list_transform({column}, lambda m: {{'r': CASE WHEN {strange} THEN '?' ELSE {role} END, 't': {text}}})"


def sql_history(column: str) -> str:
    """SQL for the turns of a column of [user, assistant] pairs."""
    pairs = (
        f"list_transform({column}, lambda h: [{{'r': 'user', 't': h[1]}}, {{'r': 'assistant', 't': h[2]}}])"
    )
    return f"coalesce(flatten({pairs}), [])"


SQL_SEGMENTS: Final = (
    "[{'r': 'user', 't': array_to_string(list_transform(segments[:-2], lambda s: s.text), '')}, "
    "{'r': CASE WHEN segments[-1].label THEN 'assistant' ELSE 'user' END, 't': segments[-1].text}]"
)


# The same in Python ----------------------------------------------------------------------------------------


def content_text(content: object) -> str | None:
    """Return the text of a message's content; None for null.

    Raises:
        RowProblem: if it is neither a string, a list of parts nor null.
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_part_text(part) for part in content)
    raise RowProblem(f"content is {kind(content)}, expected a string", help=SENTENCES[NO_CONTENT][1])


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return str(part["text"])
    return compact(part)


def compact(value: object) -> str:
    """Return JSON as the engine writes it: no spaces, unescaped, keys in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_messages(value: object, column: str, *, given: bool = False) -> list[Turn]:
    """Read a column of messages.

    Args:
        value: The cell.
        column: What errors call it.
        given: Whether it is the row's prompt.

    Raises:
        RowProblem: if it is no list of messages with known roles and readable content.
    """
    turns = [_message(entry, column, place) for place, entry in enumerate(_entries(value, column), start=1)]
    return [replace(turn, given=True) for turn in turns] if given else turns


def _entries(value: object, column: str) -> list[Mapping[str, Any]]:
    if value is None:
        raise RowProblem(f"the row has no '{column}'", help=SENTENCES[NO_CONVERSATION][1])
    if not isinstance(value, list):
        raise RowProblem(
            f"'{column}' is {kind(value)}, expected a list of messages", help=SENTENCES[NO_CONVERSATION][1]
        )
    for place, entry in enumerate(value, start=1):
        if not isinstance(entry, Mapping):
            raise RowProblem(f"{column}[{place}] is {kind(entry)}, expected an object with role and content")
    return value


def _message(entry: Mapping[str, Any], column: str, place: int) -> Turn:
    role = _role(entry.get("role"), ROLES, column, place)
    text = content_text(entry.get("content"))
    if entry.get("tool_calls") is not None:
        calls = entry["tool_calls"]
        text = (text or "") + (compact(calls) if calls else "")
    return Turn(role, text, dict(entry))


def _role(value: object, roles: Mapping[str, str], column: str, place: int) -> str:
    if isinstance(value, str) and value in roles:
        return roles[value]
    raise RowProblem(
        f"{column}[{place}] has role {compact(value)}, expected one of {', '.join(roles)}",
        help=SENTENCES[UNKNOWN_ROLE][1],
    )


def read_system(value: object) -> list[Turn]:
    """Read a `system` column: nothing where it is missing or null, else a system turn."""
    return [] if value is None else [read_text("system", value, "system")]


def read_text(role: str, value: object, column: str) -> Turn:
    """Read a column that holds one turn's text.

    Raises:
        RowProblem: if it is no string.
    """
    if not isinstance(value, str):
        raise RowProblem(
            f"'{column}' is {kind(value) if value is not None else 'missing or null'}, expected a string",
            help="a column must hold one type in all rows: mend these rows or split the file",
        )
    return Turn(role, value, {"role": role, "content": value})


def read_sharegpt(value: object, column: str, tags: Tags) -> list[Turn]:
    """Read a ShareGPT column.

    Raises:
        RowProblem: if it is no list of turns with known speakers.
    """
    turns: list[Turn] = []
    for place, entry in enumerate(_entries(value, column), start=1):
        role = _role(entry.get(tags.role), dict(tags.roles), column, place)
        text = content_text(entry.get(tags.content))
        turns.append(Turn(role, text, {"role": role, "content": text}, beside=entry))
    return turns


def read_alpaca(row: Mapping[str, Any], columns: AlpacaColumns) -> list[Turn]:
    """Read an Alpaca row: instruction and input make the user's turn, history the turns before.

    Raises:
        RowProblem: if a column is no string, or history no list of pairs.
    """
    turns = read_system(row.get(columns.system))
    for pair in row.get(columns.history) or []:
        if not isinstance(pair, list) or len(pair) != 2:
            raise RowProblem(f"'{columns.history}' is no list of [user, assistant] pairs")
        turns += [
            read_text("user", pair[0], columns.history),
            read_text("assistant", pair[1], columns.history),
        ]
    user = read_text("user", row.get(columns.prompt), columns.prompt)
    if row.get(columns.query) is not None:
        extra = read_text("user", row[columns.query], columns.query).text
        user = read_text("user", f"{user.text}\n{extra}" if extra else user.text, columns.prompt)
    return [*turns, user, read_text("assistant", row.get(columns.response), columns.response)]


def read_segments(row: Mapping[str, Any]) -> list[Turn]:
    """Read Axolotl's input_output segments: the last one is the target and must be trained on.

    Raises:
        RowProblem: if they are no list of labelled texts.
    """
    segments = _entries(row.get("segments"), "segments")
    texts = [read_text("user", segment.get("text"), "segments").text or "" for segment in segments]
    role = "assistant" if segments and segments[-1].get("label") is True else "user"
    before, last = "".join(texts[:-1]), texts[-1] if texts else None
    return [read_text("user", before, "segments"), read_text(role, last, "segments")]
