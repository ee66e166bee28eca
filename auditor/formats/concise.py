"""The `concise` format: one line per finding, `place: severity CODE message [name]`, for editors and grep.

GitHub makes annotations of it with the problem matcher beside `auditor/integrations/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.formats.escape import log_line, visible
from auditor.formats.parts import incomplete
from checks.core.finding import Finding
from checks.core.report import DatasetReport, Report


def render(report: Report) -> str:
    """Return one line per finding, worst first within each dataset, and one per dataset not audited in full."""
    return "".join(f"{log_line(visible(line))}\n" for dataset in report.datasets for line in _lines(dataset))


def _lines(dataset: DatasetReport) -> Iterator[str]:
    if (unseen := incomplete(dataset)) is not None:
        yield f"{dataset.name}: incomplete: {unseen}"
    for finding in dataset.findings:
        sure = "" if finding.confidence == "certain" else f"{finding.confidence}: "
        said = f"{finding.severity} {finding.code} {sure}{finding.message} [{finding.name}]"
        line = f"{place(dataset.name, finding)}: {said}"
        yield f"{line} (suppressed: {finding.suppressed})" if finding.suppressed else line


def place(dataset: str, finding: Finding) -> str:
    """Return ``path:line:column`` of a finding's first evidence, or the dataset's name where it has no file."""
    if not finding.evidence or finding.evidence[0].path is None:
        return dataset
    first = finding.evidence[0]
    parts = [str(first.path), *(str(each) for each in (first.line, first.column) if each is not None)]
    return ":".join(parts)
