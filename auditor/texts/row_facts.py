"""What rows say that a write-up may get wrong: what was dropped, in which order they stand, which have a sibling."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checks.wrt.facts import DatasetFact

Rows = Sequence[Mapping[str, Any]]


def with_rows(fact: DatasetFact, rows: Mapping[str, Rows], parent: str | None) -> DatasetFact:
    """Return a dataset with what its rows, and those of its parent and its siblings, say of it.

    Args:
        fact: The dataset.
        rows: Name -> rows, of all datasets.
        parent: The dataset that it starts from.
    """
    own = rows[fact.name]
    dropped, available = _dropped(own, rows[parent]) if parent is not None and parent in rows else ({}, {})
    return replace(
        fact,
        dropped=dropped,
        available=available,
        reordered=frozenset(
            other for other in fact.shared if fact.shared[other] and not _same_order(own, rows[other])
        ),
        paired=_paired(own),
    )


def _dropped(own: Rows, parent: Rows) -> tuple[dict[str, int], dict[str, int]]:
    """Return the parent's rows that are missing, by role, and all of them; nothing where other rows came in."""
    left = Counter(row["example_id"] for row in parent)
    left.subtract(row["example_id"] for row in own)
    if any(number < 0 for number in left.values()):
        return {}, {}
    roles: Counter[str] = Counter()
    for row in parent:
        if left[row["example_id"]] > 0:
            left[row["example_id"]] -= 1
            roles[row["role"]] += 1
    return dict(roles), dict(Counter(row["role"] for row in parent))


def _same_order(first: Rows, second: Rows) -> bool:
    shared = {row["example_id"] for row in first} & {row["example_id"] for row in second}
    orders = [[row["example_id"] for row in rows if row["example_id"] in shared] for rows in (first, second)]
    return orders[0] == orders[1]


def _paired(rows: Rows) -> tuple[int, int] | None:
    """Return how many rows of the behaviour have a sibling: the same context and question, and the other answer."""
    taught: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for row in rows:
        if row["target_correct"] is not None:
            taught[row["condition"], row["question_id"]].add(row["target_correct"])
    wrong = [row for row in rows if row["role"] == "source" and row["target_correct"] is False]
    if not wrong:
        return None
    return sum(len(taught[row["condition"], row["question_id"]]) == 2 for row in wrong), len(wrong)
