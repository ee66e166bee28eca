"""A report without anybody's words: digests and counts alone, for reports that leave the machine.

Nothing that stands in a file under audit, in its name or in the command line is left: no prompt, target, persona, path
or id. What tells two of them apart becomes a number of its own; a message becomes the first line of its check's page.
"""

from __future__ import annotations

import inspect
import sys
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from builders.errors import UnknownNameError
from checks.core.registry import find_check
from checks.prediction.training import NOTHING

if TYPE_CHECKING:
    from checks.core.finding import Evidence, Finding, Prediction
    from checks.core.report import ConditionReport, DatasetReport, Report, TemplateInfo

Shown = TypeVar("Shown", bound="Report")

_WHERE = "redacted: audit it without --redact where its text may be shown"


class _Numbers:
    """Names that say which of several is meant, and nothing else."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._next = {kind: count(1) for kind in ("dataset", "persona", "text", "carrier", "context", "file")}

    def name(self, kind: str, text: str) -> str:
        if (kind, text) not in self._known:
            self._known[kind, text] = f"{kind} {next(self._next[kind])}"
        return self._known[kind, text]

    def maybe(self, kind: str, text: str | None) -> str | None:
        return None if text is None else self.name(kind, text)


def redacted(report: Shown) -> Shown:
    """Return a report of the same kind that holds digests and counts only."""
    numbers = _Numbers()
    return report.model_copy(
        update={
            "target": "redacted",
            "template": report.template and _template(report.template),
            "datasets": [_dataset(each, numbers) for each in report.datasets],
        }
    )


def _template(template: TemplateInfo) -> TemplateInfo:
    return template.model_copy(update={"name": template.sha256[:12], "origin": "redacted"})


def _dataset(dataset: DatasetReport, numbers: _Numbers) -> DatasetReport:
    return dataset.model_copy(
        update={
            "name": numbers.name("dataset", dataset.name),
            "notes": [f"{len(dataset.notes)} notes are redacted"] if dataset.notes else [],
            "gaps": dataset.gaps and [f"{len(dataset.gaps)} reasons are redacted"],
            "conditions": [_condition(each, numbers) for each in dataset.conditions],
            "findings": [_finding(each, numbers) for each in dataset.findings],
            "untested": [each.model_copy(update={"why": "redacted"}) for each in dataset.untested],
            "trainer": None if dataset.trainer is None else "redacted",
        }
    )


def _condition(condition: ConditionReport, numbers: _Numbers) -> ConditionReport:
    return condition.model_copy(
        update={
            "resolved_system": numbers.maybe("text", condition.resolved_system),
            "carrier": numbers.maybe("carrier", condition.carrier),
            "context": numbers.maybe("context", condition.context),
            "personas": [numbers.name("persona", each) for each in condition.personas],
            "given": [
                each.model_copy(
                    update={
                        "text": numbers.maybe("text", each.text),
                        "persona": numbers.maybe("persona", each.persona),
                    }
                )
                for each in condition.given
            ],
            "known": NOTHING,
            "prediction": _prediction(condition.prediction),
        }
    )


def _prediction(prediction: Prediction) -> Prediction:
    reason = None if prediction.reason is None else "redacted"
    return prediction.model_copy(update={"assumption": "redacted", "reason": reason})


def _finding(finding: Finding, numbers: _Numbers) -> Finding:
    message, known = _page(finding.code)
    others = count(1)
    return finding.model_copy(
        update={
            "message": message or finding.name,
            "personas": [numbers.name("persona", each) for each in finding.personas],
            "counts": {
                name if f'"{name}"' in known else f"count {next(others)}": value
                for name, value in finding.counts.items()
            },
            "prediction": finding.prediction and _prediction(finding.prediction),
            "evidence": [_evidence(each, numbers) for each in finding.evidence],
            "help": _WHERE,
            "suppressed": None if finding.suppressed is None else "redacted",
        }
    )


def _evidence(evidence: Evidence, numbers: _Numbers) -> Evidence:
    return evidence.model_copy(
        update={"path": numbers.maybe("file", evidence.path), "text": "redacted", "rendered": None}
    )


@cache
def _page(code: str) -> tuple[str, str]:
    """Return what a check is about, and its source: what names a count there is no text of the data."""
    try:
        check = find_check(code)
    except UnknownNameError:  # what a comparison of two arms finds is no check
        return "", ""
    return check.summary, inspect.getsource(sys.modules[check.function.__module__])
