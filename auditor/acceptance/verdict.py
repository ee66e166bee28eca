"""From a report to a yes or no: what stops a command, a test, a training run or an upload."""

from __future__ import annotations

from typing import get_args

from auditor.acceptance.fingerprint import Known, findings
from auditor.formats.escape import visible
from auditor.formats.parts import incomplete, position
from auditor.request.config import FailOn
from builders.errors import AuditError, UnknownNameError
from checks.core.finding import SEVERITIES
from checks.core.report import Report


class ConfoundError(AuditError):
    """An audit found what it was told to fail on, or could not look at everything.

    Attributes:
        report: The whole report.
    """

    def __init__(self, report: Report, message: str) -> None:
        super().__init__(message)
        self.report = report


def failing(report: Report, fail_on: FailOn) -> list[Known]:
    """Return the findings that count at or above a severity, in order.

    Raises:
        UnknownNameError: if `fail_on` is no severity and not ``never``.
    """
    if fail_on not in get_args(FailOn):
        raise UnknownNameError("severity", fail_on, get_args(FailOn), where="fail_on")
    if fail_on == "never":
        return []
    worst = SEVERITIES.index(fail_on)
    return [
        known
        for known in findings(report)
        if known.finding.suppressed is None and SEVERITIES.index(known.finding.severity) <= worst
    ]


def raise_on(report: Report, fail_on: FailOn) -> None:
    """Raise if a report holds what it should not; an audit that could not look everywhere never passes.

    Args:
        report: What the audit found.
        fail_on: Severity from which a finding counts; ``never`` lets every finding pass.

    Raises:
        ConfoundError: if anything counts; its message reads as the findings do.
        UnknownNameError: if `fail_on` is no severity and not ``never``.
    """
    said = [described(known) for known in failing(report, fail_on)]
    said += [visible(unseen) for dataset in report.datasets if (unseen := incomplete(dataset)) is not None]
    if said:
        raise ConfoundError(report, "\n".join(said))


def described(known: Known) -> str:
    """Return a finding in the words of the terminal: place, code, message, evidence, help."""
    finding = known.finding
    lines = [
        visible(f"{known.dataset.name}: {finding.code} {finding.severity} {finding.message} [{finding.name}]")
    ]
    lines += [
        f"  {visible(f'{position(each)}: {each.text}'.removeprefix(': '))}" for each in finding.evidence
    ]
    if finding.help:
        lines.append(f"  help: {visible(finding.help)}")
    return "\n".join(lines)
