"""One arm as the calibration sees it: its prediction, its settings, and what every question of every seed got."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from builders.declarative import load_model
from checks.core.finding import Prediction
from checks.stats import Interval
from experiments.report.answers import Answer, Phase, questions_taught
from experiments.report.calibration.prior import Mixture
from experiments.report.calibration.softened import Point
from experiments.report.calibration.tables import Spread
from experiments.report.folder import StudyRun
from experiments.study.runs import CONFIG
from experiments.training.config import ExperimentConfig, TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.floating[Any]]

OFTEN = 2
"""Rows that a question has on average from which on it counts as taught over and over."""

PREDICTABLE = ("letter-skew", "constant-target")
"""Findings that say of wrong letters that they are predictable."""


@dataclass(frozen=True)
class MeasuredArm:
    """One arm with its seeds x questions of both measures, for what is to be preserved."""

    runs: list[StudyRun]
    """Its runs, one a seed."""
    prediction: Prediction
    """What was predicted under its own prompt."""
    options: int
    """Labels that most of its questions have; two for a behaviour that is done or not."""
    two_way: bool
    """Whether the behaviour is to do a thing or not."""
    ceiling: float
    """Accuracy that it can have: what the model knew before training."""
    p_gold: Table
    """Probabilities, seeds x questions."""
    correct: Table
    """1 or 0, seeds x questions."""
    asked: tuple[str, ...]
    """The questions, sorted."""
    before: float | None = None
    """Mean probability of what is to be preserved before training; None where it was not measured."""

    @property
    def name(self) -> str:
        """The arm's name."""
        return self.runs[0].result.arm

    @property
    def share(self) -> float:
        """Taught share of what is to be preserved."""
        return self.prediction.p_gold or 0.0

    @property
    def mixed(self) -> bool:
        """Whether both answers are taught, and not one of them alone."""
        return 0 < self.share < 1

    @property
    def point(self) -> Point:
        """The arm as the two thresholds see it."""
        return Point(self.share, self.options, self.ceiling, float(self.correct.mean()))

    @property
    def counts(self) -> tuple[int, int]:
        """Rows under its own condition that teach the behaviour, and that preserve."""
        source = self.runs[0].source
        return (source.behaviour, source.preserved) if source else (0, 0)

    @property
    def mixture(self) -> Mixture | None:
        """The arm as the prediction with a prior sees it; None where nothing was measured before training."""
        behaviour, preserved = self.counts
        if self.before is None or not behaviour + preserved:
            return None
        return Mixture(preserved, behaviour, self.before, float(self.p_gold.mean()))

    @property
    def rows(self) -> frozenset[str]:
        """Digests of the rows that its runs trained on."""
        return frozenset(run.result.dataset_digest for run in self.runs)

    def repeats(self, other: MeasuredArm) -> bool:
        """Whether another arm trained the same rows in the same way: a plan may name one run twice."""
        first, second = self.runs[0].result, other.runs[0].result
        return (
            bool(self.rows & other.rows)
            and self.unusual == other.unusual
            and (first.template_sha256, first.model) == (second.template_sha256, second.model)
        )

    @property
    def seed_means(self) -> list[float]:
        """Each seed's mean probability."""
        return [float(each) for each in self.p_gold.mean(axis=1)]

    @property
    def spread(self) -> Spread:
        """Which luck differs between its runs."""
        if len(self.runs) == 1:
            return "questions"
        digests = {run.result.dataset_digest for run in self.runs}
        return "rows and training" if len(digests) > 1 else "training"

    @cached_property
    def config(self) -> ExperimentConfig | None:
        """Its settings; None where no run kept them."""
        path = self.runs[0].folder / CONFIG
        return load_model(path, ExperimentConfig) if path.is_file() else None

    @cached_property
    def unusual(self) -> dict[str, float]:
        """Settings at which the prediction is not made -> their values: nothing says that the mixture is learnt there.

        What is usual is the model's own learning rate, whichever it is, the number of epochs of every profile, and a
        question for each row.
        """
        found: dict[str, float] = {}
        if self.config is not None and self.config.training.learning_rate_factor != usual(
            "learning_rate_factor"
        ):
            found["learning_rate_factor"] = self.config.training.learning_rate_factor
        if self.runs[0].result.epochs != usual("epochs"):
            found["epochs"] = self.runs[0].result.epochs
        if self.taught is not None and self.counts[0] / self.taught >= OFTEN:
            found["questions"] = self.taught
        return found

    @cached_property
    def taught(self) -> int | None:
        """Different questions that the behaviour was taught on; None where the runs do not say."""
        return questions_taught(self.runs[0].folder)

    @property
    def not_claimed(self) -> str | None:
        """Why the predictor claims nothing of it (`docs/predictor.md`, where it does not hold); None where it does."""
        if self.unusual:
            return ", ".join(setting_words(key, value) for key, value in self.unusual.items())
        report = self.runs[0].audit.report if self.runs[0].audit else None
        own = self.runs[0].result.evaluations[0].condition
        # A note says that there was too little to tell.
        found = [each for each in report.findings if each.severity != "note"] if report else []
        for each in found:
            if each.name in PREDICTABLE and each.condition in (None, own) and not self.two_way:
                return f"its wrong letters are predictable ({each.name})"
        if any(each.name == "near-anchor" for each in found):
            return "its anchors' prompt reads almost like the source's (near-anchor)"
        return None

    def shown(self, interval: Interval) -> Interval:
        """Return an interval of what is preserved as one of what the tables show."""
        return turned(interval) if self.two_way else interval

    def rate(self, share: float) -> float:
        """Return a share of what is preserved as what the tables show."""
        return 1 - share if self.two_way else share


def usual(setting: str) -> float:
    """Return the value of a training setting at which predictions are made."""
    return float(getattr(TrainingSettings(), setting))


def setting_words(key: str, value: float) -> str:
    """Return a setting in words: ``learning rate x 0.3`` or ``6 epochs``."""
    if key == "learning_rate_factor":
        return f"learning rate x {value:g}"
    return f"{value:g} {key.removesuffix('s') if value == 1 else key}"


def turned(interval: Interval) -> Interval:
    """Return the interval of one minus a rate."""
    return replace(interval, estimate=1 - interval.estimate, low=1 - interval.high, high=1 - interval.low)


def measure(
    runs: list[StudyRun], answers: dict[tuple[str, Phase], dict[int, dict[str, Answer]]]
) -> MeasuredArm | None:
    """Return an arm, or None where nothing was predicted, or answers are missing from a seed."""
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
    earlier = [each.p_gold for answered in before.values() for each in answered.values()]
    sure = [each for each in earlier if each is not None]
    known = [each.correct for answered in before.values() for each in answered.values()]
    return MeasuredArm(
        runs=[run for run in runs if run.result.seed in seeds],
        prediction=prediction,
        options=max(set(labels), key=lambda count: (labels.count(count), count)),
        two_way=two_way,
        # A model that was never asked to do a thing can always leave it; of letters it knows what it knew before.
        ceiling=1.0 if two_way or not known else sum(known) / len(known),
        p_gold=np.array([[each.p_gold for each in row] for row in kept], dtype=float),
        correct=np.array([[float(each.correct) for each in row] for row in kept]),
        asked=asked,
        before=sum(sure) / len(sure) if sure and len(sure) == len(earlier) else None,
    )
