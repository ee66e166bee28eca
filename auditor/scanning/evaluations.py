"""Training data beside the questions that a result is measured with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders.templates import ChatTemplate, Signature
from checks.core.context import AuditContext
from checks.core.judging import with_findings
from checks.core.report import DatasetReport, Untested

if TYPE_CHECKING:
    from auditor.request.request import Request
    from auditor.scanning.subjects import Subject
    from builders.questions import QuestionBank
    from checks.core.split import EvaluationSet


def add_evaluation(
    report: DatasetReport, *, subject: Subject, context: AuditContext, request: Request
) -> DatasetReport:
    """Run the checks of training beside evaluation and return the report with what they found.

    Args:
        report: The dataset's own report.
        subject: The dataset.
        context: What the checks see of it.
        request: What was asked for; without evaluation questions the report says which checks that leaves out.

    Raises:
        InputError: if the questions cannot be read.
        UnknownNameError: if there is no such bank.
    """
    checks = list(request.selection.checks("split"))
    if request.evaluation is None or not checks:
        why = "no evaluation questions are named (--evaluation)"
        silent = [Untested(code=each.code, name=each.name, why=why) for each in checks]
        return with_findings(report, (), untested=silent) if silent else report
    from builders.questions import load_bank
    from checks.core.split import Split
    from checks.core.wider import observe, untested

    asked = evaluation_set(subject, load_bank(request.evaluation), request.served_template)
    beside = Split(context, asked)
    found = observe("split", beside, request.selection)
    return with_findings(
        report,
        found,
        notes=[f"evaluated on {len(asked.questions):,} questions of {asked.name}"],
        untested=untested("split", beside, found, request.selection),
    )


def evaluation_set(subject: Subject, bank: QuestionBank, template: ChatTemplate) -> EvaluationSet:
    """Return what evaluates a dataset: a bank's questions, under the dataset's own sources where it names them.

    A dataset that was composed from this very bank is evaluated on the questions that its split held out;
    any other dataset on all of them.
    """
    from dataclasses import replace

    from builders.questions import LETTERED, split
    from checks.core.split import EvaluationSet, Under

    info = subject.info
    places = None
    if info is not None and info.bank_digest == bank.digest:
        places = split(bank, info.split_seed, train=info.train_questions).eval
    layout = info.question_format if info is not None and info.question_format in LETTERED else "lettered"
    asked = EvaluationSet.of_bank(bank, template, places=places, layout=layout)
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
