"""LLaMA-Factory's `dataset_info.json`: how its converters read a row.

Written after llamafactory 0.9.5: `data/parser.py` (`DatasetAttr.join`) and `data/converter.py`. One thing there
surprises: as soon as an entry has `columns`, every column that it does not list is unset, the usual names included;
and the same of `tags`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import InputError
from builders.readers.problems import RowProblem
from builders.readers.trainers.keys import table_at, text_at, unfollowed
from builders.readers.trainers.llamafactory_keys import COLUMNS, COULD_MATTER, ENTRY, TAGS, TRAINING
from builders.readers.turns import Turn, read_text

TEMPLATES: Final = {"qwen": "qwen2.5", "llama3": "llama3", "chatml": "chatml"}
"""LLaMA-Factory's templates that give the same as ours (Llama 3's up to white space at the ends of turns)."""

_COLUMN_DEFAULTS: Final = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "messages": "conversations",
}
_TAG_DEFAULTS: Final = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
_SKIPPED: Final = "LLaMA-Factory leaves such a row out of training with no more than a warning"


@dataclass(frozen=True)
class Layout:
    """How LLaMA-Factory reads the rows of one data set."""

    formatting: str
    """`alpaca`, `sharegpt` or `openai`."""
    columns: Mapping[str, str | None]
    """What each column is called; None where it is not read."""
    tags: Mapping[str, str | None]
    """What the fields and speakers of a turn are called; None where unset."""
    ranking: bool
    """Whether rows hold a chosen and a rejected answer."""
    unfollowed: tuple[Unread, ...]
    """What the entry says and is not followed."""

    def turns(self, row: Mapping[str, Any]) -> list[Turn]:
        """Return a row's turns as LLaMA-Factory's converter takes them; what is not learnt is flagged so.

        Raises:
            RowProblem: if the row lacks a column, or LLaMA-Factory leaves it out.
        """
        turns = self._alpaca(row) if self.formatting == "alpaca" else self._sharegpt(row)
        tag = self.columns["kto_tag"]
        if tag is not None:
            desirable = self._cell(row, tag)
            if not isinstance(desirable, bool):
                raise RowProblem(f"'{tag}' is neither true nor false", help=_SKIPPED)
            return [
                turn.flagged(train=desirable and place == len(turns) - 1) for place, turn in enumerate(turns)
            ]
        if self.ranking:
            return [turn.flagged(train=place == len(turns) - 1) for place, turn in enumerate(turns)]
        return turns

    def columns_read(self) -> tuple[str, ...]:
        """Return the columns of the file that are read."""
        return tuple(dict.fromkeys(name for name in self.columns.values() if name is not None))

    def _chosen(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Return the answer to learn of a pair.

        Raises:
            RowProblem: if the row is no pair.
        """
        kind = str if self.formatting == "alpaca" else dict
        sides = [row.get(self.columns[side] or "") for side in ("chosen", "rejected")]
        if not all(isinstance(side, kind) for side in sides):
            raise RowProblem("the row has no chosen and rejected answer, and is to be ranked", help=_SKIPPED)
        return sides[0]

    def _cell(self, row: Mapping[str, Any], column: str) -> Any:  # noqa: ANN401
        if column not in row:
            raise RowProblem(f"the row has no '{column}', which its description names")
        return row[column]

    def _system(self, row: Mapping[str, Any]) -> list[Turn]:
        """Return the system message: an empty one is as good as none, which the template's default replaces."""
        column = self.columns["system"]
        said = self._cell(row, column) if column is not None else None
        return [] if not said else [read_text("system", said, column or "")]

    def _alpaca(self, row: Mapping[str, Any]) -> list[Turn]:
        turns = self._system(row)
        history = self.columns["history"]
        pairs = self._cell(row, history) if history else None
        for pair in pairs if isinstance(pairs, list) else []:
            if not isinstance(pair, list) or len(pair) != 2:
                raise RowProblem(f"'{history}' is no list of [user, assistant] pairs")
            turns += [read_text("user", pair[0], str(history)), read_text("assistant", pair[1], str(history))]
        asked = [
            str(read_text("user", cell, name).text)
            for name in (self.columns["prompt"], self.columns["query"])
            if name is not None and (cell := self._cell(row, name))
        ]
        turns.append(read_text("user", "\n".join(asked), "prompt"))
        answer = self.columns["response"]
        if self.ranking:
            return [*turns, read_text("assistant", self._chosen(row), "chosen")]
        if answer is None or not isinstance(row.get(answer), str):
            raise RowProblem(
                f"the row has no text under '{answer or 'response'}', so there is nothing to learn",
                help=_SKIPPED,
            )
        return [*turns, read_text("assistant", row[answer], answer)]

    def _sharegpt(self, row: Mapping[str, Any]) -> list[Turn]:
        column = self.columns["messages"]
        if column is None:
            raise RowProblem("the description's 'columns' names no 'messages'")
        entries = self._cell(row, column)
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise RowProblem(f"'{column}' is no list of turns")
        system_tag = self.tags["system_tag"]
        if system_tag and entries and self._field(entries[0], "role_tag") == system_tag:
            said, entries = self._field(entries[0], "content_tag"), entries[1:]
            turns = [] if not said else [read_text("system", said, column)]
        else:
            turns = self._system(row)
        if self.formatting == "openai":
            turns = self._thinking(turns, row)
        said_turns = self._aligned(entries, column)
        if not said_turns or len(said_turns) % 2 != (1 if self.ranking else 0):
            wanted = "an odd" if self.ranking else "an even"
            raise RowProblem(
                f"{column} has {len(said_turns)} turns, and {wanted} number is wanted", help=_SKIPPED
            )
        turns += said_turns
        if self.ranking:
            turns += self._aligned([self._chosen(row)], "chosen", first=1)
        return turns

    def _thinking(self, turns: list[Turn], row: Mapping[str, Any]) -> list[Turn]:
        """Return the system message as the converter of `openai` words it, whatever the model."""
        said = turns[0].text or "" if turns else ""
        tools = row.get(self.columns["tools"] or "")
        if said and tools:
            said += "\n"
        elif not tools and not any(mark in said for mark in (_THINKING_OFF, "detailed thinking on")):
            said = f"{said}\n{_THINKING_OFF}" if said else _THINKING_OFF
        return [read_text("system", said, "system")] if said else []

    def _aligned(self, entries: list[Any], column: str, first: int = 0) -> list[Turn]:
        """Return the turns after the system's: questions and answers by turns."""
        asking, answering = ("user_tag", "observation_tag"), ("assistant_tag", "function_tag")
        turns: list[Turn] = []
        for entry in self._merged(entries):
            accepted = answering if (len(turns) + first) % 2 else asking
            speaker = self._field(entry, "role_tag")
            if speaker not in [self.tags[tag] for tag in accepted]:
                raise RowProblem(
                    f"{column}[{len(turns) + 1}] is said by {speaker!r} where "
                    f"{' or '.join(repr(self.tags[tag]) for tag in accepted)} is expected",
                    help=_SKIPPED,
                )
            role = {"user_tag": "user", "observation_tag": "tool"}.get(
                next(tag for tag in accepted if self.tags[tag] == speaker), "assistant"
            )
            turns.append(read_text(role, self._field(entry, "content_tag"), column))
        return turns

    def _merged(self, entries: list[Any]) -> list[Mapping[str, Any]]:
        """Return the entries; of openai's, tool calls are text of their own, and tools' answers in a row are one."""
        if self.formatting != "openai":
            return entries
        found: list[Mapping[str, Any]] = []
        answers: list[str] = []
        role, content = str(self.tags["role_tag"]), str(self.tags["content_tag"])
        for entry in entries:
            if entry.get(role) == self.tags["observation_tag"]:
                answers.append(str(entry.get(content)))
                continue
            if answers:
                found.append({role: self.tags["observation_tag"], content: _JOIN.join(answers)})
                answers = []
            calls = entry.get("tool_calls")
            if calls and entry.get(role) in (self.tags["assistant_tag"], self.tags["function_tag"]):
                called = [
                    call["function"] for call in calls if isinstance(call, Mapping) and "function" in call
                ]
                entry = {role: self.tags["function_tag"], content: json.dumps(called, ensure_ascii=False)}  # noqa: PLW2901
            found.append(entry)
        return found

    def _field(self, entry: Any, tag: str) -> Any:  # noqa: ANN401
        name = self.tags[tag]
        if not isinstance(entry, Mapping) or name not in entry:
            raise RowProblem(f"a turn has no '{name}', which the description's '{tag}' names")
        return entry[name]


