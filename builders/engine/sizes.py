"""How many questions the rows of each condition are about, and how long their answers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builders.engine.table import ResolvedTable

if TYPE_CHECKING:
    import narwhals as nw


@dataclass(frozen=True)
class ConditionSize:
    """What a prediction needs of a condition's labelled rows beside their number."""

    questions: int
    """Distinct user texts."""
    characters: float
    """Mean length of a target, in characters."""


def condition_sizes(table: ResolvedTable) -> dict[str, ConditionSize]:
    """Return the sizes of all conditions that are taught something, by their digest."""
    return {
        each["condition"]: ConditionSize(int(each["questions"]), float(each["characters"]))
        for each in table.ask(_sizes)
    }


def _sizes(conditioned: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    labelled = conditioned.filter(~nw.col("target_correct").is_null())
    return labelled.group_by("condition").agg(
        nw.col("user_key").n_unique().alias("questions"),
        nw.col("target_length").mean().alias("characters"),
    )


@dataclass(frozen=True)
class TaughtRow:
    """One labelled row."""

    row: int
    """Its place in the dataset, counted from 0."""
    condition: str
    """Digest of its condition."""
    preserved: bool
    """What it teaches."""
    question: int
    """Hash of its user text."""


def taught_rows(table: ResolvedTable) -> list[TaughtRow]:
    """Return all labelled rows in their order; for datasets that fit into memory."""
    return [
        TaughtRow(int(each["row"]), each["condition"], bool(each["target_correct"]), int(each["user_key"]))
        for each in table.ask(_taught_rows)
    ]


def _taught_rows(conditioned: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    labelled = conditioned.filter(~nw.col("target_correct").is_null())
    return labelled.select("row", "condition", "target_correct", "user_key").sort("row")
