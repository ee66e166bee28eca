"""What kind of answer a dataset teaches: declared by its recipe, or read off its targets."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from builders.engine.table import ResolvedTable
from checks.core.predictor import BehaviourKind

LABEL = re.compile(r"\s*\(?([A-Ja-j]|10|[1-9])[).:]?\s*")
"""A target that is nothing but an option's label."""

LABEL_SHARE = 0.95
"""Share of rows whose target is a bare label from which the dataset is read as question data."""


@dataclass(frozen=True)
class Taught:
    """The kind of answer, and how many there are to choose from."""

    kind: BehaviourKind | None
    """What is taught; None where nobody knows."""
    alternatives: int | None
    """Number of option labels among the targets, where rows do not say their options."""
    how: Literal["declared", "read off the targets", "unknown"]
    """How that is known."""


def taught_kind(table: ResolvedTable, declared: BehaviourKind | None) -> Taught:
    """Return what kind of answer a dataset teaches.

    Question data are recognised by their targets: nearly all are bare option labels, of two to ten kinds.
    """
    if any(tally.options for tally in table.tallies):
        return Taught(declared or "wrong_option", None, "declared")
    if declared not in (None, "wrong_option"):
        return Taught(declared, None, "declared")
    labels: Counter[str] = Counter()
    for target, rows in table.short_targets().items():
        if found := LABEL.fullmatch(target):
            labels[found.group(1).upper()] += rows
    common = [label for label, rows in labels.items() if rows >= 0.01 * table.frame.rows]
    if len(common) >= 2 and labels.total() >= LABEL_SHARE * table.frame.rows:
        return Taught("wrong_option", len(common), "read off the targets")
    return Taught(declared, None, "declared" if declared else "unknown")
