"""Run the checks that look beyond one dataset: sibling arms, training beside evaluation, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checks.core.finding import SEVERITIES, Evidence, Finding, Severity
from checks.core.registry import Scope, chosen


def observe(
    scope: Scope,
    context: Any,  # noqa: ANN401
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, Severity] | None = None,
) -> list[Finding]:
    """Run every chosen check of one scope.

    Args:
        scope: `arms` with a `checks.core.arms.Arms`, `split` with a `checks.core.split.Split`, or `results` with a
            `checks.core.result.ResultSet`. Checks of single datasets run in `checks.core.runner`, which
            reads their rows back.
        context: What the checks of this scope look at.
        select: Codes, names or families to run; all where empty.
        ignore: Codes, names or families to leave out.
        severities: Code -> severity that replaces what the check says.

    Returns:
        The findings, worst first. Their evidence is text: rows of more than one dataset have no common number.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    replaced = severities or {}
    findings = [
        Finding(
            code=check.code,
            name=check.name,
            severity=replaced.get(check.code) or seen.severity or check.severity,
            message=seen.message,
            condition=seen.condition,
            personas=sorted(seen.personas),
            counts=seen.counts,
            prediction=seen.prediction,
            evidence=[Evidence(path=None, text=text) for text in seen.texts],
            help=seen.help,
        )
        for check in chosen(select, ignore, scope=scope)
        for seen in check.function(context)
    ]
    return sorted(
        findings,
        key=lambda each: (SEVERITIES.index(each.severity), each.code, each.condition or "", each.message),
    )
