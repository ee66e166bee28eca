"""What a check lacks where it has to be silent, as a phrase that follows "not tested:"; several checks share these."""

from __future__ import annotations

from checks.core.context import AuditContext

_UNLABELLED = "no row says what it teaches (--label)"


def labels(context: AuditContext) -> str | None:
    """Return what is missing where no row is known to teach anything."""
    return None if any(each.behaviour or each.preserved for each in context.conditions) else _UNLABELLED


def source(context: AuditContext) -> str | None:
    """Return what is missing where no condition is a source."""
    if (unknown := labels(context)) is not None:
        return unknown
    if not context.roles.contrast:
        return "nothing is a source: the target does not depend on the condition"
    return None if context.sources else "no condition is a source (--source)"


def names(context: AuditContext) -> str | None:
    """Return what is missing where no row names its persona."""
    return None if any(each.personas for each in context.conditions) else "no row names a persona"


def options(context: AuditContext) -> str | None:
    """Return what is missing where questions have options and no row says which; nothing for other targets."""
    if context.taught.kind != "wrong_option":
        return None
    if not any(tally.options for tally in context.table.tallies):
        return "no column names the options"
    wrong = any(each.behaviour for each in context.conditions)
    return "no column names the gold answer" if wrong and not context.letters else None
