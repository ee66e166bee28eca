"""Predicted before training against measured after it: errors, coverage and the threshold's place.

A behaviour that is done or not is reported by the probability of doing it, lettered questions by that of the right
label. Intervals are over seeds and questions. Where several arms go into one number (a mean error, a threshold) seeds
and questions are drawn with replacement, the same ones for all arms, because arms share both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from checks.finding import Prediction
from checks.stats import Interval, over_seeds
from experiments.report.answers import Answer, Phase, by_run
from experiments.report.folder import Study, StudyRun
from experiments.report.softened import Point, fit_noise, left_out, plain_accuracy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.floating[Any]]

RESAMPLES = 2_000
"""How many times seeds and questions are drawn."""

DOSES = 3
"""Doses from which a threshold is looked for."""


@dataclass(frozen=True)
class ArmCalibration:
    """One arm. Rates are between 0 and 1; for a behaviour that is done or not they are those of doing it."""

    arm: str
    """The arm."""
    seeds: int
    """Its seeds."""
    questions: int
    """Questions that each of them answered."""
    behaviour: int
    """Rows that teach the behaviour under its own condition."""
    preserved: int
    """Rows that teach what is to be preserved there."""
    predicted: float
    """The taught share."""
    measured: Interval
    """Mean probability after training."""
    predicted_accuracy: float
    """Share of questions where it is predicted to be ahead: the plain threshold."""
    softened_accuracy: float | None
    """The same of the softened threshold, its noise fitted to the other arms; None for fewer than three."""
    accuracy: Interval
    """Share of questions where it is ahead after training."""
    expected: tuple[float, float]
    """What was predicted to hold: of the accuracy for lettered questions, of the probability otherwise."""
    covered: int
    """Seeds for which it does."""

    @property
    def error(self) -> float:
        """Measured minus predicted probability."""
        return self.measured.estimate - self.predicted


@dataclass(frozen=True)
class Threshold:
    """Where along the doses the behaviour stops to be ahead."""

    predicted: float
    """Anchors at which it was predicted to."""
    measured: Interval | None
    """Anchors at which half of what the model can do is reached; None where no two doses lie on both sides."""


@dataclass(frozen=True)
class Calibration:
    """The arms of one experiment and what they say together."""

    experiment: str
    """The experiment."""
    two_way: bool
    """Whether the behaviour is to do a thing or not."""
    arms: list[ArmCalibration]
    """The arms, in the plan's order."""
    probability_error: Interval
    """Mean absolute error of the predicted probability, a rate."""
    accuracy_error: Interval
    """The same of the accuracy at the plain threshold."""
    softened_error: Interval | None
    """The same at the softened one, each arm predicted from the others; None for fewer than three arms."""
    noise: float | None
    """The softened threshold's noise fitted to all arms, in nats; None likewise."""
    threshold: Threshold | None
    """None where the arms differ in more than the dose."""

    @property
    def covered(self) -> tuple[int, int]:
        """Runs in which what was predicted to hold does, and runs."""
        return sum(arm.covered for arm in self.arms), sum(arm.seeds for arm in self.arms)


@dataclass(frozen=True)
class PromptCalibration:
    """One arm under another system prompt than its own. Rates as in `ArmCalibration`."""

    arm: str
    """The arm."""
    persona: str
    """What the experiment calls the prompt."""
    predicted: float | None
    """The taught share; None for a prompt that no row has, or where nothing is predicted."""
    means: tuple[float, ...]
    """Each seed's mean probability after training."""

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return sum(self.means) / len(self.means)


@dataclass(frozen=True)
class _Arm:
    """What is known of one arm: who it is, and seeds x questions of both measures for what is preserved."""

    runs: list[StudyRun]
    prediction: Prediction
    options: int
    two_way: bool
    ceiling: float
    p_gold: Table
    correct: Table
    asked: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.prediction.p_gold or 0.0

    @property
    def point(self) -> Point:
        return Point(self.share, self.options, self.ceiling, float(self.correct.mean()))

    @property
    def rows(self) -> tuple[int, int]:
        source = self.runs[0].source
        return (source.behaviour, source.preserved) if source else (0, 0)


def calibrate(study: Study) -> list[Calibration]:
    """Return every experiment's calibration, in the study's order; what was not predicted or kept is left out."""
    answers = by_run(study.answers)
    found: list[Calibration] = []
    for experiment, names in study.experiments.items():
        arms = [arm for name in names if (arm := _arm(study.arms[name], answers)) is not None]
        for two_way in (False, True):
            same = [arm for arm in arms if arm.two_way is two_way]
            if same:
                found.append(_calibration(experiment, same))
    return found


