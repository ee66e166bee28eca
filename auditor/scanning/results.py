"""Check results: can they be read at all?"""

from __future__ import annotations

from auditor.scanning.shown import ShownReport
from builders.digest import digest
from checks.core.judging import status_of
from checks.core.report import DatasetReport, Report, tool_info
from checks.core.result import ResultSet
from checks.core.selection import Selection
from checks.core.wider import observe, untested


def check_results(results: ResultSet, *, target: str, selection: Selection | None = None) -> Report:
    """Run the RES checks on a study.

    Args:
        results: Runs, and what was compared and claimed.
        target: What reports call it.
        selection: Which checks run; all where None.

    Returns:
        A report of one entry, the study: its rows are those that all runs trained on together, and it has no
        conditions of its own.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    findings = observe("results", results, selection)
    status = status_of(findings, complete=bool(results.runs))
    study = DatasetReport(
        name=target,
        digest=digest(results.model_dump(mode="json")),
        rows=sum(run.rows for run in results.runs),
        status=status,
        conditions=[],
        findings=findings,
        untested=untested("results", results, findings, selection),
    )
    return ShownReport(tool=tool_info(), target=target, status=status, template=None, datasets=[study])
