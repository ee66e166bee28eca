"""How much of a report a person sees, and in which colours; formats for programs always hold everything."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TextIO

Colour = Literal["auto", "always", "never"]

_LINKING: Final = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby"})
"""Values of TERM_PROGRAM whose terminals follow links."""
_VTE: Final = 5_000
"""The version of the GNOME terminals' library from which they do."""


@dataclass(frozen=True)
class Display:
    """What was asked of the output."""

    notes: bool = False
    """Whether notes are listed; they are always counted."""
    verbose: bool = False
    """Whether the checks that could not look are listed; they are always counted."""
    quiet: bool = False
    """Whether verdicts and findings are all that is printed."""
    statistics: bool = False
    """Whether findings are counted by check, and not listed."""
    color: Colour = "auto"
    """When colours are used."""
    exit_zero: bool = False
    """Whether findings leave the exit status at 0; an audit that could not be done never does."""

    def status(self, status: int) -> int:
        """Return the exit status for what `status` would be."""
        return 0 if self.exit_zero and status == 1 else status

    def say(self, line: str) -> None:
        """Print a line beside the report, on standard error, unless verdicts and findings are all that is wanted."""
        if not self.quiet:
            sys.stderr.write(f"{line}\n")

    def warn(self, line: str) -> None:
        """The same, of a warning."""
        self.say(f"warning: {line}")

    def colours(self, stream: TextIO) -> bool:
        """Return whether a stream gets colours: a terminal does, unless NO_COLOR says otherwise (no-color.org)."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR")


def links(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether a stream is a terminal that is known to follow links (OSC 8).

    FORCE_HYPERLINK=1 and =0 decide it, as for other programs; nothing is guessed for terminals that say nothing.
    """
    said = os.environ if environment is None else environment
    if said.get("FORCE_HYPERLINK"):
        return said["FORCE_HYPERLINK"] != "0"
    if not stream.isatty() or said.get("CI") or said.get("TERM") == "dumb" or said.get("TMUX"):
        return False
    version = said.get("VTE_VERSION", "")
    return (
        said.get("TERM_PROGRAM") in _LINKING
        or "KITTY_WINDOW_ID" in said
        or "WT_SESSION" in said
        or (version.isdecimal() and int(version) >= _VTE)
    )
