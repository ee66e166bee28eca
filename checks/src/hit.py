"""What a check of source files yields: a place, what is wrong with it, and the mend where one is certain."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from checks.core.finding import Confidence, Severity


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