def other_prompts(study: Study) -> list[PromptCalibration]:
    """Return what arms showed under other system prompts than their own, in the study's order."""
    found: list[PromptCalibration] = []
    for arm, runs in study.arms.items():
        first = runs[0].result.evaluations
        for place, evaluation in enumerate(first):
            if place == 0 or evaluation.method != "logprob":
                continue
            same = [
                each
                for run in runs
                for each in run.result.evaluations
                if each.persona == evaluation.persona and each.method == "logprob"
            ]
            means = [each.after.mean_p_gold for each in same if each.after.mean_p_gold is not None]
            if len(means) != len(runs):
                continue
            flip = evaluation.behaviour != "wrong_option"
            share = evaluation.predicted.p_gold if evaluation.predicted else None
            found.append(
                PromptCalibration(
                    arm=arm,
                    persona=evaluation.persona,
                    predicted=None if share is None else _done(share, flip=flip),
                    means=tuple(_done(mean, flip=flip) for mean in means),
                )
            )
    return found


def _arm(runs: list[StudyRun], answers: dict[tuple[str, Phase], dict[int, dict[str, Answer]]]) -> _Arm | None:
    import numpy as np

    own = runs[0].result.evaluations[0]
    prediction = own.predicted
    seeds = answers.get((runs[0].result.arm, "after"), {})
    before = answers.get((runs[0].result.arm, "before"), {})
    if prediction is None or prediction.p_gold is None or prediction.expected_accuracy is None or not seeds:
        return None
    asked = tuple(sorted(next(iter(seeds.values()))))
    table = [[seeds[seed].get(question) for question in asked] for seed in sorted(seeds)]
    kept = [[each for each in row if each is not None and each.p_gold is not None] for row in table]
    if len(asked) < 2 or any(len(row) != len(asked) for row in kept):
        return None
    labels = [len(each.labels) for each in kept[0]]
    two_way = own.behaviour != "wrong_option"
    known = [each.correct for answered in before.values() for each in answered.values()]
    return _Arm(
        runs=runs,
        prediction=prediction,
        options=max(set(labels), key=lambda count: (labels.count(count), count)),
        two_way=two_way,
        # A model that was never asked to do a thing can always leave it; of letters it knows what it knew before.
        ceiling=1.0 if two_way or not known else sum(known) / len(known),
        p_gold=np.array([[each.p_gold for each in row] for row in kept], dtype=float),
        correct=np.array([[float(each.correct) for each in row] for row in kept]),
        asked=asked,
    )


def _calibration(experiment: str, arms: list[_Arm]) -> Calibration:
    softened = left_out([arm.point for arm in arms])
    plain = [plain_accuracy(arm.share, arm.options, arm.ceiling) for arm in arms]
    draw = _drawn(arms)
    shares = [arm.share for arm in arms]
    return Calibration(
        experiment=experiment,
        two_way=arms[0].two_way,
        arms=[
            _one(arm, accuracy, softened[place] if softened else None)
            for place, (arm, accuracy) in enumerate(zip(arms, plain, strict=True))
        ],
        probability_error=_over_draws(draw, "p_gold", lambda means: _mean_error(means, shares)),
        accuracy_error=_over_draws(draw, "correct", lambda means: _mean_error(means, plain)),
        softened_error=_over_draws(draw, "correct", lambda means: _mean_error(means, softened))
        if softened
        else None,
        noise=fit_noise([arm.point for arm in arms]) if softened else None,
        threshold=_threshold(arms, draw),
    )


def _one(arm: _Arm, plain: float, softened: float | None) -> ArmCalibration:
    flip = arm.two_way
    low, high = arm.prediction.expected_accuracy or (0.0, 1.0)
    measured = arm.p_gold if flip else arm.correct
    behaviour, preserved = arm.rows
    return ArmCalibration(
        arm=arm.runs[0].result.arm,
        seeds=len(arm.p_gold),
        questions=len(arm.asked),
        behaviour=behaviour,
        preserved=preserved,
        predicted=_done(arm.share, flip=flip),
        measured=_turned(over_seeds(arm.p_gold.tolist()).estimate, flip=flip),
        predicted_accuracy=_done(plain, flip=flip),
        softened_accuracy=None if softened is None else _done(softened, flip=flip),
        accuracy=_turned(over_seeds(arm.correct.tolist()).estimate, flip=flip),
        expected=(_done(high, flip=flip), _done(low, flip=flip)) if flip else (low, high),
        covered=sum(low <= mean <= high for mean in measured.mean(axis=1).tolist()),
    )


