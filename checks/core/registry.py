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

from builders.errors import UnknownNameError
from checks.core.finding import Prediction, Severity

CheckFunction = TypeVar("CheckFunction", bound=Callable[..., Iterable["Observation"]])

Scope = Literal["dataset", "arms", "split", "results", "script", "writeup"]
"""What a check looks at: a dataset, sibling arms, training beside evaluation data, results, a source file or a
write-up."""

ROOMS_OF_DATA: Final[dict[str, Scope]] = {
    "data": "dataset",
    "arms": "arms",
    "split": "split",
    "results": "results",
}
ROOMS_OF_TEXTS: Final[dict[str, Scope]] = {"src": "script", "wrt": "writeup"}
ROOMS: Final = {**ROOMS_OF_DATA, **ROOMS_OF_TEXTS}
"""Package of this one -> what its checks look at; every module of it is imported once."""

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
    function: Callable[[Any], Iterable[Observation]]
    """Context of its scope in, observations out; pure."""

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
    *, code: str, name: str, severity: Severity, since: str, scope: Scope = "dataset"
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check.

    Args:
        code: Its code, unique.
        name: Its name, unique: the problem in kebab-case.
        severity: Its default severity.
        since: The version of this tool that brings it.
        scope: What its function gets to see.

    Raises:
        ValueError: if the code or the name is taken, or does not look like one.
    """

    def register(function: CheckFunction) -> CheckFunction:
        add(Check(code, name, severity, since, scope, function))
        return function

    return register


def add(made: Check) -> None:
    """Put a check among those that are listed, chosen and paged.

    Raises:
        ValueError: if its code or name is taken, or does not look like one.
    """
    if not re.fullmatch(r"[A-Z]{3}\d{3}", made.code) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", made.name):
        raise ValueError(f"'{made.code} {made.name}' is no code and name of a check")
    for other in _CHECKS.values():
        if made.code == other.code or made.name == other.name:
            raise ValueError(f"'{made.code} {made.name}' is taken by {other.code} {other.name}")
    _CHECKS[made.code] = made


def all_checks() -> tuple[Check, ...]:
    """Import every room once and return what its modules registered, by code."""
    import_rooms(*ROOMS)
    return tuple(_CHECKS[code] for code in sorted(_CHECKS))


@cache
def import_rooms(*rooms: str) -> None:
    """Import every module of these packages of `checks` once, so that their checks are registered."""
    for room in rooms:
        package = importlib.import_module(f"checks.{room}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"checks.{room}.{module.name}")


def find_check(word: str) -> Check:
    """Return the check of that code or name.

    Raises:
        UnknownNameError: if there is none; it suggests near ones.
    """
    found = [each for each in all_checks() if word.upper() == each.code or word.lower() == each.name]
    if not found:
        raise UnknownNameError(
            "check", word, [part for each in all_checks() for part in (each.code, each.name)]
        )
    return found[0]


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
    import_rooms(*ROOMS_OF_DATA)
    if scope in (None, *ROOMS_OF_TEXTS.values()):  # they double what importing takes, so a scan does without
        import_rooms(*ROOMS_OF_TEXTS)
    for code in sorted(_CHECKS):
        each = _CHECKS[code]
        if scope in (None, each.scope) and (not wanted or code in wanted) and code not in unwanted:
            yield each


def _codes(words: Iterable[str]) -> set[str]:
    words = list(words)
    if not words:
        return set()
    families = {each.code[:3] for each in all_checks()}
    codes: set[str] = set()
    for word in words:
        if word.upper() in families:
            codes.update(each.code for each in all_checks() if each.code.startswith(word.upper()))
        else:
            codes.add(find_check(word).code)
    return codes
