"""Check results: can they be read at all?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.scanning.shown import ShownReport
from builders.digest import digest
from checks.core.finding import Severity
from checks.core.report import DatasetReport, Report, status_of, tool_info
from checks.core.result import ResultSet
from checks.core.wider import observe


def check_results(
    results: ResultSet,
    *,
    target: str,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
) -> Report:
    """Run the RES checks on a study.

    Args:
        results: Runs, and what was compared and claimed.
        target: What reports call it.
        select: Codes, names or families of checks to run; all where empty.
        ignore: The same, of checks to leave out.
        severities: Code -> severity that replaces what the check says.

    Returns:
        A report of one entry, the study: its rows are those that all runs trained on together, and it has no
        conditions of its own.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    findings = observe("results", results, select=select, ignore=ignore, severities=severities)
    status = status_of(findings, complete=bool(results.runs))
    study = DatasetReport(
        name=target,
        digest=digest(results.model_dump(mode="json")),
        rows=sum(run.rows for run in results.runs),
        status=status,
        conditions=[],
        findings=findings,
    )
    return ShownReport(tool=tool_info(), target=target, status=status, template=None, datasets=[study])
