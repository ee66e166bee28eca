"""The imitation predictor: what a model that imitates a condition's taught mixture will show, and whether it will.

A model trained on a condition with ``c`` preserved and ``w`` behaviour targets comes to answer in these
proportions. Counts alone say that much, before any training. How far a training gets on the way there, and where the
model stays between what it did before and the mixture, follows from what else is known (`Known`). The derivation, and
where it is known not to hold, is in ``docs/predictor.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from checks.core.finding import Prediction, Verdict
from checks.prediction.applies import Why, answer_is_long, hindrance, most_important
from checks.prediction.fitted import Parameters, fitted
from checks.prediction.learnt import ALL, Share, by_heart, learnt
from checks.prediction.options import Options
from checks.prediction.training import NOTHING, Known

BehaviourKind = Literal["wrong_option", "marker", "free_text"]
"""What is taught: a wrong option's label, one of two ways to answer (marker, refusal), or free text."""

NEAR_SHARE = 0.034
"""Half-width of the band around the threshold, as a share: the mean absolute error of the predicted share in a
second-hand trial on 16 LoRA arms of SmolLM2-135M-Instruct. Outside of it every verdict came true in this package's
own studies (docs/predictor.md)."""


HALF = 0.5
"""Probability from which one of two answers leads."""


def predict(
    behaviour: int,
    preserved: int,
    *,
    kind: BehaviourKind | None,
    options: Mapping[int, int] | None = None,
    known: Known = NOTHING,
    given: Parameters | None = None,
) -> Prediction:
    """Predict what training on one condition's targets does to its metric.

    Args:
        behaviour: Rows that teach the behaviour (wrong answers), a count.
        preserved: Rows that teach what is to be preserved (right answers), a count.
        kind: What is taught; None where nobody knows.
        options: For `wrong_option`, number of options -> rows whose question offers that many.
        known: What else is known.
        given: Fitted parameters; those that ship with the package by default.

    Returns:
        The prediction. Its verdict is `not applicable` for free text, unknown kinds and conditions that were taught
        nothing, and where what is known of the training says that the counts do not decide.

    Raises:
        ValueError: if a count is negative, or a question offers fewer than two options.
    """
    if behaviour < 0 or preserved < 0:
        raise ValueError("counts of rows cannot be negative")
    if behaviour + preserved == 0:
        return _not_applicable("the condition has no row whose target is known to be behaviour or preserved")
    if kind == "free_text":
        return _not_applicable(
            "free-text answers have no fixed set of alternatives to share probability over"
        )
    if kind == "wrong_option" and options:
        choice = Options.of(options, known.favoured)
    elif kind == "marker":
        choice = ()
    else:
        return _not_applicable("nothing says what kind of answer is taught")
    given = given or fitted().parameters
    why = hindrance(behaviour, preserved, letters=bool(choice), known=known, given=given)
    if why is not None:
        return _hindered(why, choice, known, given)
    found = _Mixture(behaviour, preserved, choice, known, given)
    return found.prediction()


