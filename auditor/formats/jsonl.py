"""One JSON object per line: what was asked, then each dataset, its conditions and its findings.

Every object has a `type`, and all but the first name their dataset, so that a line can be read alone. The fields
are those of `--format json`. The text is ASCII: whatever a dataset holds is escaped by the encoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.formats.escape import ascii_json
from checks.core.report import Report


def render(report: Report) -> str:
    """Return the report as JSON lines."""
    return "".join(ascii_json(each) + "\n" for each in _objects(report))


def _objects(report: Report) -> Iterator[dict[str, Any]]:
    # Not `mode="json"`: pydantic's own encoder refuses lone surrogates, which real files hold.
    yield {"type": "report", **report.model_dump(exclude={"datasets"})}
    for dataset in report.datasets:
        yield {"type": "dataset", **dataset.model_dump(exclude={"conditions", "findings"})}
        for condition in dataset.conditions:
            yield {"type": "condition", "dataset": dataset.name, **condition.model_dump()}
        for finding in dataset.findings:
            yield {"type": "finding", "dataset": dataset.name, **finding.model_dump()}
