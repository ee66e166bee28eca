# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""What a handful or a million given rows are there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from builders.engine.table import ResolvedTable
from builders.templates import Signature


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
        f"SELECT role, system_state, system_text, tools, count(*) FROM {table.frame.table} "
        "WHERE row IN (SELECT unnest($1::BIGINT[])) GROUP BY ALL",
        [list(rows)],
    )
    for role, state, text, tools, number in counted.fetchall():
        found[role, table.resolutions[Signature(state=state, text=text, tools=tools)].condition] += number
    return found
