"""What of a dataset's rows nothing reads although it could decide what is rendered or trained."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from builders.engine.frame import Unread
from builders.readers.canonical import SCHEMA_COLUMNS, TAG_COLUMNS, VARIABLES
from builders.readers.pieces import Row
from builders.readers.shapes import Shape
from builders.views import TrainingView

_SYSTEM_NAMES: Final = frozenset(
    {
        "system",
        "systemprompt",
        "systemmessage",
        "systemtext",
        "sysprompt",
        "sys",
        "personaprompt",
        "developer",
        "preprompt",
        "characterprompt",
    }
)
_FLAG_NAMES: Final = frozenset(
    {
        "weight",
        "weights",
        "train",
        "training",
        "trainable",
        "loss",
        "lossmask",
        "labelmask",
        "mask",
        "trainonthis",
    }
)
_TOOL_NAMES: Final = frozenset({"functions", "toolslist", "toolschema", "availabletools"})
_FLAGS: Final = ("weight", "train", "training", "loss")
"""Keys of a message that some trainers obey."""

WATCHED_KEYS: Final = _FLAGS
"""Keys of a message that are looked for in every row, whether the first rows have them or not."""

WATCHED_COLUMNS: Final = (
    *(
        "system",
        "system_prompt",
        "systemPrompt",
        "system_message",
        "sys_prompt",
        "persona_prompt",
        "developer",
    ),
    *("messages", "conversations"),
    *("weight", "train", "training", "loss", "loss_mask", "mask"),
    *("functions", "template_kwargs"),
)
"""Columns that are looked for in every row, whether the first rows have them or not; the engine tells no case."""


def unread_of(
    rows: Sequence[Row],
    shape: Shape,
    view: TrainingView,
    *,
    keys: Collection[str],
    read: Collection[str],
    ignored: Collection[str],
) -> tuple[Unread, ...]:
    """Return the columns and keys of some rows that nothing reads and that could matter, by name.

    Args:
        rows: Rows from all over the dataset.
        shape: What is read of them.
        view: The trainer that is followed.
        keys: Keys that messages were seen to have.
        read: Columns that labels look at.
        ignored: Columns and keys of which the user says that they do not matter.
    """
    found = [*_columns(rows, known_columns(shape, read=read, ignored=ignored)), *_keys(keys, view, ignored)]
    return tuple(sorted(found, key=lambda each: each.name))


def known_columns(shape: Shape, *, read: Collection[str], ignored: Collection[str]) -> set[str]:
    """Return the columns of which it is known what they are for.

    Args:
        shape: What is read of rows.
        read: Columns that labels look at.
        ignored: Columns of which the user says that they do not matter.
    """
    known = {*shape.columns, *shape.also, *TAG_COLUMNS, *SCHEMA_COLUMNS, VARIABLES, *read, *ignored}
    return known | {"rejected"} if shape.name.startswith("preference") else known


def _columns(rows: Sequence[Row], known: set[str]) -> Iterator[Unread]:
    for name in sorted({column for row in rows for column in row} - known):
        values = [row[name] for row in rows if row.get(name) is not None]
        plain = name.lower().replace("_", "").replace("-", "").replace(" ", "")
        for could, why in _COULD:
            if any(could(plain, value) for value in values):
                ways = (f"--ignore-column {name}",)
                if why is _SYSTEM:
                    ways = (f"--columns system={name}", *ways)
                yield Unread(name, why, help=ways)
                break


def _keys(keys: Collection[str], view: TrainingView, ignored: Collection[str]) -> Iterator[Unread]:
    for name in _FLAGS:
        if name in keys and name not in view.flags and name not in ignored:
            yield Unread(
                f"messages[].{name}",
                f"some trainers leave turns out of the loss by it; {view.trainer} does not read it",
                help=(f"--ignore-column {name}", "--trainer with one that reads it"),
            )


_SYSTEM: Final = "it could be a system prompt"


def _is_system(name: str, value: Any) -> bool:  # noqa: ANN401
    return name in _SYSTEM_NAMES and isinstance(value, str) and bool(value.strip())


def _is_messages(name: str, value: Any) -> bool:  # noqa: ANN401
    del name
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) for each in value)
        and any({"role", "content"} <= each.keys() or {"from", "value"} <= each.keys() for each in value)
    )


def _is_flag(name: str, value: Any) -> bool:  # noqa: ANN401
    return name in _FLAG_NAMES and isinstance(value, (bool, int, float, list))


def _is_tools(name: str, value: Any) -> bool:  # noqa: ANN401
    return name in _TOOL_NAMES and isinstance(value, (list, str)) and bool(value)


def _is_variables(name: str, value: Any) -> bool:  # noqa: ANN401
    return name.endswith("kwargs") and bool(value)


_COULD: Final[tuple[tuple[Callable[[str, Any], bool], str], ...]] = (
    (_is_system, _SYSTEM),
    (_is_messages, "it holds messages"),
    (_is_flag, "it could say which rows or turns are trained"),
    (_is_tools, "it could be the tools on offer"),
    (_is_variables, "it could hold variables of the chat template"),
)
