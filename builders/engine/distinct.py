"""The distinct targets of a dataset: question data have a handful of them, free text a million."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import narwhals as nw

FEW_TARGETS: Final = 5_000
"""Distinct targets up to which one query fetches them all, and answers every question about them."""


@dataclass(frozen=True)
class DistinctTarget:
    """One distinct target under one condition, and what its rows teach."""

    condition: str
    """Digest of the condition."""
    target_correct: bool | None
    """What the rows teach."""
    head: str
    """Its first 64 characters."""
    tail: str
    """Its last 16 characters."""
    length: int
    """Its characters."""
    rows: int
    """How many rows have it."""
    first_row: int
    """The first of them."""


def distinct_targets(conditioned: nw.LazyFrame[Any], limit: int) -> nw.LazyFrame[Any]:
    """Return so many of the distinct targets per condition and what is taught.

    Args:
        conditioned: Rows with their conditions.
        limit: How many at most.
    """
    import narwhals as nw

    return (
        conditioned.group_by("condition", "target_correct", "target_key")
        .agg(
            nw.col("target_head").min().alias("head"),
            nw.col("target_tail").min().alias("tail"),
            nw.col("target_length").min().alias("length"),
            nw.len().alias("rows"),
            nw.col("row").min().alias("first"),
        )
        .head(limit)
    )


def targets_of(found: Iterable[dict[str, Any]]) -> list[DistinctTarget]:
    """Return the targets that records of `distinct_targets` say."""
    return [
        DistinctTarget(
            condition=each["condition"],
            target_correct=each["target_correct"],
            head=each["head"],
            tail=each["tail"],
            length=int(each["length"]),
            rows=int(each["rows"]),
            first_row=int(each["first"]),
        )
        for each in found
    ]
