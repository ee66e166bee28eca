"""The keys of a trainer's file: what each decides, and what is done about it here.

One table a trainer, from the trainer's own source. `docs/trainers.md` prints them, and a test holds each row to what
the reader does.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from builders.engine.frame import Unread
from builders.errors import InputError


@dataclass(frozen=True)
class Key:
    """One key of a trainer's file."""

    name: str
    """As it stands in the file."""
    decides: str
    """What it decides, as a phrase."""
    here: Literal["obeyed", "no effect", "not followed"]
    """Whether it is followed; `no effect` is on what a row says and which of it is trained."""
    how: str = ""
    """What more there is to say, for the documentation."""
    usual: object = False
    """The value that says nothing, because the trainer takes it by itself."""


def unfollowed(entry: Mapping[str, Any], table: Iterable[Key], *, within: str = "") -> tuple[Unread, ...]:
    """Return the keys of an entry that are not followed: known ones that are not, and all unknown ones.

    Args:
        entry: The entry; keys without a value, or with what the trainer takes by itself, say nothing.
        table: What is known of its keys.
        within: The name of the object that the entry stands in, if any.
    """
    known = {key.name: key for key in table}
    found: list[Unread] = []
    for name, value in entry.items():
        key = known.get(str(name))
        if value is None or value == (False if key is None else key.usual) or value in ("", [], {}):
            continue
        place = f"{within}.{name}" if within else str(name)
        if key is None:
            found.append(
                Unread(
                    place, "it is no key that is known here", help=(f"--ignore-column {shlex.quote(place)}",)
                )
            )
        elif key.here == "not followed":
            found.append(
                Unread(
                    place,
                    f"it decides {key.decides}, which is not followed",
                    help=(f"--ignore-column {shlex.quote(place)}",),
                )
            )
    return tuple(found)


def text_at(entry: Mapping[str, Any], name: str, default: str | None, *, where: str) -> str | None:
    """Return the text under a key, or the default where the key is missing.

    Raises:
        InputError: if something else than a text stands there.
    """
    value = entry.get(name, default)
    if value is not None and not isinstance(value, str):
        raise InputError(f"'{name}' is {value!r}, expected a text", where=where)
    return value


def table_at(entry: Mapping[str, Any], name: str, *, where: str) -> Mapping[str, Any] | None:
    """Return the object under a key; None where there is none.

    Raises:
        InputError: if something else stands there.
    """
    value = entry.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise InputError(f"'{name}' is {value!r}, expected an object", where=where)
    return value
