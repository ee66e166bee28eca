"""Roles by selector: which system prompts are the source, the bystanders, the anchors.

A selector is the system text itself, a glob over it (``You are a * villain.``), a persona's name where the file
has them, one of `absent`, `null` and `empty`, or `file:GLOB` for all rows of the files of that name: people publish one
file for each condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError, UnknownNameError
from builders.sql import FILE, in_file, literal

STATES: Final = ("absent", "null", "empty")
OF_FILE: Final = "file:"
"""What a selector of files begins with."""

ROLE_KEYS: Final = ("source", "bystander", "anchor", "no_persona")


@dataclass(frozen=True)
class RoleSelectors:
    """Selectors for each role, and names for system prompts. Empty: nothing is said about roles."""

    source: tuple[str, ...] = ()
    bystander: tuple[str, ...] = ()
    anchor: tuple[str, ...] = ()
    no_persona: tuple[str, ...] = ()
    personas: Mapping[str, str] = field(default_factory=dict[str, str])
    """Persona -> selector."""

    @property
    def given(self) -> bool:
        """Whether anything is said about roles."""
        return any((self.source, self.bystander, self.anchor, self.no_persona))

    def role_sql(self, otherwise: str) -> str:
        """SQL for the role; the first selector that matches counts, in the order of the fields."""
        arms = [(selector, role) for role in ROLE_KEYS for selector in getattr(self, role)]
        return _cases(arms, otherwise)

    def persona_sql(self, otherwise: str) -> str:
        """SQL for the persona."""
        return _cases([(selector, name) for name, selector in self.personas.items()], otherwise)


def _cases(arms: list[tuple[str, str]], otherwise: str) -> str:
    if not arms:
        return otherwise
    body = "".join(f" WHEN {selector_sql(selector)} THEN {literal(value)}" for selector, value in arms)
    return f"CASE{body} ELSE {otherwise} END"


def selector_sql(
    selector: str, *, state: str = "state", persona: str = "(persona->>'$')", file: str = FILE
) -> str:
    """SQL that is true for the rows that a selector means.

    Args:
        selector: The selector.
        state: SQL for the system state.
        persona: SQL for the persona's name.
        file: SQL for the name of the row's file.
    """
    if selector.startswith(OF_FILE):
        return in_file(selector.removeprefix(OF_FILE), file)
    if selector in STATES:
        return f"{state} = {literal(selector)}"
    if selector == "":
        return f"{state} = 'empty'"
    named = f"coalesce({persona} = {literal(selector)}, false)"
    exact = f"coalesce(system_text = {literal(selector)}, false)"
    if any(letter in selector for letter in "*?["):
        return f"({named} OR {exact} OR coalesce(system_text GLOB {literal(selector)}, false))"
    return f"({named} OR {exact})"


def load_roles(path: Path) -> RoleSelectors:
    """Read a roles.yaml: a list of selectors under each role, and `personas` with a selector for each name.

    Raises:
        InputError: if it cannot be read or is not of that form.
        UnknownNameError: if it has another key.
    """
    from builders.yamltext import NotYamlError, read_yaml

    try:
        content: Any = read_yaml(path.read_text(encoding="utf-8")).value
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except NotYamlError as error:
        advice = error.advice or "see docs/readers.md for an example"
        raise InputError(str(error), where=error.place(str(path)), help=advice) from error
    except UnicodeDecodeError as error:
        raise InputError("is no YAML: not UTF-8", where=str(path)) from error
    if not isinstance(content, dict):
        raise InputError("expected a mapping of roles to selectors", where=str(path))
    for key in content:
        if key not in (*ROLE_KEYS, "personas"):
            raise UnknownNameError("role", str(key), (*ROLE_KEYS, "personas"), where=str(path))
    personas: Any = content.get("personas") or {}
    if not isinstance(personas, dict) or not all(isinstance(value, str) for value in personas.values()):
        raise InputError("'personas' must map each name to one selector", where=str(path))
    return RoleSelectors(
        **{role: _selectors(content.get(role), role, path) for role in ROLE_KEYS},
        personas={str(name): value for name, value in personas.items()},
    )


def _selectors(value: object, role: str, path: Path) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    raise InputError(
        f"'{role}' must be a selector or a list of them; quote the words null and \"\"", where=str(path)
    )
