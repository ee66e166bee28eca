"""Registering a check is one decorator: the file, its test and the changelog are all that a new one touches."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, TypeVar

from builders.errors import InputError, UnknownNameError
from checks.core.finding import Prediction, Severity

Seen = TypeVar("Seen")
Said = TypeVar("Said")

Scope = Literal["dataset", "arms", "split", "results", "script", "writeup"]
"""What a check looks at: a dataset, sibling arms, training beside evaluation data, results, a source file or a
write-up."""

ROOMS: Final[dict[Scope, str]] = {
    "dataset": "data",
    "arms": "arms",
    "split": "split",
    "results": "results",
    "script": "src",
    "writeup": "wrt",
}
"""What checks look at -> the package of this one that holds them; every module of it is imported once."""

Fixable = Literal["never", "sometimes", "always"]
"""Whether `--fix` can mend what a check finds."""

SECTIONS: Final = ("What it finds", "Why it matters", "Example", "What to do", "Limits", "References")
"""The sections of a check's module docstring, in order: it *is* the check's page."""


@dataclass(frozen=True)
class Observation:
    """What a check function yields; the runner adds code, name and the text of the evidence rows."""

    message: str
    """What was found, without a full stop at the end."""
    severity: Severity | None = None
    """None for the check's default."""
    condition: str | None = None
    """Digest of the condition that it is about."""
    personas: tuple[str, ...] = ()
    """Personas that it is about."""
    counts: dict[str, int | float] = field(default_factory=dict[str, int | float])
    """The numbers behind the message."""
    prediction: Prediction | None = None
    """What it is predicted to do to the metric."""
    rows: tuple[int, ...] = ()
    """Rows of the dataset that show it, a handful at most."""
    texts: tuple[str, ...] = ()
    """Evidence that is no row: shown as it is, escaped."""
    help: str | None = None
    """The command or the step that mends it."""


@dataclass(frozen=True)
class Check:
    """A check's metadata beside its function."""

    code: str
    """Three letters of its family and three digits."""
    name: str
    """The problem, in words that read naturally after "ignore"."""
    severity: Severity
    """The default; an observation may carry another."""
    since: str
    """The version that brought it."""
    scope: Scope
    """What it looks at."""
    function: Callable[[Any], Iterable[Any]]
    """What its scope shows in, observations (of a script hits, of a write-up remarks and readings) out; pure."""
    wants: Callable[[Any], str | None] | None = None
    """Says what it had to do without, where it found nothing; None where it can always look."""
    words: tuple[tuple[str, ...], ...] = ()
    """Necessary words: a file is looked at only if, of each group, it holds one. This keeps a lint cheap."""
    fixable: Fixable = "never"
    """Whether `--fix` can mend what it finds."""

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

    def section(self, title: str) -> str:
        """Return the text of one of `SECTIONS`, empty where the page lacks it."""
        found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", self.documentation, re.M | re.S)
        return found.group(1).strip() if found else ""


_CHECKS: dict[str, Check] = {}


def check(
    *,
    code: str,
    name: str,
    severity: Severity,
    since: str,
    wants: Callable[[Seen], str | None] | None = None,
    words: tuple[tuple[str, ...], ...] = (),
    fixable: Fixable = "never",
) -> Callable[[Callable[[Seen], Iterable[Said]]], Callable[[Seen], Iterable[Said]]]:
    """Register a check; what it looks at follows from the room that its module is in.

    Args:
        code: Its code, unique.
        name: Its name, unique: the problem in kebab-case.
        severity: Its default severity.
        since: The version of this tool that brings it.
        wants: Says what it lacked, where it found nothing; asked only then.
        words: Groups of words; a file that lacks all words of a group cannot have the defect.
        fixable: Whether `--fix` can mend it.

    Raises:
        ValueError: if the code or the name is taken, or does not look like one.
    """

    def register(function: Callable[[Seen], Iterable[Said]]) -> Callable[[Seen], Iterable[Said]]:
        room = function.__module__.split(".")[1:2]
        rooms: list[Scope] = [each for each, place in ROOMS.items() if [place] == room]
        scope = rooms[0] if rooms else "dataset"
        made = Check(code, name, severity, since, scope, function, wants, words, fixable)
        if not re.fullmatch(r"[A-Z]{3}\d{3}", code) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
            raise ValueError(f"'{code} {name}' is no code and name of a check")
        for other in _CHECKS.values():
            if code == other.code or name == other.name:
                raise ValueError(f"'{code} {name}' is taken by {other.code} {other.name}")
        _CHECKS[code] = made
        return function

    return register


def all_checks(scope: Scope | None = None) -> tuple[Check, ...]:
    """Import the rooms once and return what their modules registered, by code: all of it, or one scope's."""
    for each in ROOMS if scope is None else (scope,):
        _import_room(ROOMS[each])
    return tuple(_CHECKS[code] for code in sorted(_CHECKS) if scope in (None, _CHECKS[code].scope))


@cache
def _import_room(room: str) -> None:
    package = importlib.import_module(f"checks.{room}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"checks.{room}.{module.name}")


def find_check(word: str, scope: Scope | None = None) -> Check:
    """Return the check of that code or name.

    Args:
        word: The code or the name.
        scope: Only among those that look at this.

    Raises:
        UnknownNameError: if there is none; it suggests near ones.
    """
    known = all_checks(scope)
    for each in known:
        if word.upper() == each.code or word.lower() == each.name:
            return each
    raise UnknownNameError("check", word, [part for each in known for part in (each.code, each.name)])


def chosen(
    select: Iterable[str] = (), ignore: Iterable[str] = (), *, scope: Scope | None = None
) -> Iterator[Check]:
    """Yield the checks that a selection leaves, by code.

    Args:
        select: Codes, names or families (``CND``); all checks where empty.
        ignore: The same; wins over `select`.
        scope: Only those that look at this; at anything where None.

    Raises:
        UnknownNameError: if a word is none of them.
    """
    wanted, unwanted = _codes(select), _codes(ignore)
    for each in all_checks(scope):
        if (not wanted or each.code in wanted) and each.code not in unwanted:
            yield each


def some_chosen(select: Iterable[str], ignore: Iterable[str], *, scope: Scope) -> tuple[Check, ...]:
    """Return the checks of one scope that a selection leaves.

    Raises:
        UnknownNameError: if a word is no check at all.
        InputError: if none is left: a run that looks at nothing must not read as clean.
    """
    left = tuple(chosen(select, ignore, scope=scope))
    if not left:
        family = all_checks(scope)[0].code[:3]
        raise InputError(f"the selection leaves no check of a {scope}", help=f"add --select {family}")
    return left


def _codes(words: Iterable[str]) -> set[str]:
    codes: set[str] = set()
    for word in words:
        family = {each.code for each in all_checks() if each.code.startswith(word.upper())}
        codes.update(family if len(word) == 3 and family else {find_check(word).code})
    return codes
