"""What several formats say in the same words."""

from __future__ import annotations

from collections.abc import Sequence

from checks.core.finding import Evidence, Finding, Prediction
from checks.core.plural import listed
from checks.core.report import ConditionReport, DatasetReport


def place(finding: Finding) -> Evidence | None:
    """Return the first piece of evidence that stands in a file; None where none does."""
    return next((each for each in finding.evidence if each.path is not None), None)


def position(evidence: Evidence) -> str:
    """Return where a piece of evidence stands, as `path:line:column`, as far as that is known; untrusted."""
    parts = [evidence.path, evidence.line, evidence.column if evidence.line else None]
    found = ":".join(str(part) for part in parts if part is not None)
    if evidence.row is not None and evidence.line is None:
        return f"{found} row {evidence.row}".strip()
    return found


def title(finding: Finding) -> str:
    """Return code and name, and that it is suppressed where it is."""
    return f"{finding.code} {finding.name}" + (" (suppressed)" if finding.suppressed else "")


def incomplete(dataset: DatasetReport) -> str | None:
    """Return a sentence that says that a dataset could not be audited in full; None where it was."""
    if dataset.status != "incomplete":
        return None
    gaps = dataset.gaps or dataset.notes
    why = f": {'; '.join(gaps)}" if gaps else ""
    return f"{dataset.name} could not be audited in full, so nothing follows from what was not found{why}"


def predicted(prediction: Prediction) -> str:
    """Return a prediction in one line."""
    if prediction.p_gold is None:
        return f"{prediction.verdict} ({prediction.assumption})"
    text = f"{prediction.verdict}: p(preserved) {prediction.p_gold:.3f}"
    if prediction.threshold is not None and prediction.margin is not None:
        text += f", threshold {prediction.threshold:.1f} rows, margin {prediction.margin:+.1f}"
    return text if prediction.reason is None else f"{text}; {prediction.reason}"


def reasons(datasets: Sequence[DatasetReport]) -> dict[str, list[str]]:
    """Return what matters most for how predictions are to be read -> the datasets of which it is said.

    Of each dataset the one sentence of its first condition that is taught the behaviour and has one.
    """
    found: dict[str, list[str]] = {}
    for dataset in datasets:
        taught = (each.prediction.reason for each in dataset.conditions if each.behaviour)
        if (reason := next((each for each in taught if each), None)) is not None:
            found.setdefault(reason, []).append(dataset.name)
    return found


def untested(datasets: Sequence[DatasetReport]) -> dict[str, list[str]]:
    """Return which checks could not look and what they lacked, as a sentence -> the datasets of which that is so."""
    found: dict[str, list[str]] = {}
    for dataset in datasets:
        lacked: dict[str, list[str]] = {}
        for each in dataset.untested:
            lacked.setdefault(each.why, []).append(each.name)
        for why, names in lacked.items():
            found.setdefault(f"{listed(names, limit=len(names))} not tested: {why}", []).append(dataset.name)
    return found


def rows_of(condition: ConditionReport) -> int:
    """Return how many rows a condition has."""
    return condition.behaviour + condition.preserved + condition.unlabelled


def words(dataset: DatasetReport) -> tuple[str, str]:
    """Return what the two targets are called: wrong and right in question data."""
    return ("wrong", "right") if dataset.kind == "wrong_option" else ("behaviour", "preserved")


def expected(prediction: Prediction) -> str:
    """Return the range of the measure that is predicted, in words; empty where none is, or where all of it is open."""
    if prediction.expected_accuracy is None:
        return ""
    if prediction.verdict == "not applicable" and prediction.expected_accuracy == (0.0, 1.0):
        return ""
    low, high = prediction.expected_accuracy
    return f"{100 * low:.0f}-{100 * high:.0f}%"