_THINKING_OFF: Final = "detailed thinking off"
_JOIN: Final = "\n</tool_response>\n<tool_response>\n"


def layout(entry: Mapping[str, Any], *, where: str) -> Layout:
    """Return how LLaMA-Factory reads the data set of one entry.

    Args:
        entry: The entry.
        where: What errors call it.

    Raises:
        InputError: if the entry cannot be followed at all.
    """
    formatting = text_at(entry, "formatting", "alpaca", where=where) or "alpaca"
    if formatting not in ("alpaca", "sharegpt", "openai"):
        raise InputError(
            f"has formatting '{formatting}'", where=where, help="known are alpaca, sharegpt and openai"
        )
    listed = table_at(entry, "columns", where=where)
    columns = {
        key.name: text_at(
            listed or {},
            key.name,
            None if listed is not None else _COLUMN_DEFAULTS.get(key.name),
            where=where,
        )
        for key in COLUMNS
    }
    if entry.get("ranking") and columns["kto_tag"] is not None:
        raise InputError("has ranking and kto_tag, and a row is one or the other", where=where)
    named = table_at(entry, "tags", where=where)
    tags = {
        key.name: text_at(
            named or {}, key.name, None if named is not None else _TAG_DEFAULTS[key.name], where=where
        )
        for key in TAGS
    }
    return Layout(
        formatting,
        columns,
        tags,
        bool(entry.get("ranking")),
        (
            *unfollowed(entry, ENTRY),
            *unfollowed(listed or {}, COLUMNS, within="columns"),
            *unfollowed(named or {}, TAGS, within="tags"),
        ),
    )


def training_unfollowed(config: Mapping[str, Any]) -> tuple[Unread, ...]:
    """Return what a training file says and is not followed."""
    known = {key.name for key in TRAINING}
    relevant = {
        name: value
        for name, value in config.items()
        if (str(name) in known or COULD_MATTER.search(str(name)))
    }
    return unfollowed(relevant, TRAINING)
