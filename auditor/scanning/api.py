"""Audit datasets: from targets to one typed report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.scanning.evaluations import add_evaluation
from auditor.scanning.shown import ShownReport
from auditor.scanning.siblings import add_siblings
from auditor.scanning.subjects import Reading, Subject, subjects
from auditor.scanning.suggestions import with_suggestions
from builders.digest import canonical_json
from builders.engine.table import ResolvedTable
from builders.errors import InputError
from builders.templates import ChatTemplate, Renderer, load_template
from checks.core.context import AuditContext
from checks.core.finding import Severity
from checks.core.registry import chosen
from checks.core.report import DatasetReport, Report, TemplateInfo, tool_info, worst
from checks.core.runner import audit
from checks.core.settings import Settings


def scan(
    *targets: Any,  # noqa: ANN401
    template: str | Path | ChatTemplate | None = None,
    renderer: Renderer = "transformers",
    template_kwargs: Mapping[str, Any] | None = None,
    reading: Reading | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
    settings: Settings | None = None,
    evaluation: str | Path | None = None,
    evaluation_template: str | Path | ChatTemplate | None = None,
) -> Report:
    """Audit one or more targets.

    Args:
        targets: Past issues (``issue-96``), their datasets (``issue-96/villain``), recipe files, dataset files and
            folders, or tables in memory.
        template: The chat template that training uses: a name, a file, a tokenizer folder or a hub id. Qwen2.5's
            by default.
        renderer: Whose way of calling the template is followed: `transformers` or `llamafactory`.
        template_kwargs: Variables for the template, for example ``{"enable_thinking": False}``; a `ChatTemplate` has
            its own.
        reading: How the targets' rows are read.
        select: Codes, names or families of the checks to run; all where empty.
        ignore: The same, of checks to leave out.
        severities: Code -> severity that replaces what the check says.
        settings: Thresholds.
        evaluation: The questions that the result will be measured with: ``embedded``, ``arc-challenge`` or a file.
            Training is then checked against them.
        evaluation_template: The chat template that evaluation renders with; the training's where None.

    Returns:
        The report; `str()` of it is what a terminal shows.

    Raises:
        AuditError: if something could not be looked at: a failure to look is never a clean bill.
    """
    list(
        chosen(select, ignore, scope="dataset")
    )  # a word that names no check is an error before anything is read
    chat_template = (
        template
        if isinstance(template, ChatTemplate)
        else load_template(template, renderer=renderer, kwargs=template_kwargs)
    )
    served = chat_template
    if evaluation_template is not None:
        served = (
            evaluation_template
            if isinstance(evaluation_template, ChatTemplate)
            else load_template(evaluation_template, renderer=renderer)
        )
    audited: list[tuple[Subject, AuditContext, DatasetReport]] = []
    for target in targets:
        for subject in subjects(target, chat_template, reading or Reading()):
            context = context_of(subject, chat_template, settings)
            report = audit(
                context, select=select, ignore=ignore, severities=severities, published=subject.published
            )
            report = report if template is not None else with_suggestions(report, subject)
            if evaluation is not None:
                report = add_evaluation(
                    report,
                    subject=subject,
                    context=context,
                    evaluation=evaluation,
                    template=served,
                    select=select,
                    ignore=ignore,
                    severities=severities,
                )
            audited.append((subject, context, _with_provenance(report, subject)))
    found = add_siblings(audited, select=select, ignore=ignore, severities=severities)
    return ShownReport(
        tool=tool_info(),
        target=" ".join(target if isinstance(target, str) else type(target).__name__ for target in targets),
        status=worst([each.status for each in found]),
        template=template_info(chat_template),
        datasets=found,
    )


def scan_subject(
    subject: Subject,
    template: ChatTemplate,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
    settings: Settings | None = None,
) -> DatasetReport:
    """Audit one dataset that is already read."""
    context = context_of(subject, template, settings)
    return audit(context, select=select, ignore=ignore, severities=severities, published=subject.published)


def _with_provenance(report: DatasetReport, subject: Subject) -> DatasetReport:
    """Return a report that says how its dataset is known, for datasets of past issues."""
    info = subject.info
    if info is None or not info.provenance:
        return report
    notes = list(report.notes)
    if info.placeholder:
        notes.append("targets stand for answers that could not be rebuilt: the audit rests on their counts")
    return report.model_copy(update={"level": info.level, "placeholder": info.placeholder, "notes": notes})


def context_of(subject: Subject, template: ChatTemplate, settings: Settings | None = None) -> AuditContext:
    """Return what the checks see of a subject."""
    return AuditContext(
        name=subject.name,
        table=ResolvedTable(subject.frame, template),
        kind=subject.kind,
        mend=subject.mend,
        documents=subject.documents,
        settings=settings or Settings(),
        training=subject.training,
    )


def subject_of(target: Any, template: ChatTemplate, reading: Reading) -> Subject:  # noqa: ANN401
    """Return the one dataset that a target names.

    Raises:
        InputError: if it names several.
    """
    found = list(subjects(target, template, reading))
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
