"""Which checks run, and what they go by: what every part of an audit hands on whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from checks.core.finding import Severity
from checks.core.registry import Check, Scope, chosen
from checks.core.settings import Settings


@dataclass(frozen=True)
class Selection:
    """Checks to run, severities in place of their own, and thresholds."""

    select: tuple[str, ...] = ()
    """Codes, names or families; all checks where empty."""
    ignore: tuple[str, ...] = ()
    """The same, of checks to leave out; wins over `select`."""
    severities: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    """Code -> severity that replaces what the check says."""
    settings: Settings = field(default_factory=Settings)
    """Thresholds."""

    def checks(self, scope: Scope) -> Iterator[Check]:
        """Yield the checks of one scope that run, by code.

        Raises:
            UnknownNameError: if a word names no check.
        """
        return chosen(self.select, self.ignore, scope=scope)
