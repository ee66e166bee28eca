"""Checks of source files: what one yields, and how it registers.

The metadata is that of every other check (`checks.registry`); only what the function sees and yields differs.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from checks.finding import Severity
from checks.src.module import Module

Fixable = Literal["never", "sometimes", "always"]
"""Whether `--fix` can mend what a check finds."""

SECTIONS: Final = ("What it finds", "Why it matters", "Example", "What to do", "Limits", "References")
"""The sections of a check's module docstring, in order: it *is* the check's page."""


@dataclass(frozen=True)
class Edit:
    """Replaces one stretch of a file's text."""

    start: int
    """Offset of the first character that goes."""
    end: int
    """Offset after the last character that goes; equal to `start` for an insertion."""
    text: str
    """What comes instead."""


@dataclass(frozen=True)
class Fix:
    """A mend that is certain: nothing but the defect changes."""

    edits: tuple[Edit, ...]
    """Edits of one file that belong together and do not overlap."""
    imports: tuple[str, ...] = ()
    """Modules that the new text needs imported under their own name."""


@dataclass(frozen=True)
class Hit:
    """What a check yields: a place, what is wrong with it, and what mends it."""

    node: ast.expr | ast.stmt | ast.excepthandler
    """Where it is."""
    message: str
    """What was found, without a full stop."""
    help: str
    """What to do about it."""
    fix: Fix | None = None
    """The mend, where one is certain."""
    severity: Severity | None = None
    """None for the check's default."""


SourceFunction = Callable[[Module], Iterable[Hit]]


@dataclass(frozen=True)
class SourceCheck:
    """A check of source files: its metadata beside its function."""

    code: str
    """`SRC` and three digits."""
    name: str
    """The problem, in words that read naturally after "ignore"."""
    severity: Severity
    """The default; a hit may carry another."""
    since: str
    """The version that brought it."""
    fixable: Fixable
    """Whether `--fix` can mend it."""
    words: tuple[tuple[str, ...], ...]
    """Necessary words: a file is looked at only if, of each group, it contains one. This keeps a lint cheap."""
    function: SourceFunction
    """Parsed file in, hits out; pure."""

    def concerns(self, text: str) -> bool:
        """Return whether the text has the words without which the check cannot find anything."""
        return all(any(word in text for word in group) for group in self.words)

    @property
    def documentation(self) -> str:
        """The docstring of the check's module: its page, in Markdown."""
        return sys.modules[self.function.__module__].__doc__ or ""

    @property
    def summary(self) -> str:
        """The first line of the page, without its full stop."""
        return self.documentation.strip().split("\n", 1)[0].removesuffix(".")


_CHECKS: dict[str, SourceCheck] = {}


def source_check(
    *,
    code: str,
    name: str,
    severity: Severity,
    since: str,
    words: tuple[tuple[str, ...], ...],
    fixable: Fixable = "never",
) -> Callable[[SourceFunction], SourceFunction]:
    """Register a check of source files.

    Args:
        code: Its code, unique.
        name: Its name, unique: the problem in kebab-case.
        severity: Its default severity.
        since: The version of this tool that brings it.
        words: Groups of words; a file that lacks all words of a group cannot have the defect.
        fixable: Whether `--fix` can mend it.

    Raises:
        ValueError: if the code or the name is taken, or does not look like one.
    """

    def register(function: SourceFunction) -> SourceFunction:
        if not re.fullmatch(r"SRC\d{3}", code) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
            raise ValueError(f"'{code} {name}' is no code and name of a source check")
        for other in _CHECKS.values():
            if code == other.code or name == other.name:
                raise ValueError(f"'{code} {name}' is taken by {other.code} {other.name}")
        _CHECKS[code] = SourceCheck(code, name, severity, since, fixable, words, function)
        return function

    return register


def all_source_checks() -> tuple[SourceCheck, ...]:
    """Import every module of this package once and return what they registered, by code."""
    package = importlib.import_module("checks.src")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"checks.src.{module.name}")
    return tuple(_CHECKS[code] for code in sorted(_CHECKS))
