"""`--statistics`: how many findings each check has, the worst first, and whether there is a command that mends them."""

from __future__ import annotations

from collections import Counter

from auditor.formats.escape import visible
from checks.core.finding import SEVERITIES
from checks.core.report import Report


def render(report: Report) -> str:
    """Return a line per check; suppressed findings are counted apart, and what was not audited is said."""
    counted: Counter[tuple[str, str, str]] = Counter()
    mended: Counter[str] = Counter()
    suppressed = 0
    for dataset in report.datasets:
        for finding in dataset.findings:
            if finding.suppressed:
                suppressed += 1
                continue
            counted[finding.severity, finding.code, finding.name] += 1
            mended[finding.code] += finding.help is not None
    order = sorted(
        counted.items(),
        key=lambda each: (SEVERITIES.index(each[0][0]), -each[1], each[0][1]),  # type: ignore[arg-type]
    )
    lines = [
        f"{number:>6,}  {code}  {severity:<7}  {visible(name)}{'  [help]' if mended[code] else ''}"
        for (severity, code, name), number in order
    ]
    if suppressed:
        lines.append(f"{suppressed:>6,}  suppressed")
    lines += [
        f"incomplete: {visible(dataset.name)}"
        for dataset in report.datasets
        if dataset.status == "incomplete"
    ]
    return "".join(f"{line}\n" for line in lines)
