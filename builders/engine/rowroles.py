# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""What a handful or a million given rows are there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from builders.engine.table import ResolvedTable


def roles_of(table: ResolvedTable, rows: Sequence[int]) -> Counter[tuple[str | None, str]]:
    """Count the given rows by role and condition.

    Args:
        table: The dataset.
        rows: Rows of it, each at most once.

    Returns:
        Role (None where a row declares none) and condition -> rows.
    """
    found: Counter[tuple[str | None, str]] = Counter()
    if not rows:
        return found
    counted = table.frame.connection.execute(
        f"SELECT role, condition, count(*) FROM {table.conditioned_table} "
        'WHERE "row" IN (SELECT unnest($1::BIGINT[])) GROUP BY ALL',
        [list(rows)],
    )
    for role, condition, number in counted.fetchall():
        found[role, condition] += number
    return found
