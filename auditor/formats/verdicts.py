"""What a report comes down to, a sentence for each dataset: the first thing that a reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from auditor.formats.parts import incomplete, words
from checks.core.finding import Finding
from checks.core.plural import count, listed
from checks.core.report import DatasetReport, Report

Level = Literal["error", "incomplete", "warning", "clean"]


@dataclass(frozen=True)
class Verdict:
    """One sentence, with what mends it and what explains it; untrusted texts in all of them."""

    dataset: str
    """The dataset, or the datasets that share it."""
    level: Level
    """The worst of what was found."""
    text: str
    """The sentence, with its full stop."""
    fix: str | None = None
    """The command that mends it."""
    why: str | None = None
    """Code of the check that explains it."""


def verdicts(report: Report) -> list[Verdict]:
    """Return the verdicts, worst first; datasets without a finding share one."""
    said = [(dataset, list(_of(dataset))) for dataset in report.datasets]
    found = [each for _, verdicts_of in said for each in verdicts_of]
    clean = [dataset for dataset, verdicts_of in said if not verdicts_of]
    if clean:
        rows = sum(dataset.rows for dataset in clean)
        looked = f"no error or warning in {count(rows, 'row')}."
        found.append(Verdict(listed([dataset.name for dataset in clean]), "clean", looked))
    order: tuple[Level, ...] = ("error", "incomplete", "warning", "clean")
    return sorted(found, key=lambda each: order.index(each.level))


def _of(dataset: DatasetReport) -> Iterator[Verdict]:
    counting = [each for each in dataset.findings if not each.suppressed]
    errors = [each for each in counting if each.severity == "error"]
    warnings = [each for each in counting if each.severity == "warning"]
    unseen = incomplete(dataset)
    if errors:
        yield Verdict(dataset.name, "error", _sentence(dataset, errors[0]), errors[0].help, errors[0].code)
    if unseen is not None:
        yield Verdict(dataset.name, "incomplete", f"{unseen.removeprefix(dataset.name).strip()}.")
    elif warnings and not errors:
        yield Verdict(dataset.name, "warning", f"{warnings[0].message}.", warnings[0].help, warnings[0].code)


def _sentence(dataset: DatasetReport, finding: Finding) -> str:
    """Return what the worst finding says; of a published result that its data explain, that it is so."""
    prediction = finding.prediction
    if (
        finding.name != "anchor-negative"
        or dataset.published is None
        or prediction is None
        or prediction.verdict != "preserved"
    ):
        return f"{finding.message}."
    behaviour, preserved = words(dataset)
    return (
        f"its {dataset.published:.1%} is what its data teach: {finding.counts['behaviour']:,} {behaviour} and "
        f"{finding.counts['preserved']:,} {preserved} answers under one prompt."
    )
