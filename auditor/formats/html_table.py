"""What a notebook shows: plain tables and a list, no style of their own, nothing from elsewhere, all text escaped."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.formats.escape import html
from auditor.formats.parts import incomplete, position, predicted, title
from checks.core.finding import Finding
from checks.core.plural import count
from checks.core.report import ConditionReport, DatasetReport, Report

_COLUMNS = ("dataset", "resolved system prompt", "by", "personas", "role", "behaviour", "preserved")
_LAST = ("unlabelled", "predicted")


def render(report: Report) -> str:
    """Return the report as an HTML fragment: one table of all conditions, then the findings."""
    head = "".join(f"<th>{column}</th>" for column in (*_COLUMNS, *_LAST))
    rows = "".join(
        _row(dataset, condition) for dataset in report.datasets for condition in dataset.conditions
    )
    found = "".join(_finding(dataset, finding) for dataset in report.datasets for finding in dataset.findings)
    unseen = [said for dataset in report.datasets if (said := incomplete(dataset)) is not None]
    missing = "".join(f"<p><strong>incomplete</strong>: {html(said)}</p>" for said in unseen)
    return (
        f"<div><p>Audit of {html(report.target)}: <strong>{report.status}</strong> "
        f"{html(f'({report.template.origin})') if report.template else ''}</p>{missing}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        + (f"<ul>{found}</ul></div>" if found else "<p>no findings</p></div>")
    )


def _row(dataset: DatasetReport, condition: ConditionReport) -> str:
    seen = (
        "<em>none</em>" if condition.resolved_system is None else f"<q>{html(condition.resolved_system)}</q>"
    )
    cells = [
        html(dataset.name),
        seen,
        condition.resolved_by,
        html(", ".join(condition.personas)),
        condition.role or "",
        f"{condition.behaviour:,}",
        f"{condition.preserved:,}",
        f"{condition.unlabelled:,}",
        html(predicted(condition.prediction)),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _finding(dataset: DatasetReport, finding: Finding) -> str:
    lines = [
        f"<strong>{finding.severity}: {html(title(finding))}</strong> {html(dataset.name)}: {html(finding.message)}"
    ]
    if finding.suppressed:
        lines.append(f"suppressed: {html(finding.suppressed)}")
    if finding.help:
        lines.append(f"help: <code>{html(finding.help)}</code>")
    return f"<li>{'<br>'.join(lines)}{_evidence(finding)}</li>"


def _evidence(finding: Finding) -> str:
    if not finding.evidence:
        return ""
    shown = "".join(_items(f"{position(each)}: {each.text}".removeprefix(": ") for each in finding.evidence))
    return f"<details><summary>{count(len(finding.evidence), 'piece')} of evidence</summary><ul>{shown}</ul></details>"


def _items(texts: Iterable[str]) -> Iterable[str]:
    return (f"<li><code>{html(text)}</code></li>" for text in texts)
