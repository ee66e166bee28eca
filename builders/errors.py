"""Errors that a user can mend: each says what was wrong, where, and what to do.

Every one of them ends a command with exit status 2, because an audit that could not look must never read as
a clean bill.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AuditError(Exception):
    """The audit could not be done.

    Attributes:
        message: What was wrong, as a sentence without a full stop.
        where: The place, for example ``data.jsonl:12`` or a template's name; None where there is none.
        help: What the user can do about it; None where nothing useful can be said.
    """

    def __init__(self, message: str, *, where: str | None = None, help: str | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.where = where
        self.help = help

    def __str__(self) -> str:
        """Return ``where: message`` and, on a line of its own, the help."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\nhelp: {self.help}" if self.help else text


class InputError(AuditError):
    """A file or a row could not be read as what it should be."""


class TemplateError(AuditError):
    """A chat template could not be found, compiled or rendered within its limits."""


class OutputError(AuditError):
    """Something could not be written, or would have overwritten what is there."""


class UnknownNameError(AuditError):
    """A name that the user gave is not one that we know; the near ones are suggested."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str | None = None) -> None:
        names = sorted(set(known))
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            advice = "did you mean " + " or ".join(f"'{match}'" for match in near) + "?"
        elif names:
            advice = "known: " + ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        else:
            advice = None
        super().__init__(f"unknown {kind} '{name}'", where=where, help=advice)
        self.name = name
        self.near = near


def first_line(error: BaseException) -> str:
    """Return the first line of what an error of another package says; its type where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
