"""A row's conversation with its words cut out: all that a template can depend on beside the system text.

Templates look at roles, at their order, at how content is written, at tools and at keys of a message. They do not look
at words. So the words of users, answers and tools are cut out, and rows that differ in words alone share a context.
What is kept as it stands: every word of a system or developer message, marks that templates look for in an answer,
keys nobody knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from builders.digest import canonical_json

WORD: Final = "\ue000"
"""Stands for words that were cut out."""

STAND_IN: Final = "wzqjxkvw"
"""What is rendered for words: the same for all of them, because templates drop some and keep others."""

_MARKS: Final = re.compile(r"(</?think(?:ing)?>|</?tool_response>|<\|[^|<>\s]{1,40}\|>|/(?:no_)?think\b)")
"""What templates look for in the words of users and answers."""

_LETTERS: Final = {"user": "u", "assistant": "a", "tool": "t"}
_ROLES: Final = {letter: role for role, letter in _LETTERS.items()}
_SYSTEM: Final = "s"
_FLAGS: Final = frozenset({"weight", "train", "training", "loss"})
_REASONING: Final = ("reasoning_content", "thinking", "reasoning")
_SPOKEN: Final = ("system", "developer")


def leads_plainly(message: Mapping[str, Any]) -> bool:
    """Return whether a message is a system message that its state and its text say everything of."""
    kept = _kept(message)
    return kept.pop("role", None) == "system" and (
        not kept or (kept.keys() == {"content"} and isinstance(kept["content"], str))
    )


def context_of(
    messages: Sequence[Mapping[str, Any]], turn: int, variables: Mapping[str, Any] | None = None
) -> str | None:
    """Return the context of one trained turn, as canonical JSON.

    Args:
        messages: The whole conversation.
        turn: The place of the trained turn in it, from 0.
        variables: What the row gives the template.

    Returns:
        None for one question and its answer, perhaps under a plain system message: the signature says all of those.
    """
    coded: list[str | dict[str, Any]] = []
    for place, message in enumerate(messages):
        found = _SYSTEM if place == 0 and leads_plainly(message) else _coded(message)
        if isinstance(found, str) and coded and isinstance(coded[-1], str):
            coded[-1] += found
        else:
            coded.append(found)
    if not variables and coded in (["ua"], ["sua"]):
        return None
    written: dict[str, Any] = {"m": coded, "t": turn}
    if variables:
        written["v"] = dict(variables)
    return canonical_json(written)


@dataclass(frozen=True)
class Conversation:
    """A context with stand-ins for the words that were cut out of it."""

    prompt: list[dict[str, Any]]
    """The messages before the trained turn."""
    whole: list[dict[str, Any]]
    """All messages."""
    variables: dict[str, Any]
    """What the row gives the template."""


def spelled(context: str, system: list[dict[str, Any]], question: str) -> Conversation:
    """Return a context's conversation.

    Args:
        context: What `context_of` returned.
        system: The plain system message, as a list of one, or of none where there is none.
        question: Stands for the words of the last user's message before the trained turn.
    """
    read = json.loads(context)
    messages: list[dict[str, Any]] = []
    for each in read["m"]:
        if not isinstance(each, str):
            messages.append(each)
            continue
        for letter in each:
            if letter == _SYSTEM:
                messages += system
            else:
                content = WORD if letter.islower() else ""
                messages.append({"role": _ROLES[letter.lower()], "content": content})
    turn: int = read["t"]
    asked = max((place for place in range(turn) if messages[place].get("role") == "user"), default=None)
    whole = [
        _spelled(message, question if place == asked else STAND_IN) for place, message in enumerate(messages)
    ]
    return Conversation(whole[:turn], whole, read.get("v", {}))


def first_stand_in(text: str) -> int | None:
    """Return where the first stand-in of a rendered context is, the question's aside; None where there is none."""
    found = text.find(STAND_IN)
    return None if found < 0 else found


def _spelled(value: Any, word: str) -> Any:  # noqa: ANN401
    """Return a value with a stand-in wherever words were cut out."""
    if isinstance(value, str):
        return value.replace(WORD, word)
    if isinstance(value, dict):
        return {_spelled(key, word): _spelled(item, word) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item, word) for item in value]
    return value


