"""Which rows tell the leading arms apart, by what they are there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builders.dataset import read_rows
from experiments.report import ArmComparison, Study
from experiments.study.runs import DATA


@dataclass(frozen=True)
class Apart:
    """Two arms' rows. Counts are of rows, by role."""

    rows: tuple[int, int]
    """Rows of the arm, and of the one that it is compared with."""
    shared: int
    """Rows that both have."""
    only: tuple[Mapping[str, int], Mapping[str, int]]
    """Role -> rows that one of them alone has: the arm, and the one that it is compared with."""

    @property
    def anchors(self) -> tuple[str, str] | None:
        """What to say of either arm where anchors are in one of them alone; None where they are not."""
        own, other = (each.get("anchor", 0) for each in self.only)
        if bool(own) == bool(other):
            return None
        without, having = f"without the {own + other:,} anchor rows", "with them"
        if own:
            return f"with {own:,} anchor rows", "without them"
        return without, having


def rows_apart(study: Study, lead: ArmComparison | None) -> Apart | None:
    """Return what the leading arms' rows have in common and what not; None where they were not kept.

    Raises:
        InputError: if a file of rows cannot be read.
    """
    if lead is None:
        return None
    runs = [study.arms[arm][0] for arm in (lead.second, lead.first)]
    if not all((run.folder / DATA).is_file() for run in runs):
        return None
    rows = [read_rows(run.folder / DATA) for run in runs]
    one, other = (Counter(str(row["example_id"]) for row in each) for each in rows)
    return Apart(
        rows=(len(rows[0]), len(rows[1])),
        shared=(one & other).total(),
        only=(_by_role(rows[0], one - other), _by_role(rows[1], other - one)),
    )


def _by_role(rows: Sequence[Mapping[str, Any]], only: Counter[str]) -> dict[str, int]:
    left, found = Counter(only), Counter[str]()
    for row in rows:
        if left[row["example_id"]] > 0:
            left[row["example_id"]] -= 1
            found[str(row["role"] or "untagged")] += 1
    return dict(sorted(found.items()))
