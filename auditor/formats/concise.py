"""The `concise` format: one line per finding, `place: CODE message [name]`, for editors and grep."""

from __future__ import annotations

from auditor.formats.escape import log_line, visible
from checks.finding import Finding
from checks.report import Report


def render(report: Report) -> str:
    """Return one line per finding, worst first within each dataset; empty where there are none."""
    lines = [
        f"{place(dataset.name, finding)}: {finding.code} {finding.message} [{finding.name}]"
        + (f" (suppressed: {finding.suppressed})" if finding.suppressed else "")
        for dataset in report.datasets
        for finding in dataset.findings
    ]
    return "".join(f"{log_line(visible(line))}\n" for line in lines)


def place(dataset: str, finding: Finding) -> str:
    """Return ``path:line:column`` of a finding's first evidence, or the dataset's name where it has no file."""
    if not finding.evidence or finding.evidence[0].path is None:
        return dataset
    first = finding.evidence[0]
    parts = [str(first.path), *(str(each) for each in (first.line, first.column) if each is not None)]
    return ":".join(parts)
