"""Checks of write-ups: what one sees and yields, and how it registers.

The metadata is that of every other check (`checks.core.registry`). A check yields remarks, which become findings, and
readings, which are the ledger of what was compared: a number that agrees leaves a trace, too, and one that could not
be compared is never called wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from builders.errors import InputError
from checks.core.finding import Confidence, Severity
from checks.core.registry import Check, add, chosen, import_rooms
from checks.wrt.document import Document
from checks.wrt.facts import Facts
from checks.wrt.numbers import Verdict


@dataclass(frozen=True)
class WriteUp:
    """What a check sees."""

    document: Document
    """The text."""
    facts: Facts
    """What is known beside it."""


@dataclass(frozen=True)
class Remark:
    """A problem, and where the text has it."""

    at: tuple[int, ...]
    """Offsets in the text; the first is the place of the finding, the others are further evidence."""
    message: str
    """What was found, without a full stop."""
    help: str
    """What to do about it."""
    severity: Severity | None = None
    """None for the check's default."""
    confidence: Confidence = "certain"
    """Whether nothing else can have been meant; what is only likely is shown on demand."""


@dataclass(frozen=True)
class Reading:
    """One statement of the text that was held against something."""

    at: int
    """Offset in the text."""
    said: str
    """What the text says."""
    verdict: Verdict
    """How it stands to what is known."""
    against: str
    """What it was compared with, or what would be needed."""


WriteUpFunction = Callable[[WriteUp], Iterable[Remark | Reading]]


@dataclass(frozen=True)
class WriteUpCheck:
    """A check's metadata beside its function."""

    rule: Check
    """Code, name, severity and documentation."""
    function: WriteUpFunction
    """Pure."""


_CHECKS: dict[str, WriteUpCheck] = {}


def writeup_check(
    *, code: str, name: str, severity: Severity, since: str
) -> Callable[[WriteUpFunction], WriteUpFunction]:
    """Register a check of write-ups.

    Args:
        code: Its code, unique.
        name: Its name, unique: the problem in kebab-case.
        severity: Its default severity.
        since: The version of this tool that brings it.

    Raises:
        ValueError: if the code or the name is taken, or does not look like one.
    """

    def register(function: WriteUpFunction) -> WriteUpFunction:
        # The common registry types its functions by what dataset checks yield; a write-up's runner is another one.
        rule = Check(code, name, severity, since, "writeup", cast("Any", function))
        add(rule)
        _CHECKS[code] = WriteUpCheck(rule, function)
        return function

    return register


def all_writeup_checks() -> tuple[WriteUpCheck, ...]:
    """Import every module of this package once and return what they registered, by code."""
    import_rooms("wrt")
    return tuple(_CHECKS[code] for code in sorted(_CHECKS))


def chosen_writeup_checks(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Iterator[WriteUpCheck]:
    """Yield the checks of write-ups that a selection leaves.

    Args:
        select: Codes, names or families; all checks of write-ups where none of those is about write-ups.
        ignore: The same; wins over `select`.

    Raises:
        UnknownNameError: if a word is no check at all.
        InputError: if no check of write-ups is left: a run that looks at nothing must not read as clean.
    """
    codes = {each.code for each in chosen(select, ignore, scope="writeup")}
    left = [each for each in all_writeup_checks() if each.rule.code in codes]
    if not left:
        raise InputError("the selection leaves no check of write-ups", help="add --select WRT")
    return iter(left)
