"""What each resolved condition of a list of tagged rows is taught."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from builders.schema import ResolvedBy, Role


class ConditionCounts(BaseModel):
    """One condition and how many rows teach it what."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    condition: str
    """Digest of the resolved prefix."""
    resolved_system: str | None
    """The system prompt as the model sees it."""
    resolved_by: list[ResolvedBy]
    """How its rows came to it, sorted."""
    personas: list[str]
    """The names that its rows give it, sorted."""
    roles: list[Role]
    """What its rows are there for, sorted."""
    behaviour: int
    """Rows that teach the behaviour."""
    preserved: int
    """Rows that teach what is to be preserved."""
    unlabelled: int
    """Rows of which nobody can say."""

    @property
    def rows(self) -> int:
        """All its rows."""
        return self.behaviour + self.preserved + self.unlabelled


def condition_counts(rows: Iterable[Mapping[str, Any]]) -> list[ConditionCounts]:
    """Return the conditions: those that are taught the behaviour first, then by rows, then by digest.

    The result does not depend on the rows' order.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["condition"], []).append(row)
    counted = [_counts(condition, group) for condition, group in groups.items()]
    return sorted(counted, key=lambda each: (-each.behaviour, -each.rows, each.condition))


def _counts(condition: str, group: list[Mapping[str, Any]]) -> ConditionCounts:
    targets = [row["target_correct"] for row in group]
    return ConditionCounts(
        condition=condition,
        resolved_system=group[0]["resolved_system"],
        resolved_by=sorted({row["resolved_by"] for row in group}),
        personas=sorted({row["persona"] for row in group if row["persona"] is not None}),
        roles=sorted({row["role"] for row in group if row["role"] is not None}),
        behaviour=targets.count(False),
        preserved=targets.count(True),
        unlabelled=targets.count(None),
    )
