"""What a user may set for the checks."""

from __future__ import annotations

from dataclasses import dataclass


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
