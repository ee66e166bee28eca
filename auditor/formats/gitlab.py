"""GitLab's Code Quality report: a JSON array that the merge request widget compares between branches.

See docs.gitlab.com, "Code Quality report format". GitLab wants a path and a line for everything: a finding about
composed rows, which stand in no file, names its dataset and line 1.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.acceptance.fingerprint import Known, known_findings
from auditor.formats.escape import ascii_json, visible
from auditor.formats.parts import incomplete, place
from builders.digest import digest
from checks.core.finding import Severity
from checks.core.report import Report

_SEVERITIES: Final[dict[Severity, str]] = {"error": "critical", "warning": "minor", "note": "info"}


def render(report: Report) -> str:
    """Return the report as a JSON array; a dataset that could not be audited in full is a blocker."""
    issues = [
        {
            "description": visible(unseen),
            "check_name": "audit-incomplete",
            "fingerprint": digest(["audit-incomplete", dataset.name]),
            "severity": "blocker",
            "location": {"path": visible(dataset.name), "lines": {"begin": 1}},
        }
        for dataset in report.datasets
        if (unseen := incomplete(dataset)) is not None
    ]
    return ascii_json([*issues, *map(_issue, known_findings(report))], indent=2) + "\n"


def _issue(known: Known) -> dict[str, Any]:
    finding, where = known.finding, place(known.finding)
    description = f"{finding.code} {finding.name}: {finding.message}"
    if finding.suppressed:
        description += f" (suppressed: {finding.suppressed})"
    return {
        "description": visible(description),
        "check_name": finding.name,
        "fingerprint": known.identity,
        "severity": "info" if finding.suppressed else _SEVERITIES[finding.severity],
        "location": {
            "path": visible(str(where.path) if where else known.dataset.name),
            "lines": {"begin": (where.line if where else None) or 1},
        },
    }
