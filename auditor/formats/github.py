"""Workflow commands of GitHub Actions: each finding becomes an annotation on its line of the pull request.

See docs.github.com, "Workflow commands for GitHub Actions". A suppressed finding is a notice that says so.
"""

from __future__ import annotations

from typing import Final

from auditor.formats.escape import github_data, github_property, visible
from auditor.formats.parts import incomplete, place, title
from checks.core.finding import Finding, Severity
from checks.core.report import Report

_COMMANDS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """Return one workflow command per finding, and one per dataset that could not be audited in full."""
    lines: list[str] = []
    for dataset in report.datasets:
        if (unseen := incomplete(dataset)) is not None:
            lines.append(_command("error", {"title": "audit incomplete"}, [unseen]))
        lines += [_annotation(dataset.name, finding) for finding in dataset.findings]
    return "".join(line + "\n" for line in lines)


def _annotation(dataset: str, finding: Finding) -> str:
    properties: dict[str, str] = {}
    if (where := place(finding)) is not None:
        properties["file"] = str(where.path)
        if where.line is not None:
            properties["line"] = str(where.line)
        if where.line is not None and where.column is not None:
            properties["col"] = str(where.column)
    properties["title"] = title(finding)
    lines = [f"{dataset}: {finding.message}"]
    if finding.help:
        lines.append(f"help: {finding.help}")
    if finding.suppressed:
        lines.append(f"suppressed: {finding.suppressed}")
    return _command("notice" if finding.suppressed else _COMMANDS[finding.severity], properties, lines)


def _command(name: str, properties: dict[str, str], lines: list[str]) -> str:
    said = ",".join(f"{key}={github_property(visible(value))}" for key, value in properties.items())
    return f"::{name} {said}::{github_data(chr(10).join(map(visible, lines)))}"
