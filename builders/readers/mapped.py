"""A column map: what the columns of a file are to be read as, where no trainer's usual names say it.

`--columns system=persona_text` puts a column in front of the turns that are found as ever; `prompt=question` and
`response=answer`, or `messages=talk.turns`, say where the conversation itself stands. Dots lead into objects.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from builders.errors import InputError, UnknownNameError
from builders.labels.labelers import nested_in
from builders.readers import turns as t
from builders.readers.problems import RowProblem
from builders.readers.shapes import Shape, in_python
from builders.readers.turns import Turn

PARTS: Final = ("messages", "system", "prompt", "response", "tools")
"""What a column can be read as."""


def parse_columns(given: Iterable[str]) -> dict[str, str]:
    """Read ``PART=COLUMN`` pairs.

    Raises:
        UnknownNameError: if a part is none.
        InputError: if there is no column, or a part is given twice.
    """
    found: dict[str, str] = {}
    for pair in given:
        part, equals, column = pair.partition("=")
        if part not in PARTS:
            raise UnknownNameError("part of a row", part, PARTS, where="--columns")
        if not equals or not column:
            raise InputError(f"'{pair}' names no column", where="--columns", help=f"write {part}=COLUMN")
        if part in found:
            raise InputError(f"{part} is given twice", where="--columns")
        found[part] = column
    return found


_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "prompt": (
        *("prompt", "question", "query", "instruction", "input", "user", "user_message", "user_prompt"),
        *("user_input", "problem"),
    ),
    "response": (
        *("response", "answer", "completion", "output", "target", "assistant", "reply", "solution"),
        *("model_response", "assistant_response", "assistant_message", "model_output", "generation"),
    ),
    "system": ("system", "system_prompt", "system_message", "persona_prompt", "sys_prompt"),
}
"""What columns of these parts are called in public files, the likeliest first."""


def likely_columns(rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the options that would map the columns of some rows by their names; None where names do not say it.

    Only proposed, never done: a column called `input` may be something else than the user's text.
    """
    texts = {name for row in rows for name, value in row.items() if isinstance(value, str)}
    by_name = {name.lower(): name for name in sorted(texts)}
    found = {
        part: next((by_name[name] for name in names if name in by_name), None)
        for part, names in _USUAL.items()
    }
    if found["prompt"] is None or found["response"] is None:
        return None
    return " ".join(
        f"--columns {shlex.quote(f'{part}={column}')}" for part, column in found.items() if column
    )


def says_all(columns: Mapping[str, str]) -> bool:
    """Say whether a map names the whole conversation, so that no shape has to be found."""
    return "messages" in columns or {"prompt", "response"} <= columns.keys()


def mapped(base: Shape | None, columns: Mapping[str, str], seen: Collection[str]) -> Shape:
    """Return a shape with some of its parts in other columns.

    Args:
        base: What the rows are read as otherwise; None where the map says all.
        columns: Part -> column, or keys inside one with dots between.
        seen: The columns that rows have.

    Raises:
        InputError: if a column is not there, or parts are missing or contradict each other.
    """
    places = {part: nested_in(name, seen) for part, name in columns.items()}
    for part, (column, _) in places.items():
        if seen and column not in seen:
            raise InputError(
                f"there is no column '{columns[part]}' in the first rows",
                where=f"--columns {part}={columns[part]}",
                help="columns there: " + ", ".join(sorted(seen)[:20]),
            )
    if "messages" in places and {"prompt", "response"} & places.keys():
        raise InputError(
            "messages are the whole conversation", where="--columns", help="leave out the others"
        )
    if len({"prompt", "response"} & places.keys()) == 1:
        raise InputError("prompt and response go together", where="--columns", help="name both columns")

    def parse(row: Mapping[str, Any]) -> list[Turn]:
        cells = {part: _inside(row.get(column), path) for part, (column, path) in places.items()}
        if "messages" in cells:
            turns = _messages(cells["messages"], columns["messages"])
        elif "prompt" in cells:
            turns = [
                *_part("user", cells["prompt"], columns["prompt"]),
                *_part("assistant", cells["response"], columns["response"]),
            ]
        else:
            assert base is not None  # noqa: S101  (the caller found one)
            turns = base.parse(row)
        system = cells.get("system")
        if system is None:
            return turns
        if turns and turns[0].role == "system":
            raise RowProblem(f"the row has a system message, and one under '{columns['system']}', too")
        return [t.read_text("system", system, columns["system"]), *turns]

    said = ", ".join(f"{name} as {part}" for part, name in columns.items())
    tools, path = places.get("tools", ("tools", ()))
    if path:
        raise InputError("tools have to be a column", where=f"--columns tools={columns['tools']}")
    shape = in_python(
        f"{base.name}, with {said}" if base is not None else said,
        parse,
        reads=(
            *(column for column, _ in places.values()),
            *((*base.columns, *base.also) if base is not None else ()),
        ),
        tools=tools,
    )
    if base is None:
        return shape
    return replace(shape, notes=base.notes, preference=base.preference, template=base.template)


def _inside(cell: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    for key in path:
        cell = cell.get(key) if isinstance(cell, Mapping) else None
    return cell


def _messages(value: Any, column: str) -> list[Turn]:  # noqa: ANN401
    said = isinstance(value, list) and any(isinstance(each, Mapping) and "from" in each for each in value)
    return t.read_sharegpt(value, column, t.SHAREGPT) if said else t.read_messages(value, column)


def _part(role: str, value: Any, column: str) -> list[Turn]:  # noqa: ANN401
    if isinstance(value, list):
        return t.read_messages(value, column, given=role == "user")
    return [replace(t.read_text(role, value, column), given=role == "user")]
