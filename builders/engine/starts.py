"""How many targets begin with given texts: one query over the frame."""

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

    begins = nw.any_horizontal(
        *(nw.col("target_head").str.starts_with(start[:64]) for start in starts), ignore_nulls=True
    )
    counted = table.rows.filter(begins).select(nw.len().alias("rows"), nw.col("row").min().alias("first_row"))
    [record] = records(counted)
    return Starting(int(record["rows"]), record["first_row"])
