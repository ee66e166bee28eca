"""How ms-swift reads a row: its columns are found by their names, and renamed.

Written after ms-swift 4.6.0: `dataset/preprocessor/core.py`, `arguments/base_args/*.py` and `loss_scale/base.py`.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import InputError
from builders.readers.problems import RowProblem
from builders.readers.trainers.keys import unfollowed
from builders.readers.trainers.swift_keys import CONFIG, COULD_MATTER
from builders.readers.turns import Turn, compact, read_text

_HARMLESS: Final = re.compile(
    r"dataset_(num_proc|shuffle|id)|val_dataset_shuffle|load_from_cache|loss_type|eval_|push_"
)

_TURNS: Final = ("conversation", "conversations", "messages")
_SYSTEM: Final = ("system", "system_prompt")
_QUERY: Final = ("query", "prompt", "input", "instruction", "question", "problem")
_RESPONSE: Final = (
    *("response", "answer", "output", "targets", "target", "answer_key", "answers", "solution"),
    *("text", "completion", "content"),
)
_SPEAKERS: Final = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "system": "system",
    "tool": "tool",
    "tool_response": "tool",
    "function_response": "tool",
    "observation": "tool",
    "observations": "tool",
    "tool_call": "assistant",
    "function_call": "assistant",
}


@dataclass(frozen=True)
class Layout:
    """How ms-swift reads the rows of one data set."""

    form: str
    """`messages`, `alpaca` or `response`."""
    names: Mapping[str, str]
    """ms-swift's name of a column -> the file's."""
    system: str | None
    """The system prompt of rows without one."""
    last_round: bool
    """Whether the last round alone is trained."""
    unfollowed: tuple[Unread, ...] = ()
    """What a configuration says and is not followed."""

    @property
    def preference(self) -> bool:
        """Whether rows are pairs of answers."""
        return bool({"rejected_response", "rejected_messages"} & self.names.keys())

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file that are read."""
        return tuple(self.names.values())

    def turns(self, row: Mapping[str, Any]) -> list[Turn]:
        """Return a row's turns; those that are not learnt are flagged so.

        Raises:
            RowProblem: if ms-swift could not read the row.
        """
        turns = self._messages(row) if self.form == "messages" else self._pairs(row)
        if self.system is not None and not any(turn.role == "system" for turn in turns[:1]):
            turns.insert(0, read_text("system", self.system, "system"))
        if self._cell(row, "label") is False:
            return [turn.flagged(train=False) for turn in turns]
        if self.last_round or self.preference:
            last = max((place for place, turn in enumerate(turns) if turn.role == "user"), default=-1)
            turns = [
                turn if place > last or _says(turn) else turn.flagged(train=False)
                for place, turn in enumerate(turns)
            ]
        return turns

    def _cell(self, row: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
        column = self.names.get(name)
        return None if column is None else row.get(column)

    def _messages(self, row: Mapping[str, Any]) -> list[Turn]:
        entries = self._cell(row, "messages")
        if isinstance(entries, str):
            try:
                entries = json.loads(entries)
            except (ValueError, RecursionError) as error:
                raise RowProblem("'messages' is no list of turns") from error
        if (
            not isinstance(entries, list)
            or not entries
            or not all(isinstance(each, Mapping) for each in entries)
        ):
            raise RowProblem("'messages' is no list of turns")
        if not {"role", "from", "content"} & entries[0].keys():
            return self._questions(entries, row)
        turns = [_turn(entry, place) for place, entry in enumerate(entries, start=1)]
        said = self._cell(row, "system")
        if turns[0].role != "system" and said is not None:
            turns.insert(0, read_text("system", said, "system"))
        return turns

    def _questions(self, entries: list[Mapping[str, Any]], row: Mapping[str, Any]) -> list[Turn]:
        """Return the turns of entries that hold a question and its answer each."""
        said = self._cell(row, "system")
        turns = [] if said is None else [read_text("system", said, "system")]
        for entry in entries:
            asked = next((entry[key] for key in ("user", "human") if key in entry), None)
            answer = next((entry[key] for key in ("assistant", "gpt", "bot") if key in entry), None)
            turns += [read_text("user", asked, "messages"), read_text("assistant", answer, "messages")]
        return turns

    def _pairs(self, row: Mapping[str, Any]) -> list[Turn]:
        history: Any = self._cell(row, "history") or []
        if isinstance(history, str):
            try:
                history = ast.literal_eval(history)
            except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
                raise RowProblem("'history' is no list of [question, answer] pairs") from error
        answer = self._cell(row, "response")
        if isinstance(answer, list):
            answer = answer[0] if answer else None
        query = self._cell(row, "query")
        if self.form == "alpaca":
            parts = [self._cell(row, name) for name in ("instruction", "input")]
            query = "\n".join(part for part in parts if part) if any(parts) else query
        said = self._cell(row, "system")
        turns = [] if said is None else [read_text("system", said, "system")]
        for pair in [*history, [query, answer]]:
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise RowProblem("'history' is no list of [question, answer] pairs")
            turns += [
                read_text(role, text, role)
                for role, text in zip(("user", "assistant"), pair, strict=True)
                if text is not None
            ]
        return turns


def layout(columns: Collection[str], config: Mapping[str, Any] | None = None, *, where: str) -> Layout:
    """Return how ms-swift reads a data set.

    Args:
        columns: The data set's columns.
        config: The arguments, as ms-swift's own files hold them.
        where: What errors call them.

    Raises:
        InputError: if something cannot be followed at all.
    """
    config = config or {}
    renamed = _given_names(config.get("columns"), where)
    seen = {renamed.get(name, name): name for name in columns}
    form = "messages" if set(_TURNS) & seen.keys() else "response"
    if form == "response" and {"instruction", "input"} <= seen.keys():
        form = "alpaca"
    groups: dict[str, tuple[str, ...]] = {"system": _SYSTEM}
    groups |= {"messages": _TURNS} if form == "messages" else {"query": _QUERY, "response": _RESPONSE}
    if config.get("disable_auto_column_mapping"):
        groups = {name: (name,) for name in groups}
    names = _renamed(seen, groups)
    others = ("history", "rejected_response", "rejected_messages", "label", "instruction", "input")
    names |= {name: seen[name] for name in others if name in seen}
    scale = str(config.get("loss_scale") or "default")
    base = next((each for each in scale.split("+") if each in ("default", "last_round", "all")), "default")
    found = [*_unfollowed(config)]
    if scale not in ("default", "last_round"):
        found.append(Unread("loss_scale", f"it is {scale}, of which `{base}` alone is followed"))
    kind = config.get("rlhf_type")
    if kind not in (None, "dpo", "orpo", "simpo", "cpo", "rm", "kto"):
        raise InputError(f"trains with rlhf_type: {kind}, which is not followed", where=where)
    system = config.get("system")
    if system is not None and not isinstance(system, str):
        raise InputError(f"'system' is {system!r}, expected a text", where=where)
    if system and system.endswith(".txt"):
        found.append(Unread("system", "it names a file, which is not read"))
        system = None
    return Layout(form, names, system, base == "last_round" or kind is not None, tuple(found))


def _given_names(columns: object, where: str) -> dict[str, str]:
    """Return the file's name of a column -> ms-swift's, as the argument says."""
    if isinstance(columns, str):
        try:
            columns = json.loads(columns)
        except (ValueError, RecursionError) as error:
            raise InputError("'columns' is no JSON object", where=where) from error
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        raise InputError("'columns' is no object", where=where)
    return {str(name): str(new) for name, new in columns.items()}


def _renamed(seen: Mapping[str, str], groups: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return ms-swift's names: where two columns would get one name, neither does, and only its own counts."""
    lower = {name.lower(): name for name in seen}
    meant = {lower[each]: new for new, group in groups.items() for each in group if each in lower}
    counts = Counter(meant.values())
    found = {new: seen[name] for name, new in meant.items() if counts[new] == 1}
    return found | {new: seen[new] for new in groups if new in seen}


def _unfollowed(config: Mapping[str, Any]) -> tuple[Unread, ...]:
    known = {key.name for key in CONFIG}
    relevant = {
        name: value
        for name, value in config.items()
        if str(name) in known or (COULD_MATTER.search(str(name)) and not _HARMLESS.search(str(name)))
    }
    return unfollowed(relevant, CONFIG)


def _turn(entry: Mapping[str, Any], place: int) -> Turn:
    speaker = entry.get("role", entry.get("from"))
    role = _SPEAKERS.get(str(speaker).replace("-", "_"))
    content = entry.get("content", entry.get("value"))
    if role is None or content is None:
        raise RowProblem(
            f"messages[{place}] is said by {speaker!r}"
            if role is None
            else f"messages[{place}] has no content"
        )
    text = content if isinstance(content, str) else compact(content)
    turn = Turn(role, text, {"role": role, "content": text})
    loss, scale = entry.get("loss"), entry.get("loss_scale")
    if loss is None and scale is None:
        return turn
    flags = [bool(each) for each in (loss if isinstance(loss, list) else [loss]) if each is not None]
    scales = [each != 0 for each in (scale if isinstance(scale, list) else [scale]) if each is not None]
    return turn.flagged(train=(any(flags) if flags else True) and (any(scales) if scales else True))


def _says(turn: Turn) -> bool:
    """Return whether a turn's own flag says that it is trained, which goes before the round."""
    return turn.message.get("train") is True
