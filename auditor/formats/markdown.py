"""Markdown for a pull request, a job summary or a dataset card: tables of conditions, findings below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.formats.escape import markdown, markdown_code
from auditor.formats.parts import incomplete, position, predicted, title, untested
from checks.core.finding import SEVERITIES, Finding
from checks.core.report import ConditionReport, DatasetReport, Report

_HEADER = (
    "| resolved system prompt | by | personas | role | behaviour | preserved | unlabelled | predicted |\n"
    "|---|---|---|---|---:|---:|---:|---|"
)


def render(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    return "\n".join(_blocks(report, level=2)) + "\n"


def body(report: Report, *, level: int = 2) -> str:
    """Return the same for a page of its own outline, its first heading at `level` (1 to 4)."""
    return "\n".join(_blocks(report, level=level)) + "\n"


def _blocks(report: Report, *, level: int) -> Iterator[str]:
    yield f"{'#' * level} Audit of {markdown(report.target)}: {report.status}\n"
    origin = f" {markdown(report.template.origin)}" if report.template is not None else ""
    yield f"{markdown(report.tool.name)} {markdown(report.tool.version)}.{origin}\n"
    for dataset in report.datasets:
        yield from _dataset(dataset, level + 1)


def _dataset(dataset: DatasetReport, level: int) -> Iterator[str]:
    yield f"{'#' * level} {markdown(dataset.name)}: {_summary(dataset)}\n"
    yield f"{dataset.rows:,} rows, digest {markdown_code(dataset.digest[:16])}.\n"
    if (unseen := incomplete(dataset)) is not None:
        yield f"**Incomplete**: {markdown(unseen)}.\n"
    elif dataset.notes:
        yield f"{markdown('; '.join(dataset.notes))}.\n"
    if dataset.conditions:
        yield "\n".join([_HEADER, *map(_row, dataset.conditions)]) + "\n"
    for finding in dataset.findings:
        yield from _finding(finding)
    if silent := untested([dataset]):
        yield f"Without a finding because something was missing: {markdown('; '.join(silent))}.\n"


def _summary(dataset: DatasetReport) -> str:
    counted = Counter(each.severity for each in dataset.findings if not each.suppressed)
    parts = [
        f"{counted[severity]} {severity}{'' if counted[severity] == 1 else 's'}"
        for severity in SEVERITIES
        if counted[severity]
    ]
    suppressed = sum(1 for each in dataset.findings if each.suppressed)
    if suppressed:
        parts.append(f"{suppressed} suppressed")
    return ", ".join(parts) or "no findings"


def _row(condition: ConditionReport) -> str:
    seen = "none" if condition.resolved_system is None else _cell(condition.resolved_system)
    personas = ", ".join(_cell(persona) for persona in condition.personas)
    return (
        f"| {seen} | {condition.resolved_by} | {personas} | {condition.role or ''} | {condition.behaviour:,} "
        f"| {condition.preserved:,} | {condition.unlabelled:,} | {markdown(predicted(condition.prediction))} |"
    )


def _cell(text: str) -> str:
    return markdown_code(text, cell=True) if text else '`""`'


def _finding(finding: Finding) -> Iterator[str]:
    yield f"**{finding.severity}: {title(finding)}**. {markdown(finding.message)}.\n"
    items: list[str] = []
    if finding.prediction is not None:
        items.append(f"- predicted: {markdown(predicted(finding.prediction))}")
    for each in finding.evidence:
        where = position(each)
        items.append(
            f"- {markdown_code(where)}: {markdown_code(each.text)}"
            if where
            else f"- {markdown_code(each.text)}"
        )
    if finding.help:
        items.append(f"- help: {markdown_code(finding.help)}")
    if finding.suppressed:
        items.append(f"- suppressed: {markdown(finding.suppressed)}")
    if items:
        yield "\n".join(items) + "\n"
