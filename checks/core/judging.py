"""What findings become: the one place that decides their order, severity, suppression, status and exit status."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from builders.errors import UnknownNameError
from checks.core.finding import SEVERITIES, Evidence, Finding, Severity
from checks.core.registry import Check, Observation
from checks.core.report import DatasetReport, Report, Status, Untested

FailOn = Literal["error", "warning", "note", "never"]
"""Severity from which the exit status is 1."""

STATUSES: tuple[Status, ...] = ("incomplete", "findings", "clean")
"""All statuses, worst first."""


def finding_of(
    check: Check, seen: Observation, severities: Mapping[str, Severity], evidence: Sequence[Evidence]
) -> Finding:
    """Return what a check yielded as a finding: what the user says of its severity beats what the check says."""
    return Finding(
        code=check.code,
        name=check.name,
        severity=severities.get(check.code) or seen.severity or check.severity,
        message=seen.message,
        condition=seen.condition,
        personas=sorted(seen.personas),
        counts=seen.counts,
        prediction=seen.prediction,
        evidence=list(evidence),
        help=seen.help,
    )


def untested_of(checks: Iterable[Check], context: Any, spoken: Container[str]) -> list[Untested]:  # noqa: ANN401
    """Return which checks found nothing for want of something, by code.

    Args:
        checks: The checks that ran.
        context: What they looked at.
        spoken: Codes of those that found something.
    """
    return [
        Untested(code=each.code, name=each.name, why=why)
        for each in checks
        if each.code not in spoken and each.wants is not None and (why := each.wants(context)) is not None
    ]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of a dataset as reports show them: the worst first, then by code and what they are about."""
    return sorted(
        findings,
        key=lambda each: (
            SEVERITIES.index(each.severity),
            each.code,
            each.condition or "",
            each.personas,
            each.message,
        ),
    )


def ordered_by_place(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of a text: the worst first, then as the text has them."""

    def key(finding: Finding) -> tuple[int, int, int, str]:
        first = finding.evidence[0]
        return SEVERITIES.index(finding.severity), first.line or 0, first.column or 0, finding.code

    return sorted(findings, key=key)


def status_of(findings: Iterable[Finding], *, complete: bool) -> Status:
    """Return the status that findings and a completeness amount to; notes leave it clean."""
    if not complete:
        return "incomplete"
    counting = any(not each.suppressed and each.severity != "note" for each in findings)
    return "findings" if counting else "clean"


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst of statuses; `incomplete` where nothing was looked at."""
    found = list(statuses)
    return min(found, key=STATUSES.index) if found else "incomplete"


def with_findings(
    report: DatasetReport,
    found: Iterable[Finding],
    *,
    notes: Iterable[str] = (),
    untested: Iterable[Untested] = (),
    complete: bool = True,
) -> DatasetReport:
    """Return a dataset's report with more findings, notes and silences; `incomplete` stays so, or becomes so.

    Where it is not complete any more, the notes say why.
    """
    notes = list(notes)
    gaps = [*(report.gaps or []), *(() if complete else notes)]
    together = ordered([*report.findings, *found])
    status = status_of(together, complete=complete and report.status != "incomplete")
    return report.model_copy(
        update={
            "findings": together,
            "status": status,
            "notes": [*report.notes, *notes],
            "gaps": gaps or None,
            "untested": sorted([*report.untested, *untested], key=lambda each: each.code),
        }
    )


def suppress(report: Report, reason: Callable[[DatasetReport, Finding], str | None]) -> Report:
    """Return the report with some findings suppressed and the statuses that follow.

    A dataset that was `incomplete` stays so: an ignore can take back a finding, never a failure to look.

    Args:
        report: What the audit found.
        reason: Called once per finding that is not suppressed yet, in order; what it returns is why the finding
            no longer counts, None where it still does.
    """
    datasets: list[DatasetReport] = []
    for dataset in report.datasets:
        said = [
            each.model_copy(update={"suppressed": each.suppressed or reason(dataset, each)})
            for each in dataset.findings
        ]
        status = status_of(said, complete=dataset.status != "incomplete")
        datasets.append(dataset.model_copy(update={"findings": said, "status": status}))
    status = worst(each.status for each in datasets) if datasets else report.status
    return report.model_copy(update={"datasets": datasets, "status": status})


def failing(report: Report, fail_on: FailOn) -> list[tuple[DatasetReport, Finding]]:
    """Return the findings that count at or above a severity, with their datasets, in order.

    Raises:
        UnknownNameError: if `fail_on` is no severity and not ``never``.
    """
    if fail_on not in get_args(FailOn):
        raise UnknownNameError("severity", fail_on, get_args(FailOn), where="fail_on")
    if fail_on == "never":
        return []
    last = SEVERITIES.index(fail_on)
    return [
        (dataset, each)
        for dataset in report.datasets
        for each in dataset.findings
        if each.suppressed is None and SEVERITIES.index(each.severity) <= last
    ]


def exit_status(report: Report, fail_on: FailOn) -> int:
    """Return 1 if anything at or above `fail_on` was found, else 2 if something could not be looked at, else 0."""
    if failing(report, fail_on):
        return 1
    return 2 if report.status == "incomplete" else 0
