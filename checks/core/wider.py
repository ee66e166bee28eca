"""Run the checks that look beyond one dataset: sibling arms, training beside evaluation, results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from checks.core.finding import Evidence, Finding
from checks.core.judging import finding_of, ordered, untested_of
from checks.core.registry import Scope
from checks.core.report import Untested
from checks.core.selection import Selection


def observe(scope: Scope, context: Any, selection: Selection | None = None) -> list[Finding]:  # noqa: ANN401
    """Run every chosen check of one scope.

    Args:
        scope: `arms` with a `checks.core.arms.Arms`, `split` with a `checks.core.split.Split`, or `results` with a
            `checks.core.result.ResultSet`. Checks of single datasets run in `checks.core.runner`, which
            reads their rows back.
        context: What the checks of this scope look at.
        selection: Which checks run; all where None.

    Returns:
        The findings, worst first. Their evidence is text: rows of more than one dataset have no common number.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    selection = selection or Selection()
    return ordered(
        finding_of(check, seen, selection.severities, [Evidence(path=None, text=text) for text in seen.texts])
        for check in selection.checks(scope)
        for seen in check.function(context)
    )


def untested(
    scope: Scope,
    context: Any,  # noqa: ANN401
    found: Iterable[Finding],
    selection: Selection | None = None,
) -> list[Untested]:
    """Return which checks of a scope found nothing for want of something: arguments and errors as of `observe`."""
    return untested_of((selection or Selection()).checks(scope), context, {each.code for each in found})
