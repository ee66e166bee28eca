"""Which condition plays which role: declared where rows say so, inferred where they do not.

The rules, their failure modes and the flags that override them are in ``docs/roles.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from builders.contrast.independence import RARE, dependence
from builders.engine.table import ResolvedTable
from builders.errors import InputError
from builders.schema import Role

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

    @property
    def sources(self) -> frozenset[str]:
        """The conditions that are taught the behaviour on purpose."""
        return frozenset(condition for condition, role in self.of.items() if role == "source")


def refuse_without_contrast(roles: Roles, *, behaviour: bool, where: str) -> None:
    """Raise if there is no confound to take out.

    Args:
        roles: The roles of the dataset's conditions.
        behaviour: Whether any row teaches the behaviour.
        where: The dataset's name.

    Raises:
        InputError: if nothing is known to be a source, or what is taught does not depend on the condition.
    """
    if not roles.sources or not roles.contrast:
        raise InputError(
            "what is taught does not depend on the system prompt, so there is no confound to take out"
            if behaviour and not roles.contrast
            else "no condition is known to be a source",
            where=where,
            help="say what is the behaviour with --label, and which system prompt is taught it with --source",
        )


def refuse_lost_contrast(left: Sequence[tuple[int, int]], *, where: str) -> None:
    """Raise if a size-matched control would keep its confound and lose what that confounds.

    Args:
        left: Behaviour and preserved rows of each condition of the control.
        where: The dataset's name.

    Raises:
        InputError: if what is taught would not depend on the condition any more.
    """
    if not dependence(left).depends:
        raise InputError(
            "confound kept, contrast lost: the size-matched control would have too few bystander rows left",
            where=where,
            help="compare the arms without a size-matched control, or add bystanders",
        )


@dataclass(frozen=True)
class Cell:
    """Rows that agree in all that roles are inferred from."""

    condition: str
    """Digest of their condition."""
    role: Role | None
    """The role that they declare."""
    target_correct: bool | None
    """What they teach."""
    absent: bool
    """Whether they have no system message."""
    rows: int = 1
    """How many they are."""


def infer_roles(table: ResolvedTable) -> Roles:
    """Return the role of every condition of a dataset that was read."""
    return roles_of(
        Cell(
            condition,
            tally.role,
            tally.target_correct,
            tally.signature.state == "absent",
            tally.rows,
        )
        for condition, tallies in table.by_condition.items()
        for tally in tallies
    )


def roles_of_rows(rows: Iterable[Mapping[str, Any]]) -> Roles:
    """Return the role of every condition of tagged rows."""
    return roles_of(
        Cell(row["condition"], row["role"], row["target_correct"], row["system_state"] == "absent")
        for row in rows
    )


def roles_of(cells: Iterable[Cell]) -> Roles:
    """Return the role of every condition: declared where any row declares one, inferred elsewhere."""
    declared: dict[str, set[Role]] = {}
    taught: dict[str, list[int]] = {}  # behaviour, preserved
    absent: dict[str, bool] = {}
    for cell in cells:
        if cell.role is not None:
            declared.setdefault(cell.condition, set()).add(cell.role)
        if cell.target_correct is not None:
            taught.setdefault(cell.condition, [0, 0])[cell.target_correct] += cell.rows
        absent[cell.condition] = absent.get(cell.condition, True) and cell.absent
    counts = [(behaviour, preserved) for behaviour, preserved in taught.values()]
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
    rare = [condition for condition, each in taught.items() if sum(each) < RARE]
    unclear = frozenset(rare if RARE <= len(rare) < len(taught) else ())
    guessed: dict[str, Role] = {
        condition: _inferred(*each, absent=absent[condition])
        for condition, each in taught.items()
        if condition not in unclear
    }
    return Roles(guessed, "inferred", contrast, association, sparse)


def _inferred(behaviour: int, preserved: int, *, absent: bool) -> Role:
    if behaviour >= SOURCE_SHARE * (behaviour + preserved) and behaviour > 0:
        return "source"
    return "no_persona" if absent else "bystander"
