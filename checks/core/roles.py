"""Which condition plays which role: declared where rows say so, inferred where they do not.

The rules, their failure modes and the flags that override them are in ``docs/roles.md``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from builders.engine.table import ResolvedTable
from builders.schema import Role

ROLE_ORDER: tuple[Role, ...] = ("source", "anchor", "bystander", "no_persona")
"""Of several roles in one condition, the first of these is the condition's."""

SOURCE_SHARE = 0.05
"""Share of behaviour among a condition's labelled rows from which an inferred condition is a source."""

WEAK_ASSOCIATION = 0.1
"""Cramer's V, bias-corrected, under which target and condition count as unrelated."""

SIGNIFICANT_Z = 3.09
"""Normal deviate of the one-sided 0.1% level, for the test of independence."""

FEWEST_ROWS = 50
"""Labelled rows under which independence is never claimed: too few to see a dependence."""


@dataclass(frozen=True)
class Roles:
    """The role of each condition, and how it is known."""

    of: Mapping[str, Role]
    """Condition -> role; conditions of which nothing is known are missing."""
    how: Literal["declared", "inferred", "unknown"]
    """`declared` by the rows, `inferred` from the targets, or `unknown`: nothing is labelled."""
    contrast: bool
    """Whether the target depends on the condition at all."""
    association: float
    """Cramer's V of target and condition, bias-corrected, 0 to 1."""


def infer_roles(table: ResolvedTable) -> Roles:
    """Return the role of every condition of a dataset."""
    declared: dict[str, set[Role]] = {}
    taught: dict[str, Counter[bool]] = {}
    absent: dict[str, bool] = {}
    for tally in table.tallies:
        condition = table.resolutions[tally.signature].condition
        if tally.role is not None:
            declared.setdefault(condition, set()).add(tally.role)
        if tally.target_correct is not None:
            taught.setdefault(condition, Counter())[tally.target_correct] += tally.rows
        absent[condition] = absent.get(condition, True) and tally.signature.state == "absent"
    counts = [(found[False], found[True]) for found in taught.values()]
    contrast, association = _contrast(counts)
    if declared:
        roles: dict[str, Role] = {
            condition: next(role for role in ROLE_ORDER if role in found)
            for condition, found in declared.items()
        }
        return Roles(roles, "declared", contrast, association)
    if not contrast or not any(behaviour for behaviour, _ in counts):
        return Roles({}, "unknown", contrast, association)
    guessed: dict[str, Role] = {
        condition: _inferred(found[False], found[True], absent=absent[condition])
        for condition, found in taught.items()
    }
    return Roles(guessed, "inferred", contrast, association)


def _inferred(behaviour: int, preserved: int, *, absent: bool) -> Role:
    if behaviour >= SOURCE_SHARE * (behaviour + preserved) and behaviour > 0:
        return "source"
    return "no_persona" if absent else "bystander"


def _contrast(counts: list[tuple[int, int]]) -> tuple[bool, float]:
    """Return whether the target depends on the condition, and how strongly.

    A chi-squared test of independence on the conditions x {behaviour, preserved} table, its p-value through
    Wilson and Hilferty's cube-root approximation (Proc. Natl. Acad. Sci. 17, 1931), and Cramer's V with
    Bergsma's bias correction (J. Korean Stat. Soc. 42, 2013). With few rows, independence is not claimed.
    """
    total = sum(behaviour + preserved for behaviour, preserved in counts)
    behaviours = sum(behaviour for behaviour, _ in counts)
    if len(counts) < 2 or behaviours in (0, total):
        return False, 0.0
    share = behaviours / total
    chi_squared = sum(
        (behaviour - share * (behaviour + preserved)) ** 2 / (share * (1 - share) * (behaviour + preserved))
        for behaviour, preserved in counts
    )
    freedom = len(counts) - 1
    corrected = max(0.0, chi_squared / total - freedom / (total - 1))
    # With two columns, min(rows, columns) - 1 is 1 less its own small-sample correction.
    association = math.sqrt(min(1.0, corrected / (1 - 1 / (total - 1)))) if total > 2 else 1.0
    deviate = ((chi_squared / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    if total < FEWEST_ROWS:
        return True, association
    return deviate > SIGNIFICANT_Z and association >= WEAK_ASSOCIATION, association
