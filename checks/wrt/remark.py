"""What a check of write-ups sees and yields.

It yields remarks, which become findings, and
readings, which are the ledger of what was compared: a number that agrees leaves a trace, too, and one that could not
be compared is never called wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.core.finding import Confidence, Severity
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
class Compared:
    """One statement of the text that was held against something."""

    at: int
    """Offset in the text."""
    said: str
    """What the text says."""
    verdict: Verdict
    """How it stands to what is known."""
    against: str
    """What it was compared with, or what would be needed."""
