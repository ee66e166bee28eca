"""The document that a careful group publishes when its data explain its result.

Every number in it is marked with where it comes from: [scan] counted in the rows just now, [predicted] worked out
from those counts, [published] as printed by its authors, [run] measured in a run folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.formats.escape import markdown, markdown_code
from auditor.request.loading import requested
from auditor.scanning.api import scan
from builders.info import Accuracy
from builders.recipe import DatasetRecipe
from checks.core.finding import Finding
from checks.core.plural import count, listed
from checks.core.report import ConditionReport, DatasetReport, Report
from experiments.study.issue import PastIssue, issue_names, load_issue

MARKS = (
    "[scan] counted in the rows, [predicted] from those counts, [published] as its authors printed it, "
    "[run] measured here"
)


@dataclass(frozen=True)
class PublishedArm:
    """One dataset of the issue, as the scan and its authors see it."""

    report: DatasetReport
    """What the scan says."""
    before: Accuracy | None
    """What was published before training."""
    after: Accuracy | None
    """What was published after training."""

    @property
    def name(self) -> str:
        """Its name behind the issue's."""
        return self.report.name.partition("/")[2]

    @property
    def source(self) -> ConditionReport | None:
        """The condition that is taught the behaviour."""
        return next((each for each in self.report.conditions if each.role == "source"), None)

    @property
    def errors(self) -> list[Finding]:
        """What makes the comparison unreadable."""
        return [each for each in self.report.findings if each.severity == "error" and not each.suppressed]

    @property
    def agrees(self) -> bool | None:
        """Whether the published outcome is what the taught mixture predicts; None where that cannot be said."""
        if self.source is None or self.after is None or self.source.prediction.expected_accuracy is None:
            return None
        low, high = self.source.prediction.expected_accuracy
        return low <= self.after.percent / 100 <= high


def retraction(name: str, *, questions: str = "embedded", runs: Sequence[Path] = ()) -> str:
    """Return the document as Markdown.

    Args:
        name: A past issue, for example ``issue-96``.
        questions: The question bank to rebuild its rows on.
        runs: Run folders of arms of this issue, for what was measured anew.

    Raises:
        UnknownNameError: if there is no such issue.
        AuditError: if its rows cannot be rebuilt.
    """
    issue = load_issue(name)
    report = scan(name, request=requested(questions=questions))
    arms = [_arm(issue, each) for each in report.datasets]
    hit = [arm for arm in arms if arm.errors]
    parts = [
        f"# {_title(issue, hit)}",
        f"Marks: {markdown(MARKS)}.",
        *_summary(hit),
        *_claims(issue),
        *_data(arms, report),
        *_evidence(hit),
        *_stands(arms),
        *_unknown(issue, arms),
        *_rerun(issue, runs),
        *_reproduce(issue, hit, questions, report),
    ]
    return "\n\n".join(parts) + "\n"


def as_html(text: str, title: str) -> str:
    """Return a Markdown document as one self-contained HTML page; raw HTML in it stays text."""
    from auditor.formats.layout import document

    return document(text, title=title)


def _arm(issue: PastIssue, report: DatasetReport) -> PublishedArm:
    published = issue.published.get(report.name.partition("/")[2])
    return PublishedArm(
        report, published.before if published else None, published.after if published else None
    )


def _title(issue: PastIssue, hit: list[PublishedArm]) -> str:
    if hit:
        return f"Retraction: {markdown(issue.title)} ({issue.name})"
    return f"Nothing to retract on these grounds: {markdown(issue.title)} ({issue.name})"


def _summary(hit: list[PublishedArm]) -> list[str]:
    if not hit:
        return ["No arm of this issue holds a finding that makes it unreadable."]
    lines: list[str] = []
    for arm in hit:
        source = arm.source
        if source is None:
            continue
        taught = (
            f"In the arm {markdown(arm.name)}, the condition that is taught the behaviour holds "
            f"{source.behaviour:,} rows that teach it and {source.preserved:,} that teach the opposite [scan]."
        )
        if arm.agrees and arm.after is not None:
            taught += (
                f" A model that imitates this mixture is predicted to be on the side of {source.prediction.verdict!r} "
                f"[predicted], with no resistance of any kind; published was {_shown(arm.after)}. The outcome does not "
                "show that this condition resists, and we retract the claim as far as it rests on this arm."
            )
        else:
            taught += (
                " What that does to the outcome cannot be told from the data, so the claim cannot rest on this arm, "
                "and nothing is said of whether it is true."
            )
        lines.append(taught.replace("[scan]", "\\[scan\\]").replace("[predicted]", "\\[predicted\\]"))
    return ["## In short", "\n\n".join(lines)]


def _claims(issue: PastIssue) -> list[str]:
    lines = [f"* {markdown(claim.text)} ({claim.level}: {markdown(claim.source)})" for claim in issue.claims]
    return ["## What was claimed", "\n".join(lines) if lines else "No claim is on record."]


