"""What to do next: how to rebuild a dataset, and what the files beside it suggest about how it is trained."""

from __future__ import annotations

from pathlib import Path

from auditor.request.config_keys import Value
from auditor.request.request import Request
from auditor.request.suggestion import suggest
from auditor.scanning.subjects import Subject
from builders.contrast import dependence
from builders.deconfound import even_shares
from builders.readers.described import entries_of
from builders.readers.target import Pool
from builders.templates.neighbours import named_models
from checks.core.context import AuditContext
from checks.core.report import DatasetReport

_SHOWN = 3


def with_suggestions(report: DatasetReport, subject: Subject) -> DatasetReport:
    """Return the report with a note for each model that a file beside the data names.

    For scans where nobody named a template: the default is then the only thing that speaks for it.
    """
    view = subject.frame.view
    described = view is not None and view.trainer == "llamafactory"
    notes = [note for path in subject.frame.paths[:1] for note in suggestions(path, described=described)]
    return report.model_copy(update={"notes": [*report.notes, *notes]}) if notes else report


def rebuilding(context: AuditContext, subject: Subject, request: Request) -> str | None:
    """Return the command that rebuilds a dataset without its confound, None where it could not.

    It asks for the size-matched twin only where there are bystander rows enough.
    """
    gone = sum(each.preserved for each in context.anchored)
    if isinstance(subject.target, Pool):  # what is rebuilt is one target's file
        return None
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
    # What is rebuilt is written on this machine, whatever engine counted it.
    read = [
        each
        for each in request.given("reading")
        if each.key.name != "engine" and (subject.built is None or each.key.name == "questions")
    ]
    settings = [*request.given("template"), *read, *request.given("evaluation", "selection")]
    return suggest(request, "build", subject.target, options, settings)


def suggestions(data: Path, *, described: bool = False) -> list[str]:
    """Return a sentence per model, and one for each entry of LLaMA-Factory's description that is about the data.

    Args:
        data: The data file.
        described: Whether it is read by such an entry already.
    """
    found = [
        f"{each.file.name} beside the data names {each.model}: if that is the model, add --template {each.model}"
        for each in named_models(data)[:_SHOWN]
    ]
    entries = [] if described else entries_of(data)[:_SHOWN]
    return [
        *found,
        *(
            f"{place} describes the data: if LLaMA-Factory trains on them, audit that, because it may read them "
            "otherwise"
            for place in entries
        ),
    ]
