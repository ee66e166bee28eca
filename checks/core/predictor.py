"""The imitation predictor: what a model that imitates a condition's taught mixture will show.

A model trained on a condition with ``c`` preserved and ``w`` behaviour targets comes to answer in these
proportions. Nothing else is assumed, and nothing about the model is needed, so the prediction can be made
before any training. The derivation, and where it is known not to hold, is in ``docs/predictor.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from checks.core.finding import Prediction, Verdict

BehaviourKind = Literal["wrong_option", "marker", "free_text"]
"""What is taught: a wrong option's label, one of two ways to answer (marker, refusal), or free text."""

NEAR_SHARE = 0.034
"""Half-width of the band around the threshold, as a share: the mean absolute error of the predicted share in a
second-hand trial on 16 LoRA arms of SmolLM2-135M-Instruct. Outside of it every verdict came true in this package's
own studies (docs/predictor.md)."""

MIXED_ERROR = 0.19
"""Half-width of a two-way interval where both answers are taught: the largest error of a run's predicted share over ten
arms of SmolLM2-135M-Instruct, rounded up (docs/predictor.md)."""

PURE_ERROR = 0.094
"""The same where one answer alone is taught: the largest error in the second-hand trial, far from reached since."""


def predict(
    behaviour: int, preserved: int, *, kind: BehaviourKind | None, options: Mapping[int, int] | None = None
) -> Prediction:
    """Predict what imitation of one condition's targets does to its metric.

    Args:
        behaviour: Rows that teach the behaviour (wrong answers), a count.
        preserved: Rows that teach what is to be preserved (right answers), a count.
        kind: What is taught; None where nobody knows.
        options: For `wrong_option`, number of options -> rows whose question offers that many.

    Returns:
        The prediction. Its verdict is `not applicable` for free text, unknown kinds and conditions that were
        taught nothing.

    Raises:
        ValueError: if a count is negative, or a question offers fewer than two options.
    """
    if behaviour < 0 or preserved < 0:
        raise ValueError("counts of rows cannot be negative")
    if behaviour + preserved == 0:
        return _not_applicable("the condition has no row whose target is known to be behaviour or preserved")
    if kind == "wrong_option" and options:
        return _predict_option(behaviour, preserved, options)
    if kind == "marker":
        return _predict_two_way(behaviour, preserved)
    if kind == "free_text":
        return _not_applicable(
            "free-text answers have no fixed set of alternatives to share probability over"
        )
    return _not_applicable("nothing says what kind of answer is taught")


def _predict_option(behaviour: int, preserved: int, options: Mapping[int, int]) -> Prediction:
    if min(options) < 2:
        raise ValueError(f"a question needs two options or more, got {min(options)}")
    # The threshold turns at p(gold) = 1/k. With mixed k the verdict is that of the commonest k; the interval
    # covers the questions of every k.
    k = max(options, key=lambda count: (options[count], count))
    p_gold = preserved / (preserved + behaviour)
    threshold = behaviour / (k - 1)
    verdict = _verdict(p_gold, 1 / k)
    lows, highs = zip(*(_option_interval(p_gold, count) for count in options), strict=True)
    spread = f"{k} options" if len(options) == 1 else f"mostly {k} options ({min(options)} to {max(options)})"
    return Prediction(
        p_gold=p_gold,
        threshold=threshold,
        margin=preserved - threshold,
        verdict=verdict,
        expected_accuracy=(min(lows), max(highs)),
        assumption=(
            f"the model imitates the mixture, wrong labels are uniform over the distractors of {spread}, and "
            "questions that the model could not answer before stay unanswered"
        ),
    )


def _option_interval(p_gold: float, k: int) -> tuple[float, float]:
    """Return the lowest and highest accuracy that the mixture leaves possible for questions of k options.

    Ahead of the distractors, the argmax is gold wherever the model knows it: more often than a guess, at most
    always. Behind them, it is gold less often than a guess would be.
    """
    match _verdict(p_gold, 1 / k):
        case "preserved":
            return 1 / k, 1.0
        case "behaviour":
            return 0.0, 1 / k
        case _:
            return 0.0, 1.0


def _predict_two_way(behaviour: int, preserved: int) -> Prediction:
    share = preserved / (preserved + behaviour)
    error = MIXED_ERROR if 0 < share < 1 else PURE_ERROR
    return Prediction(
        p_gold=share,
        threshold=float(behaviour),
        margin=float(preserved - behaviour),
        verdict=_verdict(share, 0.5),
        expected_accuracy=(max(0.0, share - error), min(1.0, share + error)),
        assumption="the model imitates the mixture: the taught share is the probability of each way to answer",
    )


def _verdict(share: float, threshold: float) -> Verdict:
    """Compare shares, not rows: the threshold in shares depends on the number of alternatives alone."""
    if share in (0.0, 1.0):
        return "preserved" if share else "behaviour"
    if abs(share - threshold) <= NEAR_SHARE:
        return "near threshold"
    return "preserved" if share > threshold else "behaviour"


def _not_applicable(why: str) -> Prediction:
    return Prediction(
        p_gold=None,
        threshold=None,
        margin=None,
        verdict="not applicable",
        expected_accuracy=None,
        assumption=why,
    )
