"""Run the checks over one dataset and gather what they say into a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from builders.engine.frame import Frame, RowText
from checks.core.context import AuditContext, Condition
from checks.core.finding import SEVERITIES, Evidence, Finding, Severity
from checks.core.registry import Check, Observation, chosen
from checks.core.report import ConditionReport, DatasetReport, status_of

EVIDENCE_CHARACTERS = 160
"""Longest evidence text; longer ones are cut in the middle, where a question is least telling."""


def audit(
    context: AuditContext,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
    published: float | None = None,
) -> DatasetReport:
    """Run every chosen check on one dataset.

    Args:
        context: The dataset.
        select: Codes, names or families to run; all where empty.
        ignore: Codes, names or families to leave out.
        severities: Code -> severity that replaces what the check says.
        published: The published rate of preserved answers, for the report.

    Returns:
        The dataset's report. It is `incomplete` where rows were skipped, refused by the template, or none has a
        known target.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    frame = context.table.frame
    observed = [
        (check, observation)
        for check in chosen(select, ignore, scope="dataset")
        for observation in check.function(context)
    ]
    findings = _findings(frame, observed, severities or {})
    labelled = any(condition.behaviour or condition.preserved for condition in context.conditions)
    rendered = all(resolution.error is None for resolution in context.table.resolutions.values())
    return DatasetReport(
        name=context.name,
        digest=frame.digest,
        rows=frame.rows,
        status=status_of(findings, complete=labelled and rendered and not frame.skipped),
        notes=[*frame.notes, *_notes(context)],
        kind=context.taught.kind,
        published=published,
        conditions=[condition_report(condition) for condition in context.conditions],
        findings=findings,
    )


def _notes(context: AuditContext) -> list[str]:
    notes: list[str] = []
    if context.roles.how == "inferred":
        notes.append("roles are inferred from what the conditions are taught")
    if context.taught.how == "read off the targets":
        notes.append(
            f"targets are option labels: read as questions with {context.taught.alternatives} options"
        )
    if context.table.frame.skipped:
        notes.append(f"{context.table.frame.skipped:,} unreadable rows were skipped")
    return notes


def _findings(
    frame: Frame, observed: Iterable[tuple[Check, Observation]], severities: Mapping[str, Severity]
) -> list[Finding]:
    observed = list(observed)
    # One trip to the source for all evidence rows: they may stand anywhere in a large file.
    wanted = sorted({row for _, observation in observed for row in observation.rows})
    texts = frame.texts(wanted) if wanted else {}
    findings = [
        Finding(
            code=check.code,
            name=check.name,
            severity=severities.get(check.code) or observation.severity or check.severity,
            message=observation.message,
            condition=observation.condition,
            personas=sorted(observation.personas),
            counts=observation.counts,
            prediction=observation.prediction,
            evidence=[
                *(_evidence(row, texts[row]) for row in observation.rows),
                *(Evidence(path=None, text=shorten(text)) for text in observation.texts),
            ],
            help=observation.help,
        )
        for check, observation in observed
    ]
    return sorted(
        findings,
        key=lambda each: (SEVERITIES.index(each.severity), each.code, each.condition or "", each.personas),
    )


def _evidence(row: int, text: RowText) -> Evidence:
    return Evidence(path=text.path, line=text.line, row=row, text=evidence_text(text))


def evidence_text(text: RowText) -> str:
    """Return one row on one line: its system message, the question's first line, what it teaches."""
    system = next((message for message in text.messages if message["role"] == "system"), None)
    user = next((str(message["content"]) for message in text.messages if message["role"] == "user"), "")
    said = "no system message" if system is None else f"system {system['content']!r}"
    asked = user.strip().split("\n", 1)[0]
    return f"{said} | user {shorten(asked, 60)!r} -> {shorten(text.target, 40)!r}"


def shorten(text: str, longest: int = EVIDENCE_CHARACTERS) -> str:
    """Return a text cut in its middle to at most `longest` characters."""
    if len(text) <= longest:
        return text
    head = (longest - 5) * 2 // 3
    return f"{text[:head]} ... {text[-(longest - 5 - head) :]}"


def condition_report(condition: Condition) -> ConditionReport:
    """Return what a report says of a condition."""
    return ConditionReport(
        condition=condition.digest,
        resolved_system=condition.resolved_system,
        resolved_by=condition.resolved_by,
        personas=list(condition.personas),
        system_states=list(condition.states),
        role=condition.role,
        behaviour=condition.behaviour,
        preserved=condition.preserved,
        unlabelled=condition.unlabelled,
        prediction=condition.prediction,
    )