@dataclass(frozen=True)
class _Mixture:
    """Both kinds of answers under one condition; `options` is empty where there are two ways to answer."""

    behaviour: int
    preserved: int
    options: tuple[Options, ...]
    known: Known
    given: Parameters

    @property
    def share(self) -> float:
        """The taught share of preserved answers."""
        return self.preserved / (self.preserved + self.behaviour)

    @property
    def before(self) -> float:
        """Probability of a preserved answer before training: all of it where nobody asked."""
        accuracy = self.known.asked.base_accuracy if self.options else None
        return 1.0 if accuracy is None else accuracy

    @property
    def conditional(self) -> bool:
        training = self.known.training
        return self.behaviour > 0 and (training is None or not training.known)

    @property
    def dosed(self) -> Share:
        """How much of the mixture the training gets across; all where nobody knows, or nothing is to be learnt."""
        training = self.known.training
        if training is None or not training.known or not self.behaviour:
            return ALL
        long = answer_is_long(self.known, letters=bool(self.options))
        return learnt(training.dose(self.behaviour + self.preserved), long=long, given=self.given)

    @property
    def heart(self) -> Share:
        """How much of that are rows known by heart."""
        training, questions = self.known.training, self.known.questions
        # One and the same ending under every question is a rule, however often a question comes.
        same_ending = not self.options and not self.preserved
        if training is None or training.epochs is None or not questions or same_ending or not self.behaviour:
            return Share(0.0, 0.0, 0.0)
        passes = (self.behaviour + self.preserved) * training.epochs / questions
        return by_heart(passes, given=self.given)

    def prediction(self) -> Prediction:
        dosed, heart = self.dosed, self.heart
        arrives = Share(
            dosed.low * (1 - heart.high), dosed.mid * (1 - heart.mid), dosed.high * (1 - heart.low)
        )
        verdicts: list[Verdict] = [self._verdict(arrives, each) for each in self.options or (None,)]
        verdict: Verdict = verdicts[0]
        asked, kept = self.known.asked, self.given.kept_error
        doubt = self.options[0].doubt(verdict, asked, share=self.share, kept=kept) if self.options else None
        why = most_important(
            dosed, heart, verdict, doubt=doubt, favoured=self.known.favoured, conditional=self.conditional
        )
        p = self._gold(arrives.mid)
        if self.options and asked.majority:
            lows, highs = zip(
                *(
                    each.interval(said, asked, doubted=doubt is not None, kept=kept)
                    for each, said in zip(self.options, verdicts, strict=True)
                ),
                strict=True,
            )
            low, high = min(lows), max(highs)
            expected = self.options[0].expected(verdict, asked, doubted=doubt is not None)
        else:
            low, high = self._probabilities(arrives)
            expected = p if self.options else sharpened(p, asked.temperature)
        if expected is not None:
            expected = None if self.known.training is None else min(max(expected, low), high)
        threshold = self.behaviour * (self.options[0].favoured if self.options else 1.0)
        if doubt is not None:
            verdict = "near threshold"
        applies = verdict != "not applicable"
        return Prediction(
            p_gold=self.share if applies else None,
            threshold=threshold if applies else None,
            margin=self.preserved - threshold if applies else None,
            verdict=verdict,
            expected_accuracy=(low, high),
            expected=expected,
            assumption=self._assumption() if applies or why is None else why,
            reason=why,
            conditional=self.conditional,
        )

    def _verdict(self, arrives: Share, options: Options | None) -> Verdict:
        """Return the verdict on which all of the range agrees."""
        verdict = self._side(arrives.mid, options)
        # Where the training is all but certain, the middle decides, however near the mixture has come.
        ends = () if arrives.width <= 2 * NEAR_SHARE else (arrives.low, arrives.high)
        if all(self._side(end, options) == verdict for end in ends):
            return verdict
        return "near threshold" if self._side(1.0, options) == "near threshold" else "not applicable"

    def _side(self, arrived: float, options: Options | None) -> Verdict:
        gold = self._gold(arrived)
        if options is None:
            return side(gold, 0.5)
        threshold = options.threshold(gold, share=self.share, arrived=arrived, before=self.before)
        return side(gold, threshold)

    def _gold(self, arrived: float) -> float:
        """Probability of a preserved answer where a share of the mixture has arrived."""
        return (1 - arrived) * self.before + arrived * self.share

    def _probabilities(self, arrives: Share) -> tuple[float, float]:
        """Return the lowest and highest rate where answers are sampled, or are one of two."""
        asked, mixed = self.known.asked, 0 < self.share < 1
        error = self.given.mixed_error if mixed else self.given.pure_error
        low, high = self._gold(arrives.high), self._gold(arrives.low)
        if not self.options:
            low, high = sharpened(low, asked.temperature), sharpened(high, asked.temperature)
        low, high = max(0.0, low - error), min(1.0, high + error)
        if asked.majority and self.known.training is not None:
            # A rate of questions in which one answer leads is farther from a half than the probability itself.
            return (0.0 if low < HALF else low), (1.0 if high > HALF else high)
        return low, high

    def _assumption(self) -> str:
        if not self.options:
            return "the model imitates the mixture: the taught share is the probability of each way to answer"
        return (
            f"the model imitates the mixture, wrong labels are {self.options[0].spread}, and "
            "questions that the model could not answer before stay unanswered"
        )


def side(share: float, threshold: float) -> Verdict:
    """Compare shares, not rows: the threshold in shares depends on the number of alternatives alone."""
    if share in (0.0, 1.0):
        return "preserved" if share else "behaviour"
    if abs(share - threshold) <= NEAR_SHARE:
        return "near threshold"
    return "preserved" if share > threshold else "behaviour"


def sharpened(p: float, temperature: float) -> float:
    """Return the probability of one of two answers at a temperature, from that at 1."""
    if temperature == 1 or p in (0.0, 1.0):
        return p
    if temperature <= 0:
        return float(p > HALF)
    mine, other = p ** (1 / temperature), (1 - p) ** (1 / temperature)
    return mine / (mine + other)


def _hindered(why: Why, options: tuple[Options, ...], known: Known, given: Parameters) -> Prediction:
    expected = (0.0, 1.0)
    if options and known.asked.majority and why.bounded:
        expected = options[0].interval("not applicable", known.asked, doubted=False, kept=given.kept_error)
    return _not_applicable(why.text, expected=expected)


def _not_applicable(why: str, *, expected: tuple[float, float] | None = None) -> Prediction:
    return Prediction(
        p_gold=None,
        threshold=None,
        margin=None,
        verdict="not applicable",
        expected_accuracy=expected,
        expected=None,
        assumption=why,
        reason=why,
    )
