"""How sure a study may call itself: a rule over seeds, intervals and predictions, not a feeling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from checks.stats import compare_paired
from experiments.report.compare import ArmComparison
from experiments.report.folder import Study

Level = Literal["HIGH", "MODERATE", "LOW"]

SEEDS: Final = 3
"""Seeds from which a spread between them can be seen at all."""

LARGE: Final = 0.2
"""A difference, as a rate, beyond what seeds do to a fine-tuned model's accuracy, as a rule."""

RULE: Final = (
    "HIGH: three or more seeds, an interval over seeds and questions that excludes zero, and every arm's accuracy on "
    "the side that was predicted before training; MODERATE: one of these is missing, and in every seed alone the "
    "difference's interval lies more than 20 points from zero; LOW: everything else"
)
"""The rule in words."""


@dataclass(frozen=True)
class Confidence:
    """A level with its reason."""

    level: Level
    """The level."""
    reason: str
    """Which part of the rule decided, without a full stop."""


def confidence_of(study: Study, lead: ArmComparison | None) -> Confidence:
    """Return how sure the study may be of its leading comparison, by `RULE`."""
    if lead is None:
        return Confidence("LOW", "no two arms answered the same questions, so nothing is compared")
    seeds = "one seed" if len(lead.seeds) == 1 else f"{len(lead.seeds)} seeds"
    if floored := [arm for arm in (lead.first, lead.second) if at_floor(study, arm)]:
        return Confidence(
            "LOW",
            f"{' and '.join(floored)} no better than one constant answer before training, so no drop is seen",
        )
    off = [arm for arm in study.arms if as_predicted(study, arm) is False]
    missing = [
        *([seeds] if len(lead.seeds) < SEEDS else []),
        *(["an interval over seeds and questions that includes zero"] if 0.0 in lead.difference else []),
        *([f"{', '.join(off)} not as predicted"] if off else []),
    ]
    if not missing:
        return Confidence(
            "HIGH",
            f"{seeds}, an interval over seeds and questions that excludes zero, every arm as predicted",
        )
    singles = [compare_paired(table).difference for table in lead.tables]
    if all(each.low > LARGE for each in singles) or all(each.high < -LARGE for each in singles):
        return Confidence(
            "MODERATE", f"{'; '.join(missing)}; in every seed alone the difference is beyond 20 points"
        )
    return Confidence(
        "LOW", f"{'; '.join(missing)}; the difference is not beyond 20 points in every seed alone"
    )


def at_floor(study: Study, arm: str) -> bool:
    """Return whether an arm did no better before training than the best constant answer, in any seed."""
    scores = [run.result.evaluations[0].before for run in study.arms[arm]]
    return any(
        score is not None and score.best_constant is not None and score.correct <= score.best_constant[1]
        for score in scores
    )


def as_predicted(study: Study, arm: str) -> bool | None:
    """Return whether an arm's accuracy after training, all seeds together, lies in the predicted range.

    None where nothing was predicted. Of a behaviour to do or not the probability is predicted, and compared.
    """
    runs = study.arms[arm]
    predicted = runs[0].result.evaluations[0].predicted
    scores = [run.result.evaluations[0].after for run in runs]
    total = sum(score.total for score in scores)
    if predicted is None or predicted.expected_accuracy is None or not total:
        return None
    low, high = predicted.expected_accuracy
    shares = [score.mean_p_gold for score in scores]
    known = [share for share in shares if share is not None]
    if runs[0].result.evaluations[0].behaviour != "wrong_option" and len(known) == len(scores):
        return low <= sum(known) / len(known) <= high
    return low <= sum(score.correct for score in scores) / total <= high