def _kept(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template is given of a message: null is left out, and no template reads a flag of a trainer's."""
    return {key: value for key, value in message.items() if value is not None and key not in _FLAGS}


def _coded(message: Mapping[str, Any]) -> str | dict[str, Any]:
    """Return a letter for a message of words alone, or the message with its words cut out."""
    kept = _kept(message)
    role = kept.get("role")
    if role in _SPOKEN:
        return kept
    if kept.keys() == {"role", "content"} and role in _LETTERS:
        content = cut(kept["content"]) if isinstance(kept["content"], str) else None
        if content in (WORD, ""):
            return _LETTERS[role] if content else _LETTERS[role].upper()
    return {key: _cut_value(key, value, role) for key, value in kept.items()}


def cut(text: str) -> str:
    """Return a text without its words: what templates look for stays."""
    if not _MARKS.search(text):
        return WORD if text.strip() else text
    parts = [part if number % 2 else _between(part) for number, part in enumerate(_MARKS.split(text))]
    return "".join(parts)


def _between(text: str) -> str:
    """Return a stretch between two marks without its words; templates strip the space around them."""
    words = text.strip()
    return text.replace(words, WORD) if words else text


def _cut_value(key: str, value: Any, role: Any) -> Any:  # noqa: ANN401
    if key == "content":
        return cut(value) if isinstance(value, str) else _cut_parts(value)
    if key == "tool_calls" and isinstance(value, list):
        return [_cut_call(call) for call in value]
    if key in _REASONING and isinstance(value, str):
        return cut(value)
    if key == "tool_call_id" and isinstance(value, str):
        return "x" * len(value)
    if key == "name" and role == "tool":
        return WORD
    return value


def _cut_parts(value: Any) -> Any:  # noqa: ANN401
    """Return parts of a content without their words: of a picture, its address is one."""
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, list):
        return [_cut_parts(part) for part in value]
    if isinstance(value, Mapping):
        return {key: item if key == "type" else _cut_parts(item) for key, item in value.items()}
    return value


def _cut_call(call: Any) -> Any:  # noqa: ANN401
    """Return a call of a tool without its words; templates look at how many there are and how they are written."""
    if not isinstance(call, Mapping):
        return call
    shaped: dict[str, Any] = {}
    for key, value in call.items():
        if key == "id" and isinstance(value, str):
            shaped[key] = "x" * len(value)
        elif key == "function" and isinstance(value, Mapping):
            shaped[key] = _cut_call(value)
        elif key == "name" and isinstance(value, str):
            shaped[key] = WORD
        elif key == "arguments":
            shaped[key] = _cut_arguments(value)
        else:
            shaped[key] = value
    return shaped


def _cut_arguments(value: Any) -> Any:  # noqa: ANN401
    """Return a call's arguments without their words; written as JSON text they stay so."""
    if not isinstance(value, str):
        return {WORD: WORD} if value else value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return WORD
    if not isinstance(read, dict):
        return WORD
    return json.dumps({WORD: WORD} if read else {}, ensure_ascii=False)


def spoken(context: str) -> list[str]:
    """Return what later system and developer messages say before the trained turn, as far as it is plain text."""
    read = json.loads(context)
    found: list[str] = []
    place = 0
    for each in read["m"]:
        if isinstance(each, str):
            place += len(each)
            continue
        if each.get("role") in _SPOKEN and place < read["t"] and isinstance(each.get("content"), str):
            found.append(each["content"])
        place += 1
    return found


def described(context: str | None, tools: str | None) -> str:
    """Return what a context is beside a system prompt and one question, in words; empty where it is nothing else."""
    said: list[str] = []
    if tools is not None:
        names = [_tool_name(tool) for tool in json.loads(tools)] if tools.startswith("[") else []
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        said.append(f"tools {', '.join(names[:3])}{more}" if names else "an empty list of tools")
    if context is not None:
        said += _described_turns(json.loads(context))
    return ", ".join(said)


def _tool_name(tool: Any) -> str:  # noqa: ANN401
    function = tool.get("function", tool) if isinstance(tool, Mapping) else None
    return str(function.get("name", "?")) if isinstance(function, Mapping) else "?"


def _described_turns(read: Mapping[str, Any]) -> list[str]:
    letters: list[str] = []
    for each in read["m"]:
        letters += list(each.lower()) if isinstance(each, str) else [_letter(each)]
    before = letters[: read["t"]]
    said = [f"{name} = {json.dumps(value)}" for name, value in sorted(read.get("v", {}).items())]
    if answers := before.count("a"):
        said.append("after an answer" if answers == 1 else f"after {answers} answers")
    if before[-1:] == ["t"]:
        said.append("after a tool's result")
    if "d" in before:
        said.append("a developer message")
    if "s" in before[1:]:
        said.append("a later system message")
    if "u" not in before:
        said.append("no user message")
    objects = [each for each in read["m"] if isinstance(each, dict)]
    if any(isinstance(each.get("content"), list) for each in objects):
        said.append("content in parts")
    return said or ["more turns to come"]


def _letter(message: Mapping[str, Any]) -> str:
    role = message.get("role")
    return {"developer": "d", "system": "s"}.get(str(role)) or _LETTERS.get(str(role), "?")
