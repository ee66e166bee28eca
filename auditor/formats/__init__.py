"""How a report leaves the program: one small module per format, each with one function `render`.

A module is imported only when its format is asked for.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from auditor.formats.display import Display, links
from builders import atomic
from builders.errors import InputError, UnknownNameError
from checks.core.report import Report

FORMATS: Final[dict[str, str]] = {
    "full": "auditor.formats.full",
    "concise": "auditor.formats.concise",
    "json": "auditor.formats.json",
    "jsonl": "auditor.formats.jsonl",
    "github": "auditor.formats.github",
    "gitlab": "auditor.formats.gitlab",
    "sarif": "auditor.formats.sarif",
    "junit": "auditor.formats.junit",
    "markdown": "auditor.formats.markdown",
    "html": "auditor.formats.html_page",
}
"""Name -> module, in the order that `--help` lists them."""


@dataclass(frozen=True)
class Destination:
    """One format and where it goes."""

    format: str
    """A name of `FORMATS`."""
    file: Path | None = None
    """The file; None for standard output."""


def render(name: str, report: Report) -> str:
    """Return the report in one format, ending with a line break (empty where the format has nothing to say).

    Args:
        name: A name of `FORMATS`.
        report: What the audit found.

    Raises:
        UnknownNameError: if there is no such format; it suggests near ones.
    """
    if name not in FORMATS:
        raise UnknownNameError("format", name, FORMATS)
    return importlib.import_module(FORMATS[name]).render(report)


def parse_destinations(formats: Sequence[str], output: Path | None = None) -> tuple[Destination, ...]:
    """Return what `--format NAME[:FILE]`, given any number of times, and `--out FILE` ask for.

    Args:
        formats: The values of `--format`; `full` to standard output where empty.
        output: The value of `--out`: the file of the one format that names none.

    Raises:
        UnknownNameError: if a format is not one of `FORMATS`.
        InputError: if two formats would go to one place, or `--out` is left without a format.
    """
    destinations: list[Destination] = []
    for value in formats or ("full",):
        name, _, file = value.partition(":")
        if name not in FORMATS:
            raise UnknownNameError("format", name, FORMATS, where="--format")
        destinations.append(Destination(name, Path(file) if file else None))
    unplaced = [each for each in destinations if each.file is None]
    if len(unplaced) > 1:
        raise InputError(
            f"{' and '.join(each.format for each in unplaced)} would both go to one place",
            where="--format",
            help=f"give all but one a file of its own, for example --format {unplaced[1].format}:FILE",
        )
    if output is not None:
        if not unplaced:
            raise InputError(
                f"every format has a file already, so nothing is left for {output}",
                where="--out",
                help="leave --out out, or name a format without a file",
            )
        destinations = [Destination(each.format, each.file or output) for each in destinations]
    files = [each.file.absolute() for each in destinations if each.file is not None]
    twice = {file for file in files if files.count(file) > 1}
    if twice:
        raise InputError(f"two formats would be written to {min(twice)}", where="--format")
    return tuple(destinations)


def write(
    report: Report,
    destinations: Sequence[Destination],
    *,
    stdout: TextIO | None = None,
    display: Display | None = None,
) -> None:
    """Render the report for every destination, then write all of them.

    Files are written to a temporary name and renamed. What the stream's encoding cannot say is written as an
    escape.

    Args:
        report: What the audit found.
        destinations: From `parse_destinations`.
        stdout: The stream for destinations without a file; `sys.stdout` where None.
        display: How much of it a person sees; of what programs read nothing is ever left out.

    Raises:
        OutputError: if a file cannot be written.
    """
    stream = stdout or sys.stdout
    shown = display or Display()
    rendered = [(each, _rendered(each, report, stream, shown)) for each in destinations]
    for destination, text in rendered:
        if destination.file is not None:
            write_file(destination.file, text)
        else:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _rendered(destination: Destination, report: Report, stream: TextIO, display: Display) -> str:
    """Render for one destination; what a person reads is as wide as the terminal, and coloured where asked for."""
    if display.statistics and destination.format in ("full", "concise"):
        from auditor.formats.statistics import render as render_statistics

        return render_statistics(report)
    if destination.format != "full":
        return render(destination.format, report)
    from auditor.formats.full import render as render_full

    here = destination.file is None
    return render_full(
        report,
        colour=here and display.colours(stream),
        width=shutil.get_terminal_size((100, 24)).columns if here and stream.isatty() else 100,
        display=display,
        linked=here and links(stream),
        terminal=here and stream.isatty(),
    )


def write_file(path: Path, text: str) -> None:
    """Write a report whole or not at all, over an earlier one.

    Raises:
        OutputError: if it cannot be written.
    """
    atomic.write_file(path, text.encode(), force=True)
