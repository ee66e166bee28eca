"""Sibling arms: datasets of one experiment that are there to be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from builders.engine.difference import Difference
from builders.engine.embedded import Embedded
from builders.engine.frame import Frame
from builders.engine.rowroles import roles_of
from checks.core.context import AuditContext


@dataclass(frozen=True)
class Arm:
    """One dataset as an arm of an experiment."""

    context: AuditContext
    """The dataset."""
    family: str
    """The experiment that it belongs to; arms of one family are compared."""
    control_of: str | None = None
    """Name of the arm that this one is declared to control; None where nothing declares it."""

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.context.name

    @property
    def rows(self) -> int:
        """All its rows."""
        return self.context.rows

    @cached_property
    def source_behaviour(self) -> int:
        """Rows that teach the behaviour under a source condition."""
        return sum(each.behaviour for each in self.context.sources)

    @cached_property
    def source_preserved(self) -> int:
        """Rows that teach to preserve under a source condition: the confound, where there is a contrast."""
        return sum(each.preserved for each in self.context.sources)

    @cached_property
    def source_conditions(self) -> frozenset[str]:
        """Digests of the source conditions."""
        return frozenset(each.digest for each in self.context.sources)

    @cached_property
    def rows_of_role(self) -> Counter[str]:
        """Rows by what they are there for."""
        found: Counter[str] = Counter()
        for condition in self.context.conditions:
            for tally in condition.tallies:
                found[tally.role or condition.role or "unknown"] += tally.rows
        return found


@dataclass(frozen=True)
class Pair:
    """Two arms that are compared."""

    first: Arm
    """The reference."""
    second: Arm
    """The arm beside it."""

    @cached_property
    def difference(self) -> Difference:
        """Which rows differ, and in which order."""
        return Difference(self.first.context.table.frame, self.second.context.table.frame)

    @cached_property
    def only_first(self) -> Counter[str]:
        """Rows that the second arm lacks, by role."""
        return _roles(self.first, self.difference.removed)

    @cached_property
    def only_second(self) -> Counter[str]:
        """Rows that the first arm lacks, by role."""
        return _roles(self.second, self.difference.added)


def _roles(arm: Arm, rows: Sequence[int]) -> Counter[str]:
    conditions = {each.digest: each.role for each in arm.context.conditions}
    found: Counter[str] = Counter()
    for (role, condition), number in roles_of(arm.context.table, rows).items():
        found[role or conditions.get(condition) or "unknown"] += number
    return found


def _together(first: Frame, second: Frame) -> bool:
    """Return whether two frames are in one database of the embedded engine."""
    one, other = first.engine, second.engine
    return isinstance(one, Embedded) and isinstance(other, Embedded) and one.connection is other.connection


@dataclass(frozen=True)
class Arms:
    """All arms that were read together, in their order."""

    arms: tuple[Arm, ...]
    """The arms."""

    @cached_property
    def families(self) -> dict[str, tuple[Arm, ...]]:
        """Family -> its arms, for families of two arms or more."""
        grouped: dict[str, list[Arm]] = {}
        for arm in self.arms:
            grouped.setdefault(arm.family, []).append(arm)
        return {family: tuple(arms) for family, arms in grouped.items() if len(arms) > 1}

    @cached_property
    def pairs(self) -> dict[str, tuple[Pair, ...]]:
        """Family -> its first arm beside each of the others.

        Arms in different databases cannot be compared row by row and form no pair.
        """
        return {
            family: tuple(
                Pair(arms[0], each)
                for each in arms[1:]
                if _together(each.context.table.frame, arms[0].context.table.frame)
            )
            for family, arms in self.families.items()
        }

    @cached_property
    def controls(self) -> tuple[Pair, ...]:
        """Each declared control beside the arm that it controls."""
        known = {arm.name: arm for arm in self.arms}
        return tuple(
            Pair(known[arm.control_of], arm)
            for arm in self.arms
            if arm.control_of is not None and arm.control_of in known
        )


def incomparable(arms: Arms) -> str | None:
    """Return what a check of pairs lacks where arms of one experiment are in different databases."""
    wanted = sum(len(family) - 1 for family in arms.families.values())
    compared = sum(len(pairs) for pairs in arms.pairs.values())
    return (
        None
        if wanted == compared
        else f"{wanted - compared} of {wanted} pairs of arms are in different databases"
    )
