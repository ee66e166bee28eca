"""Tell findings apart by what they say, so that one is recognised after rows or lines have moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from builders.digest import digest
from checks.core.finding import Finding
from checks.core.report import DatasetReport, Report


@dataclass(frozen=True)
class Known:
    """One finding in its place, under a name of its own."""

    dataset: DatasetReport
    """The dataset that it is about."""
    finding: Finding
    """The finding."""
    fingerprint: str
    """What it says, as 64 hex digits; findings that say the same share it."""
    occurrence: int
    """Which of those it is, counted from 0 in the report's order."""

    @property
    def identity(self) -> str:
        """Fingerprint and occurrence as 64 hex digits: unique in a report."""
        return digest([self.fingerprint, self.occurrence])


def fingerprint(dataset: str, finding: Finding) -> str:
    """Return the digest of what a finding says.

    Line numbers, rows and the rows picked as evidence are left out: they change when a file is sorted or grows.
    A finding in a source file (its evidence has columns) says what the code there is, so that text counts.

    Args:
        dataset: The name of the dataset or file that it is about.
        finding: The finding.
    """
    code = [[each.path, each.text] for each in finding.evidence if each.column is not None]
    said = [finding.code, dataset, finding.condition, sorted(finding.personas), finding.message, code]
    return digest(said)


def known_findings(report: Report) -> Iterator[Known]:
    """Yield every finding of a report in order, suppressed ones included."""
    seen: Counter[str] = Counter()
    for dataset in report.datasets:
        for finding in dataset.findings:
            mark = fingerprint(dataset.name, finding)
            yield Known(dataset, finding, mark, seen[mark])
            seen[mark] += 1
