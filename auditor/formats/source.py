"""What the `full` format says of source files: each finding with the line it is about, and what mends it."""

from __future__ import annotations

from collections import Counter
from io import StringIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from auditor.formats.display import Display
from auditor.formats.escape import log_line, visible
from auditor.formats.pages import readable
from auditor.formats.parts import position
from checks.core.finding import SEVERITIES, Finding
from checks.core.plural import count, listed
from checks.core.report import Report

_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_STATUS = {"findings": "bold red", "clean": "bold green", "incomplete": "bold magenta"}


def render(
    report: Report, *, colour: bool, width: int, display: Display, linked: bool, terminal: bool
) -> str:
    """Return a report on source files as text of at most `width` columns where a terminal would break lines.

    Args:
        report: What was found.
        colour: Whether with ANSI colours.
        width: Columns.
        display: How much of it.
        linked: Whether a finding's code links to its page (OSC 8).
        terminal: Whether lines are broken at `width`; elsewhere a finding is a line, for grep.
    """
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour or linked,
        no_color=not colour,
        highlight=False,
        soft_wrap=not terminal,
        legacy_windows=False,
    )
    for dataset in report.datasets:
        for finding in dataset.findings:
            if display.notes or finding.severity != "note":
                console.print(_finding(dataset.name, finding, width, linked=linked))
        for note in dataset.notes:
            console.print(Text(f"{visible(dataset.name)}: {visible(note)}\n", style="dim"))
    if not display.quiet:
        console.print(_summary(report, display))
    return "\n".join(log_line(line.rstrip()) for line in stream.getvalue().splitlines()) + "\n"


def _finding(name: str, finding: Finding, width: int, *, linked: bool) -> Text:
    where = position(finding.evidence[0]) if finding.evidence else name
    text = Text(f"{visible(where)}: ")
    page = readable(finding.name) if linked else None
    text.append(finding.code, style=_COLOURS[finding.severity] + (f" link {page}" if page else ""))
    text.append(f" {finding.severity}", style=_COLOURS[finding.severity])
    sure = "" if finding.confidence == "certain" else f" ({finding.confidence})"
    text.append(f"{sure} {visible(finding.message)} [{finding.name}]")
    for evidence in finding.evidence:
        # A write-up's finding may stand on several lines; a script's never does.
        where = f"line {evidence.line}: " if len(finding.evidence) > 1 and evidence.line else ""
        line = where + visible(evidence.text)
        text.append(
            f"\n  | {line if cell_len(line) <= width - 4 else set_cell_size(line, width - 7) + '...'}",
            style="dim",
        )
    if finding.suppressed:
        text.append(f"\n  suppressed: {visible(finding.suppressed)}")
    elif finding.help:
        text.append("\n  help: ", style="bold green")
        text.append(visible(finding.help))
    text.append("\n")
    return text


def _summary(report: Report, display: Display) -> Text:
    counted = Counter(finding.severity for finding in report.findings())
    parts = [count(counted[severity], severity) for severity in SEVERITIES if counted[severity]]
    suppressed = sum(bool(finding.suppressed) for dataset in report.datasets for finding in dataset.findings)
    if suppressed:
        parts.append(f"{suppressed:,} suppressed")
    lines = sum(dataset.rows for dataset in report.datasets)
    text = Text(report.status, style=_STATUS[report.status])
    text.append(
        f": {listed(parts) or 'nothing found'}; {count(lines, 'line')} in {count(len(report.datasets), 'file')}",
        style="",
    )
    if counted["note"] and not display.notes:
        text.append("; --notes lists notes", style="dim")
    return text
