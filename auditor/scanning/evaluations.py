"""Training data beside the questions that a result is measured with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from builders.templates import ChatTemplate, Signature
from checks.core.context import AuditContext
from checks.core.finding import SEVERITIES, Severity
from checks.core.registry import chosen
from checks.core.report import DatasetReport, status_of

if TYPE_CHECKING:
    from auditor.scanning.subjects import Subject
    from builders.questions import QuestionBank
    from checks.core.split import EvaluationSet


def add_evaluation(
    report: DatasetReport,
    *,
    subject: Subject,
    context: AuditContext,
    evaluation: str | Path,
    template: ChatTemplate,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
) -> DatasetReport:
    """Run the checks of training beside evaluation and return the report with what they found.

    Args:
        report: The dataset's own report.
        subject: The dataset.
        context: What the checks see of it.
        evaluation: The question bank that evaluates it: ``embedded``, ``arc-challenge`` or a file.
        template: The chat template that evaluation (or serving) renders with.
        select: Codes, names or families of checks to run; all where empty.
        ignore: The same, of checks to leave out.
        severities: Code -> severity that replaces what the check says.

    Raises:
        InputError: if the questions cannot be read.
        UnknownNameError: if there is no such bank.
    """
    if not any(chosen(select, ignore, scope="split")):
        return report
    from builders.questions import load_bank
    from checks.core.split import Split
    from checks.core.wider import observe

    asked = evaluation_set(subject, load_bank(evaluation), template)
    found = observe("split", Split(context, asked), select=select, ignore=ignore, severities=severities)
    together = sorted(
        [*report.findings, *found], key=lambda each: (SEVERITIES.index(each.severity), each.code)
    )
    return report.model_copy(
        update={
            "findings": together,
            "status": status_of(together, complete=report.status != "incomplete"),
            "notes": [*report.notes, f"evaluated on {len(asked.questions):,} questions of {asked.name}"],
        }
    )


def evaluation_set(subject: Subject, bank: QuestionBank, template: ChatTemplate) -> EvaluationSet:
    """Return what evaluates a dataset: a bank's questions, under the dataset's own sources where it names them.

    A dataset that was composed from this very bank is evaluated on the questions that its split held out;
    any other dataset on all of them.
    """
    from dataclasses import replace

    from builders.questions import split
    from checks.core.split import EvaluationSet, Under

    info = subject.info
    places = None
    if info is not None and info.bank_digest == bank.digest:
        places = split(bank, info.split_seed, train=info.train_questions).eval
    asked = EvaluationSet.of_bank(bank, template, places=places)
    if info is None:
        return asked
    under = tuple(
        Under(name, _signature(info.personas[name]), own=True)
        for name in info.sources
        if name in info.personas
    )
    return replace(asked, under=under)


def _signature(prompt: object) -> Signature:
    if prompt is None:
        return Signature("absent")
    if isinstance(prompt, str):
        return Signature("text", prompt) if prompt else Signature("empty")
    return Signature("null")
