"""Findings already known: written once, and from then on only what is new counts.

A finding is recognised by what it says (`auditor.acceptance.fingerprint`), so sorted files, added rows above it
and new line numbers do not bring it back; a change of its counts does, because then it says something else.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.acceptance.fingerprint import Known, fingerprint, known_findings
from auditor.formats import write_file
from auditor.formats.escape import ascii_json
from builders.errors import InputError, first_line
from checks.core.finding import Finding
from checks.core.judging import suppress
from checks.core.report import DatasetReport, Report


class BaselineEntry(BaseModel):
    """One known finding; all but the fingerprint and the count is there for the reader."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fingerprint: str = Field(pattern="^[0-9a-f]{64}$")
    """Digest of what it says."""
    count: int = Field(ge=1)
    """How many findings say it."""
    code: str
    """The check's code."""
    name: str
    """The check's name."""
    dataset: str
    """The dataset that it is about."""
    message: str
    """What was found."""


class Baseline(BaseModel):
    """A file of known findings."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = 1
    """Version of this file's shape."""
    findings: list[BaselineEntry]
    """Sorted by dataset, code and fingerprint, so that a diff of two baselines can be read."""


@dataclass(frozen=True)
class Compared:
    """A report beside a baseline."""

    report: Report
    """The report, known findings suppressed."""
    gone: list[BaselineEntry]
    """What the baseline knows and the report no longer has; `count` says how many of each."""


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        InputError: if the file cannot be read or is no baseline.
    """
    advice = "write it anew with --write-baseline FILE"
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
        return Baseline.model_validate(value)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), help=advice) from error
    except (ValueError, ValidationError, RecursionError) as error:
        reason = first_line(error)
        raise InputError(f"is no baseline: {reason}", where=str(path), help=advice) from error


def write_baseline(report: Report, path: Path) -> Baseline:
    """Write the findings of a report that count as known, and return them.

    Findings that are suppressed for a reason of their own are left out: their reason has to be kept up.

    Raises:
        OutputError: if the file cannot be written.
    """
    counted: Counter[str] = Counter()
    first: dict[str, Known] = {}
    for known in known_findings(report):
        if known.finding.suppressed is None:
            counted[known.fingerprint] += 1
            first.setdefault(known.fingerprint, known)
    entries = [
        BaselineEntry(
            fingerprint=mark,
            count=counted[mark],
            code=known.finding.code,
            name=known.finding.name,
            dataset=known.dataset.name,
            message=known.finding.message,
        )
        for mark, known in first.items()
    ]
    entries.sort(key=lambda each: (each.dataset, each.code, each.fingerprint))
    baseline = Baseline(findings=entries)
    write_file(path, ascii_json(baseline.model_dump(), indent=2) + "\n")
    return baseline


def compare(report: Report, baseline: Baseline, *, name: str) -> Compared:
    """Suppress what a baseline knows.

    Args:
        report: What the audit found.
        baseline: What was known before.
        name: What to call the baseline in the reason, its path as a rule.
    """
    left = Counter({entry.fingerprint: entry.count for entry in baseline.findings})

    def reason(dataset: DatasetReport, finding: Finding) -> str | None:
        mark = fingerprint(dataset.name, finding)
        if left[mark] == 0:
            return None
        left[mark] -= 1
        return f"known, in {name}"

    compared = suppress(report, reason)
    gone = [
        entry.model_copy(update={"count": left[entry.fingerprint]})
        for entry in baseline.findings
        if left[entry.fingerprint]
    ]
    return Compared(compared, gone)
