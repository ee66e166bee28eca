"""From a report to a yes or no: what stops a test, a training run or an upload."""

from __future__ import annotations

from auditor.formats.escape import visible
from auditor.formats.parts import incomplete, position
from builders.errors import AuditError
from checks.core.finding import Finding
from checks.core.judging import FailOn, failing
from checks.core.report import Report


class ConfoundError(AuditError):
    """An audit found what it was told to fail on, or could not look at everything.

    Attributes:
        report: The whole report.
    """

    def __init__(self, report: Report, message: str) -> None:
        super().__init__(message)
        self.report = report


def raise_on(report: Report, fail_on: FailOn) -> None:
    """Raise if a report holds what it should not; an audit that could not look everywhere never passes.

    Args:
        report: What the audit found.
        fail_on: Severity from which a finding counts; ``never`` lets every finding pass.

    Raises:
        ConfoundError: if anything counts; its message reads as the findings do.
        UnknownNameError: if `fail_on` is no severity and not ``never``.
    """
    said = [described(dataset.name, finding) for dataset, finding in failing(report, fail_on)]
    said += [visible(unseen) for dataset in report.datasets if (unseen := incomplete(dataset)) is not None]
    if said:
        raise ConfoundError(report, "\n".join(said))


def described(dataset: str, finding: Finding) -> str:
    """Return a finding in the words of the terminal: place, code, message, evidence, help."""
    lines = [visible(f"{dataset}: {finding.code} {finding.severity} {finding.message} [{finding.name}]")]
    lines += [
        f"  {visible(f'{position(each)}: {each.text}'.removeprefix(': '))}" for each in finding.evidence
    ]
    if finding.help:
        lines.append(f"  help: {visible(finding.help)}")
    return "\n".join(lines)
