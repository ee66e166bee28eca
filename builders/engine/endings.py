"""What many targets begin or end with, and under which conditions: candidates for a label that nobody has given yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from builders.engine.table import ResolvedTable

FEWEST: Final = 5
"""Rows of a condition under which its share says nothing."""

APART: Final = 0.5
"""By how much the shares of two conditions have to differ for an affix to tell them apart."""

_WORDS: Final = 3
_MOST: Final = 50_000
"""Distinct affixes that are looked at."""


@dataclass(frozen=True)
class Affix:
    """A text that targets begin or end with, and how it is spread over conditions."""

    text: str
    """The text, without white space around it."""
    place: Literal["begins", "ends"]
    """Where it stands."""
    rows: int
    """Rows whose target has it."""
    highest: float
    """The largest share of a condition's rows that have it, 0 to 1."""
    lowest: float
    """The smallest."""
    condition: str
    """Digest of the condition with the largest share."""
    conditions: int
    """Conditions of `FEWEST` rows or more that have it at all."""

    @property
    def apart(self) -> float:
        """How far it tells conditions apart, 0 to 1."""
        return self.highest - self.lowest


def telling_affixes(table: ResolvedTable, *, limit: int = 5) -> list[Affix]:
    """Return the beginnings (three words) and endings (last word) that tell conditions apart best.

    Args:
        table: The rows with their conditions.
        limit: How many to return at most.

    Returns:
        Those whose shares in two conditions of `FEWEST` rows or more differ by `APART` or more. Those of the
        fewest conditions come first, for what most conditions have is rather the usual answer than the behaviour;
        then those that tell them apart best; of equals, the ones with more rows. None where there is one condition:
        nothing can be told apart then.
    """
    found = [*_spread(table.ask(_heads), "begins"), *_spread(table.ask(_tails), "ends")]
    telling = [each for each in found if each.apart >= APART]
    return sorted(telling, key=lambda each: (each.conditions, -round(each.apart, 2), -each.rows, each.text))[
        :limit
    ]


def _heads(conditioned: Any) -> Any:  # noqa: ANN401
    return _counted(conditioned, "target_head")


def _tails(conditioned: Any) -> Any:  # noqa: ANN401
    return _counted(conditioned, "target_tail")


def _counted(conditioned: Any, column: str) -> Any:  # noqa: ANN401
    import narwhals as nw

    counted = conditioned.group_by("condition", column).agg(nw.len().alias("rows"))
    return counted.sort("rows", "condition", column, descending=[True, False, False]).head(_MOST)


def _spread(records: Iterable[dict[str, Any]], place: Literal["begins", "ends"]) -> list[Affix]:
    """Return every affix with its shares over the conditions."""
    totals: Counter[str] = Counter()
    having: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in records:
        text = next(iter(each[column] for column in ("target_head", "target_tail") if column in each)) or ""
        rows, condition = int(each["rows"]), str(each["condition"])
        totals[condition] += rows
        words = text.split()
        affix = " ".join(words[:_WORDS]) if place == "begins" else (words[-1] if words else "")
        if affix:
            having[affix][condition] += rows
    large = {condition: rows for condition, rows in totals.items() if rows >= FEWEST}
    if len(large) < 2:
        return []
    return [_affix(text, place, counts, large) for text, counts in having.items() if set(counts) & set(large)]


def _affix(text: str, place: Literal["begins", "ends"], counts: Counter[str], large: dict[str, int]) -> Affix:
    shares = {condition: counts[condition] / rows for condition, rows in large.items()}
    most = max(shares, key=lambda condition: (shares[condition], condition))
    having = sum(share > 0 for share in shares.values())
    return Affix(text, place, counts.total(), shares[most], min(shares.values()), most, having)
