"""Which condition plays which role: declared where rows say so, inferred where they do not.

The rules, their failure modes and the flags that override them are in ``docs/roles.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from builders.engine.table import ResolvedTable
from builders.schema import Role
from checks.stats.independence import RARE, dependence

ROLE_ORDER: tuple[Role, ...] = ("source", "anchor", "bystander", "no_persona")
"""Of several roles in one condition, the first of these is the condition's."""

SOURCE_SHARE = 0.05
"""Share of behaviour among a condition's labelled rows from which an inferred condition is a source."""


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
    sparse: bool = False
    """Whether no condition has rows enough to say so."""


def infer_roles(table: ResolvedTable) -> Roles:
    """Return the role of every condition of a dataset."""
    declared: dict[str, set[Role]] = {}
    taught: dict[str, Counter[bool]] = {}
    absent: dict[str, bool] = {}
    for tally in table.tallies:
        condition = table.condition_of(tally)
        if tally.role is not None:
            declared.setdefault(condition, set()).add(tally.role)
        if tally.target_correct is not None:
            taught.setdefault(condition, Counter())[tally.target_correct] += tally.rows
        absent[condition] = absent.get(condition, True) and tally.signature.state == "absent"
    counts = [(each[False], each[True]) for each in taught.values()]
    found = dependence(counts)
    contrast, association, sparse = found.depends, found.association, found.sparse
    if declared:
        roles: dict[str, Role] = {
            condition: next(role for role in ROLE_ORDER if role in said)
            for condition, said in declared.items()
        }
        return Roles(roles, "declared", contrast, association, sparse)
    if not contrast or not any(behaviour for behaviour, _ in counts):
        return Roles({}, "unknown", contrast, association, sparse)
    rare = [condition for condition, each in taught.items() if each.total() < RARE]
    unclear = frozenset(rare if RARE <= len(rare) < len(taught) else ())
    guessed: dict[str, Role] = {
        condition: _inferred(each[False], each[True], absent=absent[condition])
        for condition, each in taught.items()
        if condition not in unclear
    }
    return Roles(guessed, "inferred", contrast, association, sparse)


def _inferred(behaviour: int, preserved: int, *, absent: bool) -> Role:
    if behaviour >= SOURCE_SHARE * (behaviour + preserved) and behaviour > 0:
        return "source"
    return "no_persona" if absent else "bystander"
