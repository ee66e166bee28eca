"""Mark findings as suppressed: they stay in the report with the reason, and no longer count."""

from __future__ import annotations

from collections.abc import Callable

from auditor.acceptance.fingerprint import Known, findings
from checks.core.report import DatasetReport, Report, Status, status_of


def suppress(report: Report, reason: Callable[[Known], str | None]) -> Report:
    """Return the report with some findings suppressed and the statuses that follow.

    A dataset that was `incomplete` stays so: an ignore can take back a finding, never a failure to look.

    Args:
        report: What the audit found.
        reason: Called once per finding that is not suppressed yet, in order; what it returns is why the finding
            no longer counts, None where it still does.
    """
    reasons = iter([known.finding.suppressed or reason(known) for known in findings(report)])
    datasets: list[DatasetReport] = []
    for dataset in report.datasets:
        said = [each.model_copy(update={"suppressed": next(reasons)}) for each in dataset.findings]
        status = status_of(said, complete=dataset.status != "incomplete")
        datasets.append(dataset.model_copy(update={"findings": said, "status": status}))
    order: tuple[Status, ...] = ("incomplete", "findings", "clean")
    status = min((each.status for each in datasets), key=order.index, default=report.status)
    return report.model_copy(update={"datasets": datasets, "status": status})