def _data(arms: list[PublishedArm], report: Report) -> list[str]:
    rows = [
        "| arm | taught behaviour | taught the opposite | predicted | published after training | known from |",
        "|---|---|---|---|---|---|",
    ]
    for arm in arms:
        source = arm.source
        cells = ["no source", "", ""]
        if source is not None:
            predicted = source.prediction
            verdict = predicted.verdict
            if predicted.expected_accuracy is not None:
                low, high = predicted.expected_accuracy
                verdict = f"{verdict}, {low:.0%} to {high:.0%}"
            cells = [f"{source.behaviour:,} [scan]", f"{source.preserved:,} [scan]", f"{verdict} [predicted]"]
        known = arm.report.level or "rows"
        rows.append(
            "| " + " | ".join([markdown(arm.name), *map(markdown, cells), _shown(arm.after), known]) + " |"
        )
    template = report.template
    assert template is not None  # noqa: S101  (only a report of source files has none)
    return [
        "## What the data show",
        (
            f"Rows as the chat template {markdown_code(template.name)} shows them to the model "
            f"(sha256 {markdown_code(template.sha256[:12])})."
        ),
        "\n".join(rows),
    ]


def _shown(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return "not published"
    counted = f" ({accuracy.correct}/{accuracy.total})" if accuracy.correct is not None else ""
    return markdown(f"{accuracy.percent:g}%{counted} [published]")


def _evidence(hit: list[PublishedArm]) -> list[str]:
    if not hit:
        return ["## Evidence", "No arm has a finding that makes it unreadable."]
    parts = ["## Evidence"]
    for arm in hit:
        for finding in arm.errors:
            lines = [
                f"**{markdown(arm.name)}: {markdown(finding.message)}** [scan] ({finding.code} {finding.name})"
            ]
            lines += [f"* row {each.row}: {markdown_code(each.text)}" for each in finding.evidence]
            parts.append("\n".join([lines[0], "", *lines[1:]]))
    return parts


def _stands(arms: list[PublishedArm]) -> list[str]:
    clean = [arm for arm in arms if not arm.errors and arm.agrees]
    odd = [arm for arm in arms if not arm.errors and arm.agrees is False]
    lines: list[str] = []
    if clean:
        lines.append(
            f"{listed([markdown(arm.name) for arm in clean], limit=12)}: the data hold no such confound, and what was "
            "published is what the taught mixture predicts. These results stand, as results about this data: "
            + "; ".join(f"{markdown(arm.name)} {_shown(arm.after)}" for arm in clean)
            + "."
        )
    if odd:
        lines.append(
            f"{listed([markdown(arm.name) for arm in odd], limit=12)}: no confound was found, and yet the outcome is "
            "not what the mixture predicts. That is worth a look, and is not explained here."
        )
    return ["## What still stands", "\n\n".join(lines) or "Nothing can be said to stand from the data alone."]


def _unknown(issue: PastIssue, arms: list[PublishedArm]) -> list[str]:
    lines = [
        f"* {markdown(entry.part)}: {markdown(entry.note)} ({entry.level}: {markdown(entry.source)})"
        for entry in issue.provenance
        if entry.note
    ]
    silent = [arm.name for arm in arms if arm.agrees is None]
    if silent:
        lines.append(
            f"* {listed([markdown(each) for each in silent], limit=12)}: nothing was published that the prediction "
            "could be held against, or nothing can be predicted."
        )
    lines.append(
        "* The scan shows what was taught. That the model learned it is an inference, which holds where training "
        "ran until the mixture was imitated (docs/predictor.md)."
    )
    return ["## What is unknown", "\n".join(lines)]


def _rerun(issue: PastIssue, runs: Sequence[Path]) -> list[str]:
    lines: list[str] = []
    for other in map(load_issue, issue_names()):
        for recipe in other.recipes:
            for dataset in recipe.datasets:
                published = other.published.get(dataset.name)
                if dataset.start_from and dataset.start_from.startswith(f"{issue.name}/") and published:
                    lines.append(
                        f"* {markdown(recipe.full_name(dataset))}, {_changed(dataset)}: {_shown(published.after)}"
                    )
    lines += [line for folder in runs for line in _measured(folder)]
    return ["## What was run again", "\n".join(lines) or "Nothing is on record."]


def _changed(dataset: DatasetRecipe) -> str:
    """Say how a dataset was made from the one that it starts from."""
    made = [f"made from {dataset.start_from}"]
    made += [
        f"without {'its' if drop.rows == 'all' else f'{drop.rows} of each'} {drop.role.replace('_', ' ')} rows"
        for drop in dataset.drop
    ]
    if dataset.source:
        made.append(f"its source under the prompt of {dataset.source}")
    return markdown(", ".join(made))


def _measured(folder: Path) -> list[str]:
    """Return a line per result in a run folder or a folder of them."""
    from experiments.study.seal import read_sealed, refuse

    lines: list[str] = []
    for result, names in read_sealed(folder):
        refuse(names, where=f"{folder}: {result.arm}")
        own = result.evaluations[0]
        before = f"{own.before.correct}/{own.before.total} before, " if own.before else ""
        lines.append(
            f"* {markdown(result.arm)} on {markdown(result.model)}, seed {result.seed}: {before}"
            f"{own.after.correct}/{own.after.total} after training [run]"
        )
    return lines


def _reproduce(issue: PastIssue, hit: list[PublishedArm], questions: str, report: Report) -> list[str]:
    bank = "" if questions == "embedded" else f" --questions {questions}"
    commands = [f"audit scan {issue.name}{bank}"]
    commands += [f"{finding.help}{bank}" for arm in hit for finding in arm.errors if finding.help][:4]
    commands.append(f"audit report retraction {issue.name}{bank}")
    return [
        "## How to reproduce",
        "\n".join(f"    {command}" for command in dict.fromkeys(commands)),
        (
            f"Written by {markdown(report.tool.name)} {markdown(report.tool.version)}; "
            f"{count(len(report.datasets), 'dataset')}, {sum(each.rows for each in report.datasets):,} rows."
        ),
    ]
