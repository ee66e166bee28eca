"""What to do next: how to rebuild a dataset, and what the files beside it suggest about how it is trained."""

from __future__ import annotations

from pathlib import Path

from auditor.request.config_keys import Value
from auditor.request.request import Request
from auditor.request.suggestion import suggest
from auditor.scanning.subjects import Subject
from builders.contrast import dependence
from builders.deconfound import even_shares
from builders.templates.neighbours import named_models
from checks.core.context import AuditContext
from checks.core.report import DatasetReport

_SHOWN = 3


def with_suggestions(report: DatasetReport, subject: Subject) -> DatasetReport:
    """Return the report with a note for each model that a file beside the data names.

    For scans where nobody named a template: the default is then the only thing that speaks for it.
    """
    notes = [note for path in subject.frame.paths[:1] for note in suggestions(path)]
    return report.model_copy(update={"notes": [*report.notes, *notes]}) if notes else report


def rebuilding(context: AuditContext, subject: Subject, request: Request) -> str | None:
    """Return the command that rebuilds a dataset without its confound, None where it could not.

    It asks for the size-matched twin only where there are bystander rows enough.
    """
    gone = sum(each.preserved for each in context.sources)
    if not gone or not context.roles.contrast:
        return None
    groups = {
        each.digest: each.preserved
        for each in context.conditions
        if each.role == "bystander" and each.preserved
    }
    options: dict[str, Value] = {**subject.chosen, "deconfound": True}
    if sum(rows - 1 for rows in groups.values()) >= gone:
        shares = even_shares({key: rows - 1 for key, rows in groups.items()}, gone)
        left = [(each.behaviour, each.preserved - shares.get(each.digest, 0)) for each in context.conditions]
        options |= {"size-matched": True} if dependence(left).depends else {}
    read = [
        each for each in request.given("reading") if subject.built is None or each.key.name == "questions"
    ]
    settings = [*request.given("template"), *read, *request.given("evaluation", "selection")]
    return suggest(request, "build", subject.target, options, settings)


def suggestions(data: Path) -> list[str]:
    """Return a sentence per model, and one if the data lie beside LLaMA-Factory's description of data sets."""
    found = [
        f"{each.file.name} beside the data names {each.model}: if that is the model, add --template {each.model}"
        for each in named_models(data)[:_SHOWN]
    ]
    if (data.parent / "dataset_info.json").is_file():
        found.append(
            "dataset_info.json beside the data is LLaMA-Factory's: if that trains, add --renderer llamafactory"
        )
    return found
