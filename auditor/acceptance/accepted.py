"""What somebody has already decided about findings: ignores with a reason, and a baseline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.acceptance.baseline import compare, load_baseline, write_baseline
from auditor.formats.escape import visible
from auditor.request.config import Config, suppress_ignored
from checks.core.plural import count
from checks.core.registry import find_check
from checks.core.report import Report


def accept(
    report: Report, config: Config, *, write_to: Path | None = None, warn: Callable[[str], None]
) -> Report:
    """Suppress what the configuration ignores and what the baseline knows.

    Args:
        report: What the audit found.
        config: The settings that hold.
        write_to: Write what is left as a baseline to this file, and take it as known; instead of reading one.
        warn: Called with a line about each ignore that matched nothing, and about a baseline that knows more
            than there is. It is printable.

    Raises:
        InputError: if the baseline cannot be read.
        OutputError: if it cannot be written.
    """
    report, unused = suppress_ignored(report, config)
    for ignore in unused:
        # One configuration serves scans and lints: an ignore of the other kind had nothing to match here.
        if (find_check(ignore.check).scope == "script") is (report.template is None):
            warn(visible(f"{ignore.where}: nothing to ignore: no {ignore.check} in {ignore.target}"))
    if write_to is not None:
        return compare(report, write_baseline(report, write_to), name=str(write_to)).report
    if config.baseline is None:
        return report
    compared = compare(report, load_baseline(config.baseline), name=str(config.baseline))
    if gone := sum(entry.count for entry in compared.gone):
        findings = count(gone, "finding")
        warn(
            visible(
                f"{config.baseline}: {findings} of it not found any more; --write-baseline writes it anew"
            )
        )
    return compared.report
