"""What a user may set for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from types import MappingProxyType
from typing import Final

from builders.errors import InputError

RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "metric_points": (0, 100),
        "near_similarity": (0, 1),
        "significance": (0, 1),
        "constant_share": (0, 1),
        "constant_rows": (0, inf),
        "gold_points": (0, 100),
        "surface_auc": (0.5, 1),
        "near_question": (0, 1),
        "question_overlap": (0, 1),
        "max_tokens": (1, inf),
        "characters_per_token": (0.1, inf),
        "evidence_rows": (0, inf),
    }
)
"""Smallest and largest value of each setting, both included."""


@dataclass(frozen=True)
class Settings:
    """What a user may set for the checks, with its defaults (`docs/configuration.md`)."""

    metric_points: float = 10.0
    """Predicted movement of the metric, in percentage points, from which an anchor negative is an error."""
    near_similarity: float = 0.8
    """Similarity of two system texts, 0 to 1, from which they count as near-duplicates."""
    significance: float = 0.01
    """Level of every test of a check, after the adjustment for how many it makes."""
    constant_share: float = 0.9
    """Share of one target (or one predicted label), 0 to 1, from which it counts as constant."""
    constant_rows: int = 20
    """Rows of a condition under which its targets are never called constant."""
    gold_points: float = 5.0
    """Percentage points that the best constant answer has to beat guessing by."""
    surface_auc: float = 0.8
    """Area under the ROC curve, 0.5 to 1, that the interval of a single surface feature has to exceed."""
    near_question: float = 0.9
    """Similarity of two questions, 0 to 1, from which they count as near-duplicates."""
    question_overlap: float = 0.05
    """Share of a source's questions, 0 to 1, under which the other conditions' questions count as different."""
    max_tokens: int = 1024
    """Longest row, in tokens, that the trainer keeps whole: TRL's default `max_length`."""
    characters_per_token: float = 4.0
    """Characters of a token in the estimate of a row's length; English prose has about four."""
    evidence_rows: int = 3
    """Rows shown per target with a finding."""

    def __post_init__(self) -> None:
        """Refuse a value with which a check would say something else than it means.

        Raises:
            InputError: if a value is not in its range.
        """
        for field in fields(self):
            check_range(field.name, getattr(self, field.name))


def check_range(name: str, value: float, *, where: str | None = None) -> None:
    """Refuse a value that a setting cannot have.

    Args:
        name: The setting's name in `Settings`.
        value: The value.
        where: Where it was said.

    Raises:
        InputError: if it is not in the setting's range; it says which that is.
    """
    low, high = RANGES[name]
    if not low <= value <= high:
        allowed = f"from {low:g} to {high:g}" if high < inf else f"{low:g} or more"
        raise InputError(
            f"{name.replace('_', '-')} has to be {allowed}, not {value!r}",
            where=where,
            help="see the thresholds in docs/configuration.md",
        )
