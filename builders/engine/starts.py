"""How targets begin: how many with given texts, and which beginnings are the commonest; a query each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builders.engine.table import ResolvedTable
from builders.engine.tally import records


@dataclass(frozen=True)
class Starting:
    """The rows whose target begins with one of some texts."""

    rows: int
    """How many they are."""
    first_row: int | None
    """The first of them; None where there is none."""


def targets_starting(table: ResolvedTable, starts: Sequence[str]) -> Starting:
    """Count the rows whose target begins with any of the texts.

    Args:
        table: The rows.
        starts: Texts; of a longer one only the first 64 characters are compared, as many as the frame keeps.
    """
    import narwhals as nw

    if table.few_targets is not None:
        parts = tuple(start[:64] for start in starts)
        found = [each for each in table.few_targets if each.head.startswith(parts)]
        return Starting(
            sum(each.rows for each in found), min((each.first_row for each in found), default=None)
        )
    begins = nw.any_horizontal(
        *(nw.col("target_head").str.starts_with(start[:64]) for start in starts), ignore_nulls=True
    )
    counted = table.rows.filter(begins).select(nw.len().alias("rows"), nw.col("row").min().alias("first_row"))
    [record] = records(counted)
    return Starting(int(record["rows"]), record["first_row"])


@dataclass(frozen=True)
class Beginning:
    """A text that targets begin with."""

    text: str
    """The text."""
    rows: int
    """How many targets begin so."""
    first_row: int
    """The first of them."""


def commonest_beginnings(table: ResolvedTable, *, characters: int, limit: int) -> list[Beginning]:
    """Return the commonest beginnings of the targets, the commonest first.

    Args:
        table: The rows.
        characters: Length of a beginning, at most 64; a shorter target is its own beginning.
        limit: How many to return at most.
    """
    import narwhals as nw

    begun = table.rows.select("row", start=nw.col("target_head").str.slice(0, characters))
    counted = begun.group_by("start").agg(nw.len().alias("rows"), nw.col("row").min().alias("first_row"))
    ranked = counted.sort("rows", "start", descending=[True, False]).head(limit)
    found = [
        Beginning(each["start"] or "", int(each["rows"]), int(each["first_row"])) for each in records(ranked)
    ]
    return sorted(found, key=lambda each: (-each.rows, each.text))
