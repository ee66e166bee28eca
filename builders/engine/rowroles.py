"""What a handful or a million given rows are there for."""

from __future__ import annotations

from collections.abc import Sequence

from builders.engine.table import ResolvedTable
from builders.engine.tally import records


def roles_of(table: ResolvedTable, rows: Sequence[int]) -> dict[tuple[str | None, str], int]:
    """Count the given rows by role and condition.

    Args:
        table: The dataset.
        rows: Rows of it, each at most once.

    Returns:
        Role (None where a row declares none) and condition -> rows.
    """
    if not rows:
        return {}
    import narwhals as nw

    connection = table.frame.connection
    wanted = f"audit_wanted_{table.frame.table}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {wanted} AS SELECT unnest($1::BIGINT[]) AS row",
        [list(rows)],
    )
    try:
        joined = table.conditioned.join(nw.from_native(connection.table(wanted)), on="row", how="inner")
        counted = records(joined.group_by("role", "condition").agg(nw.len().alias("rows")))
    finally:
        connection.execute(f"DROP TABLE {wanted}")
    return {(each["role"], each["condition"]): int(each["rows"]) for each in counted}