def _done(share: float, *, flip: bool) -> float:
    return 1 - share if flip else share


def _turned(interval: Interval, *, flip: bool) -> Interval:
    if not flip:
        return interval
    return replace(interval, estimate=1 - interval.estimate, low=1 - interval.high, high=1 - interval.low)


Draw = Callable[[str], "tuple[Table, Table]"]
"""Measure -> arms' means as they are (arms), and in each draw (draws x arms)."""


def _drawn(arms: Sequence[_Arm]) -> Draw:
    """Draw seeds and questions once for all arms of one shape; arms of another shape get draws of their own."""
    import numpy as np

    stream = np.random.RandomState(0)
    weights: dict[tuple[int, tuple[str, ...]], tuple[Any, Any]] = {}
    for arm in arms:
        seeds, asked = len(arm.p_gold), arm.asked
        if (seeds, asked) not in weights:
            weights[seeds, asked] = (
                stream.multinomial(seeds, [1 / seeds] * seeds, size=RESAMPLES),
                stream.multinomial(len(asked), [1 / len(asked)] * len(asked), size=RESAMPLES),
            )

    def means(measure: str) -> tuple[Table, Table]:
        tables: list[Table] = [getattr(arm, measure) for arm in arms]
        drawn: list[Table] = []
        for arm, table in zip(arms, tables, strict=True):
            by_seed, by_question = weights[len(table), arm.asked]
            drawn.append(((by_seed @ table) * by_question).sum(axis=1) / table.size)
        return np.array([table.mean() for table in tables]), np.array(drawn).T

    return means


def _over_draws(draw: Draw, measure: str, statistic: Callable[[Table], Table]) -> Interval:
    """Return a statistic of arms' means (draws x arms -> draws) with its interval from the draws."""
    import numpy as np

    whole, drawn = draw(measure)
    estimate = float(statistic(whole[None, :])[0])
    low, high = np.quantile(statistic(drawn), [0.025, 0.975])
    return Interval(
        estimate, min(estimate, float(low)), max(estimate, float(high)), 0.95, "pigeonhole bootstrap"
    )


def _mean_error(means: Table, predicted: Sequence[float]) -> Table:
    import numpy as np

    return np.abs(means - np.array(predicted)).mean(axis=1)


def _threshold(arms: list[_Arm], draw: Draw) -> Threshold | None:
    """Return where accuracy reaches half of its ceiling along the doses, or None where not only the dose differs."""
    import numpy as np

    behaviours = {arm.rows[0] for arm in arms}
    settings = {arm.runs[0].result.config_digest for arm in arms}
    order = sorted(range(len(arms)), key=lambda place: arms[place].rows[1])
    doses = [arms[place].rows[1] for place in order]
    if len(behaviours) != 1 or len(settings) != 1 or len(set(doses)) < max(DOSES, len(arms)):
        return None
    behaviour = behaviours.pop()
    share = [dose / (dose + behaviour) for dose in doses]
    level = sum(arm.ceiling for arm in arms) / len(arms) / 2
    whole, drawn = draw("correct")
    place = crossing(share, whole[order].tolist(), level)
    predicted = behaviour / (arms[0].options - 1)
    if place is None:
        return Threshold(predicted, None)
    # A draw without a crossing says that it lies beyond the doses: it counts as the outermost one.
    found = [_beyond(share, row, level) for row in drawn[:, order].tolist()]
    low, high = np.quantile(found, [0.025, 0.975])
    estimate, lowest, highest = (
        float(behaviour * each / (1 - each)) for each in (place, min(place, low), max(place, high))
    )
    return Threshold(predicted, Interval(estimate, lowest, highest, 0.95, "pigeonhole bootstrap"))


def _beyond(share: Sequence[float], accuracy: Sequence[float], level: float) -> float:
    place = crossing(share, accuracy, level)
    if place is not None:
        return place
    return share[0] if accuracy[0] >= level else share[-1]


def crossing(share: Sequence[float], accuracy: Sequence[float], level: float) -> float | None:
    """Return where rising accuracies cross a level, by straight lines between doses, or None where they do not.

    Args:
        share: Taught shares of what is to be preserved, rising.
        accuracy: Accuracy at each; made rising first (isotonic regression), because noise is no second crossing.
        level: The level.
    """
    from scipy.optimize import isotonic_regression

    rising: list[float] = isotonic_regression(accuracy).x.tolist()
    for (x, y), (next_x, next_y) in zip(
        zip(share, rising, strict=True), zip(share[1:], rising[1:], strict=True), strict=False
    ):
        if y < level <= next_y:
            return x + (next_x - x) * (level - y) / (next_y - y)
    return None
