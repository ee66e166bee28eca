"""Checks of source files: what one yields, and how it registers.

The metadata is that of every other check (`checks.core.registry`), so that rules are listed, paged and chosen in
one way; what a source check sees and yields differs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from builders.errors import InputError, UnknownNameError
from checks.core.finding import Confidence, Severity
from checks.core.registry import Check, add, chosen, import_rooms
from checks.src.module import Module

Fixable = Literal["never", "sometimes", "always"]
"""Whether `--fix` can mend what a check finds."""


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
    confidence: Confidence = "certain"
    """`likely` where the file does not show all of it: such a hit is shown with `--pedantic`."""


SourceFunction = Callable[[Module], Iterable[Hit]]


@dataclass(frozen=True)
class SourceCheck:
    """What a check of source files has beyond every check's metadata."""

    rule: Check
    """Code, name, severity and documentation."""
    fixable: Fixable
    """Whether `--fix` can mend it."""
    words: tuple[tuple[str, ...], ...]
    """Necessary words: a file is looked at only if, of each group, it contains one. This keeps a lint cheap."""
    function: SourceFunction
    """Parsed file in, hits out; pure."""

    def concerns(self, text: str) -> bool:
        """Return whether the text has the words without which the check cannot find anything."""
        return all(any(word in text for word in group) for group in self.words)


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
        # The common registry types its functions by what dataset checks yield; a script's runner is another one.
        rule = Check(code, name, severity, since, "script", cast("Any", function))
        add(rule)
        _CHECKS[code] = SourceCheck(rule, fixable, words, function)
        return function

    return register


def all_source_checks() -> tuple[SourceCheck, ...]:
    """Import every module of this package once and return what they registered, by code."""
    import_rooms("src")
    return tuple(_CHECKS[code] for code in sorted(_CHECKS))


def find_source_check(word: str) -> SourceCheck:
    """Return the source check of that code or name.

    Raises:
        UnknownNameError: if there is none; it suggests near ones.
    """
    known = all_source_checks()
    for each in known:
        if word.upper() == each.rule.code or word.lower() == each.rule.name:
            return each
    raise UnknownNameError(
        "source check", word, [part for each in known for part in (each.rule.code, each.rule.name)]
    )


def chosen_source_checks(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Iterator[SourceCheck]:
    """Yield the source checks that a selection leaves.

    Args:
        select: Codes, names or the family `SRC`; all where empty.
        ignore: The same; wins over `select`.

    Raises:
        UnknownNameError: if a word is no check at all.
        InputError: if no source check is left: a run that looks at nothing must not read as clean.
    """
    everything = all_source_checks()
    selected = list(select)
    wanted = _codes(selected) if selected else {each.rule.code for each in everything}
    unwanted = _codes(ignore)
    left = [each for each in everything if each.rule.code in wanted - unwanted]
    if not left:
        raise InputError("the selection leaves no check of source files", help="add --select SRC")
    return iter(left)


def _codes(words: Iterable[str]) -> set[str]:
    """Return the codes of the source checks among some words; words of other checks are about other runs."""
    known = {
        part: each.rule.code for each in all_source_checks() for part in (each.rule.code, each.rule.name)
    }
    codes: set[str] = set()
    for word in words:
        code = known.get(word.upper()) or known.get(word.lower())
        if code is not None:
            codes.add(code)
        elif word.upper() == "SRC":
            codes.update(known.values())
        else:
            list(chosen((word,)))  # raises where it is no check of any kind
    return codes
