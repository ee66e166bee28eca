"""What somebody has already decided about findings: ignores with a reason, and a baseline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.acceptance.baseline import compare, load_baseline, write_baseline
from auditor.acceptance.redaction import redacted
from auditor.formats.escape import visible
from auditor.request.request import Ignore, Request
from checks.core.finding import Finding
from checks.core.judging import suppress
from checks.core.plural import count
from checks.core.registry import find_check
from checks.core.report import DatasetReport, Report


def accept(
    report: Report, request: Request, *, write_to: Path | None = None, warn: Callable[[str], None]
) -> Report:
    """Suppress what the configuration ignores and what the baseline knows, and redact where that was asked for.

    Args:
        report: What the audit found.
        request: What was asked for.
        write_to: Write what is left as a baseline to this file, and take it as known; instead of reading one.
        warn: Called with a line about each ignore that matched nothing, and about a baseline that knows more
            than there is. It is printable.

    Raises:
        InputError: if the baseline cannot be read.
        OutputError: if it cannot be written.
    """
    report, unused = suppress_ignored(report, request)
    for ignore in unused:
        # One configuration serves scans and lints: an ignore of the other kind had nothing to match here.
        if (find_check(ignore.check).scope == "script") is (report.template is None) and not request.redact:
            warn(visible(f"{ignore.where}: nothing to ignore: no {ignore.check} in {ignore.target}"))
    report = _known(report, request, write_to, warn)
    return redacted(report) if request.redact else report


def _known(report: Report, request: Request, write_to: Path | None, warn: Callable[[str], None]) -> Report:
    if write_to is not None:
        return compare(report, write_baseline(report, write_to), name=str(write_to)).report
    if request.baseline is None:
        return report
    compared = compare(report, load_baseline(request.baseline), name=str(request.baseline))
    if (gone := sum(entry.count for entry in compared.gone)) and not request.redact:
        findings = count(gone, "finding")
        warn(
            visible(
                f"{request.baseline}: {findings} of it not found any more; --write-baseline writes it anew"
            )
        )
    return compared.report


def suppress_ignored(report: Report, request: Request) -> tuple[Report, list[Ignore]]:
    """Suppress what the configuration says to ignore.

    Returns:
        The report, and the entries that matched nothing in it.
    """
    used: set[Ignore] = set()

    def reason(dataset: DatasetReport, finding: Finding) -> str | None:
        for ignore in request.ignores:
            if ignore.matches(finding.code, dataset.name):
                used.add(ignore)
                return ignore.reason
        return None

    suppressed = suppress(report, reason)
    return suppressed, [ignore for ignore in request.ignores if ignore not in used]
