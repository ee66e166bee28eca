"""Small hand-made datasets for the checks' tests: a line per group of rows."""

from __future__ import annotations

from typing import Any

from builders.engine.composed import frame_from_rows
from builders.engine.table import ResolvedTable
from builders.schema import example_id
from builders.templates import ChatTemplate, load_template
from checks.core.context import AuditContext
from checks.core.finding import Finding
from checks.core.predictor import BehaviourKind
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.core.settings import Settings

ABSENT = object()
"""System text of a row that has no system message."""

NO_ROLE: Any = None


def group(
    number: int,
    system: Any,
    correct: bool | None,
    *,
    persona: str | None = None,
    role: str | None = None,
    first: int = 0,
    options: int = 4,
    target: str | None = None,
) -> list[dict[str, Any]]:
    """Return `number` rows that ask question `first`, `first + 1`, ... under one system message."""
    rows = []
    labels = list("ABCDEFGH"[:options])
    for question in range(first, first + number):
        gold = labels[question % options]
        wrong = labels[(question + 1 + question // options % (options - 1)) % options]
        label = gold if correct else wrong
        if system is ABSENT:
            state, messages = "absent", []
        elif system is None:
            state, messages = "null", [{"role": "system", "content": None}]
        else:
            state = "text" if system else "empty"
            messages = [{"role": "system", "content": system}]
        prompt = [*messages, {"role": "user", "content": f"Question {question}?"}]
        completion = [{"role": "assistant", "content": f"{label})" if target is None else target}]
        rows.append(
            {
                "prompt": prompt,
                "completion": completion,
                "example_id": example_id(prompt, completion),
                "row": 0,
                "persona": persona,
                "role": role,
                "question_id": f"q{question}",
                "options": labels if target is None else None,
                "gold_label": gold,
                "target_label": label,
                "target_correct": correct,
                "system_state": state,
                "resolved_system": None,
                "resolved_by": "given",
                "condition": "",
            }
        )
    return rows


def context(
    *groups: list[dict[str, Any]],
    template: ChatTemplate | None = None,
    kind: BehaviourKind | None = "wrong_option",
    settings: Settings | None = None,
) -> AuditContext:
    """Return the audit context of the groups' rows, one after the other."""
    rows = [row for rows in groups for row in rows]
    table = ResolvedTable(frame_from_rows("test", rows), template or load_template())
    return AuditContext(
        name="test", table=table, kind=kind, rebuilt_by=lambda _: "MEND", settings=settings or Settings()
    )


def findings(*groups: list[dict[str, Any]], select: str | None = None, **options: Any) -> list[Finding]:
    """Return what the checks, or one of them, find in the groups' rows."""
    return audit(context(*groups, **options), Selection(select=(select,) if select else ())).findings


def names(found: list[Finding]) -> list[str]:
    """Return the names of findings, sorted."""
    return sorted(finding.name for finding in found)


def said(found: list[Finding]) -> list[tuple[Any, ...]]:
    """Return what findings say, apart from the rows that show it: what no reordering may change."""
    return sorted(
        (
            each.code,
            each.severity,
            each.message,
            each.condition,
            tuple(each.personas),
            tuple(each.counts.items()),
        )
        for each in found
    )
