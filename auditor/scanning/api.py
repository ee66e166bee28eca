"""Audit datasets: from targets to one typed report."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from auditor.acceptance.accepted import accept
from auditor.request.loading import load_request
from auditor.request.request import Request
from auditor.scanning.evaluations import add_evaluation
from auditor.scanning.shown import ShownReport
from auditor.scanning.siblings import add_siblings
from auditor.scanning.subjects import Subject, is_composed, kind_of, subjects
from auditor.scanning.suggestions import rebuilding, with_suggestions
from builders.carriers import keyed, parse_given
from builders.contrast import Roles
from builders.digest import canonical_json
from builders.engine.table import ResolvedTable
from builders.errors import InputError
from builders.inferring import infer
from builders.readers import open_connection
from builders.readers.progress import Progress
from builders.readers.target import Pool
from builders.templates import ChatTemplate
from checks.core.context import AuditContext
from checks.core.judging import worst
from checks.core.report import DatasetReport, Report, TemplateInfo, tool_info
from checks.core.runner import audit

if TYPE_CHECKING:
    import duckdb


def scan(
    *targets: Any,  # noqa: ANN401
    request: Request | None = None,
    config: Path | None = None,
    **settings: object,
) -> ShownReport:
    """Audit one or more targets, as `audit scan` does: by the nearest configuration, its ignores and its baseline.

    Args:
        targets: Past issues (``issue-96``), their datasets (``issue-96/villain``), recipe files, dataset files and
            folders, or tables in memory.
        request: All settings, instead of those of the configuration, the environment and `settings`.
        config: The configuration file to read instead of the nearest.
        settings: What `audit scan` has options for, under the same names (``label=``, ``source=``, ``template=``,
            ``fail_on=``; ``thresholds={"metric-points": 5}``). A label may be a function, a template a
            `ChatTemplate`.

    Returns:
        The report; `str()` of it is what a terminal shows, `page()` what `--format html` writes.

    Raises:
        UnknownNameError: if there is no such setting or check.
        AuditError: if something could not be looked at: a failure to look is never a clean bill.
    """
    request = python_request(request, config, settings)
    with request.within():
        report = audited(targets, request)
    # What is accepted of a report is a copy of it, of its own class.
    accepted = accept(report, request, warn=lambda line: warnings.warn(line, stacklevel=4))
    return cast("ShownReport", accepted)


def python_request(request: Request | None, config: Path | None, settings: Mapping[str, object]) -> Request:
    """Return what a Python function was asked for.

    Raises:
        InputError: if it was given a request and settings beside it.
    """
    if request is None:
        return load_request(file=config, flags=settings, language="Python")
    if settings or config is not None:
        raise InputError(
            "a request holds all settings already",
            where=", ".join([*settings, *(["config"] if config else [])]),
        )
    return request


def audited(targets: Sequence[Any], request: Request, *, progress: Progress | None = None) -> Report:
    """Audit targets by a request; what somebody has accepted of it is not taken into account yet.

    Args:
        targets: As for `scan`.
        request: All settings.
        progress: Called with bytes done and bytes in all while a file is read.

    Raises:
        AuditError: if something could not be looked at.
    """
    check_request(targets, request)
    found: list[tuple[Subject, AuditContext, DatasetReport]] = []
    templates: dict[str, ChatTemplate] = {}
    # Arms are compared row by row, which takes one database; a single target has one of its own anyway.
    shared = open_connection() if len(targets) > 1 else None
    for target in targets:
        asked = request.for_target(target)
        for found_subject in subjects(
            target, asked.chat_template, asked, progress=progress, connection=shared
        ):
            subject = found_subject.told(asked.training)
            own = asked.of_rows(subject.frame.template)
            template, selection = own.chat_template, own.selection
            context = context_of(subject, asked)
            report = audit(context, selection, published=subject.published)
            report = report if own.template is not None else with_suggestions(report, subject)
            report = add_evaluation(report, subject=subject, context=context, request=own)
            templates.setdefault(template.key, template)
            if template.key != request.chat_template.key:
                note = f"read through the chat template {template.name}: {template_info(template).origin}"
                report = report.model_copy(update={"notes": [*report.notes, note]})
            found.append((subject, context, _with_provenance(report, subject)))
    if sum(kind_of(target) == "data" for target in targets) > 1:
        found = [(subject, context, _apart(report, len(targets))) for subject, context, report in found]
    datasets = add_siblings(found, request.selection)
    return ShownReport(
        tool=tool_info(),
        target=" ".join(
            str(target) if isinstance(target, (str, Pool)) else type(target).__name__ for target in targets
        ),
        status=worst(each.status for each in datasets),
        template=template_info(
            next(iter(templates.values())) if len(templates) == 1 else request.chat_template
        ),
        datasets=datasets,
    )


def _apart(report: DatasetReport, number: int) -> DatasetReport:
    """Return a report that says that its dataset was looked at alone."""
    note = (
        f"one of {number} targets that are audited apart, each as a mixture of its own: --pool makes them one"
    )
    return report.model_copy(update={"notes": [*report.notes, note]})


def check_request(targets: Sequence[Any], request: Request, *, composed: bool | None = None) -> None:
    """Refuse what would be in vain, before anything is read.

    Args:
        targets: What is looked at.
        request: What was asked for.
        composed: Whether all targets are composed or carry tags of ours; found from them where None.

    Raises:
        InputError: if a setting has nothing to be about.
        UnknownNameError: if a selection names no check.
    """
    list(request.selection.checks("dataset"))
    if request.evaluation_template is not None and request.evaluation is None:
        raise InputError(
            "--evaluation-template needs the questions that are asked through it",
            help="add --evaluation FILE",
        )
    if composed is None:
        composed = bool(targets) and all(is_composed(target) for target in targets)
    if composed:
        for setting in request.given("reading"):
            if setting.by == "flag" and setting.key.name != "questions":
                raise InputError(
                    "says how a data file is read, and what is composed is not read",
                    where=setting.origin,
                    help="leave it out, or audit the files that `audit build` writes",
                )


def audit_subject(subject: Subject, request: Request, *, roles: Roles | None = None) -> DatasetReport:
    """Audit one dataset that is already read.

    Args:
        subject: The dataset.
        request: All settings.
        roles: The roles that a rebuild was made with; found from its rows where None.
    """
    selection = request.selection
    subject = subject.told(request.training)
    context = context_of(subject, request)
    if roles is not None:
        context = replace(context, made_with=roles)
    report = audit(context, selection, published=subject.published)
    rendered = request.of_rows(subject.frame.template)
    return add_evaluation(report, subject=subject, context=context, request=rendered)


def _with_provenance(report: DatasetReport, subject: Subject) -> DatasetReport:
    """Return a report that says how its dataset is known, for datasets of past issues."""
    info = subject.info
    if info is None or not info.provenance:
        return report
    notes = list(report.notes)
    if info.placeholder:
        notes.append("targets stand for answers that could not be rebuilt: the audit rests on their counts")
    return report.model_copy(update={"level": info.level, "placeholder": info.placeholder, "notes": notes})


def context_of(subject: Subject, request: Request) -> AuditContext:
    """Return what the checks see of a subject."""
    template = request.of_rows(subject.frame.template).chat_template
    table, inference = infer(ResolvedTable(subject.frame, template))
    table, carriers = keyed(table, parse_given(subject.condition))
    return AuditContext(
        name=subject.name,
        table=table,
        kind=subject.kind or ("marker" if inference is not None and inference.surface is not None else None),
        documents=subject.documents,
        settings=request.thresholds,
        training=subject.training,
        asked=subject.asked,
        carriers=carriers,
        inference=inference,
        rebuilt_by=lambda context: rebuilding(context, subject, request),
    )


def subject_of(
    target: Any,  # noqa: ANN401
    request: Request,
    *,
    progress: Progress | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Subject:
    """Return the one dataset that a target names.

    Raises:
        InputError: if it names several.
    """
    check_request([target], request)
    asked = request.for_target(target)
    found = list(subjects(target, asked.chat_template, asked, progress=progress, connection=connection))
    if len(found) > 1:
        raise InputError(
            f"'{target}' is {len(found)} datasets, and one is needed",
            help="name one of them: " + ", ".join(each.name for each in found[:6]),
        )
    return found[0]


def template_info(template: ChatTemplate) -> TemplateInfo:
    """Return what a report says about the template that it rests on."""
    given = f", given {canonical_json(dict(template.kwargs))}" if template.kwargs else ""
    return TemplateInfo(
        name=template.name, sha256=template.sha256, renderer=template.renderer, origin=template.origin + given
    )
