"""What a handful or a million given rows are there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from builders.engine.table import ResolvedTable
from builders.engine.tally import records


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
    import narwhals as nw

    engine = table.frame.engine
    wanted = engine.lazy(engine.fill(f"{table.frame.table}_wanted", {"row": "BIGINT"}, [[list(rows)]]))
    there = table.conditioned.join(wanted, on="row", how="semi")
    for each in records(there.group_by("role", "condition").agg(nw.len().alias("number"))):
        found[each["role"], each["condition"]] += int(each["number"])
    return found
