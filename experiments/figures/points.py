"""From run results to what is drawn: accuracies with intervals, predictions and words to hover over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from checks.core.result import Evaluation, RunResult
from checks.stats import Interval, over_seeds, wilson
from experiments.report.answers import rates_over_seeds

Phase = Literal["before", "after"]

Outcomes = Mapping[tuple[str, Phase], Sequence[Sequence[float]]]
"""Arm and phase -> for each seed, each question's outcome (1 right, 0 wrong), in one order of questions."""

_SIGN = 46
"""Letters of a condition's definition beside a mark."""


@dataclass(frozen=True)
class Point:
    """One arm's accuracy in one phase, over all its seeds."""

    arm: str
    """The arm."""
    phase: Phase
    """Before or after training."""
    correct: int
    """Right answers, all seeds together."""
    total: int
    """Answers, all seeds together."""
    seeds: tuple[int, ...]
    """The seeds, sorted."""
    interval: Interval
    """The mean with its 95% interval: over questions for one seed, over seeds and questions for several."""
    definition: str
    """What the condition is."""
    predicted: tuple[float, float] | None
    """Accuracy expected from the data alone, lowest and highest; None before training or where not applicable."""
    verdict: str | None
    """The prediction's verdict."""
    by_seed: tuple[float, ...] = ()
    """Each seed's own accuracy, in the order of the seeds."""
    taught: tuple[int, int] | None = None
    """Rows that teach the behaviour and that preserve under the condition; None where nobody counted."""
    two_way: bool = False
    """Whether the rate is the mean probability of not doing what was taught; `correct` counts where it is ahead."""

    @property
    def record(self) -> dict[str, Any]:
        """What the drawing code gets, rates in percent."""
        low, high = self.predicted or (None, None)
        return {
            "arm": self.arm,
            "phase": f"{self.phase} training",
            "accuracy": 100 * self.interval.estimate,
            "low": 100 * self.interval.low,
            "high": 100 * self.interval.high,
            "k/N": f"{self.correct:,}/{self.total:,}",
            "label": f"{self.interval.estimate:.1%}"
            + ("" if self.two_way else f"  ({self.correct:,}/{self.total:,})"),
            "interval": f"{self.interval.low:.1%} to {self.interval.high:.1%} ({self.interval.method})",
            "condition": self.definition,
            "seeds": ", ".join(map(str, self.seeds)),
            "taught": self._taught or "not counted",
            "predicted low": None if low is None else 100 * low,
            "predicted high": None if high is None else 100 * high,
            "predicted": "not applicable"
            if low is None or high is None
            else f"{low:.0%} to {high:.0%}, {self.verdict}",
        }

    @property
    def sign(self) -> list[str]:
        """The arm's lines beside its marks: its name, its system prompt, and what its rows teach there."""
        said = self.definition.partition(", which the model")[0]
        lines = [self.arm, said if len(said) <= _SIGN else f"{said[: _SIGN - 4]} ..."]
        return [*lines, f"taught {self._taught}"] if self._taught else lines

    @property
    def _taught(self) -> str:
        """What its rows teach under its condition, for example ``200 wrong, 100 right``."""
        if self.taught is None:
            return ""
        names = ("behaviour", "preserved") if self.two_way else ("wrong", "right")
        return ", ".join(f"{number:,} {name}" for number, name in zip(self.taught, names, strict=True))

    @property
    def words(self) -> str:
        """The point in a sentence's part, for readers who cannot see the figure."""
        counts = "ahead in " if self.two_way else ""
        return (
            f"{self.arm} {self.phase} training {self.interval.estimate:.1%} "
            f"({counts}{self.correct:,} of {self.total:,}, interval {self.interval.low:.1%} to "
            f"{self.interval.high:.1%})"
        )


def points(
    runs: Sequence[RunResult],
    *,
    outcomes: Outcomes | None = None,
    taught: Mapping[str, tuple[int, int]] | None = None,
) -> list[Point]:
    """Return each arm's accuracy before and after training, arms in the order of their first run.

    Args:
        runs: Runs; those of one arm are its seeds. An arm's first evaluation is its own condition.
        outcomes: Per-question outcomes. Without them, several seeds are summarised by their own scores: each
            counts as one answer for each of its questions, and the interval is Wilson's over all of them, which
            is too narrow where seeds differ; `Point.interval.method` says so.
        taught: Arm -> rows that teach the behaviour and that preserve under its own condition.

    Raises:
        ValueError: if an arm's runs were evaluated under different conditions.
    """
    by_arm: dict[str, list[RunResult]] = {}
    for run in runs:
        if run.evaluations:
            by_arm.setdefault(run.arm, []).append(run)
    found: list[Point] = []
    for arm, own in by_arm.items():
        own.sort(key=lambda run: run.seed)
        evaluations = [run.evaluations[0] for run in own]
        if len({each.condition for each in evaluations}) > 1:
            raise ValueError(f"the runs of {arm} were evaluated under different conditions")
        seeds = tuple(sorted(run.seed for run in own))
        for phase in ("before", "after"):
            point = _point(arm, phase, evaluations, seeds, outcomes or {})
            if point is not None:
                found.append(replace(point, taught=(taught or {}).get(arm)))
    return found


def definition(evaluation: Evaluation) -> str:
    """Return in words what a condition is: what the messages say, and what the model sees."""
    said = {
        "absent": "no system message",
        "null": "a system message whose content is null",
        "empty": "an empty system message",
        "text": f'"{evaluation.system_text}"',
    }[evaluation.system_state]
    seen = evaluation.resolved_system
    if evaluation.system_state == "text" and seen == evaluation.system_text:
        return said
    return f"{said}, which the model sees as " + (f'"{seen}"' if seen is not None else "no system prompt")


def _point(
    arm: str, phase: Phase, evaluations: list[Evaluation], seeds: tuple[int, ...], outcomes: Outcomes
) -> Point | None:
    scores = [each.before if phase == "before" else each.after for each in evaluations]
    known = [score for score in scores if score is not None and score.total]
    if not known:
        return None
    correct, total = sum(score.correct for score in known), sum(score.total for score in known)
    table = outcomes.get((arm, phase))
    by_seed = tuple(score.correct / score.total for score in known)
    two_way = evaluations[0].behaviour != "wrong_option" and table is not None
    if two_way and table is not None:
        summary = rates_over_seeds(table)
        interval, by_seed = summary.estimate, summary.seed_means
    elif len(known) == 1:
        interval = wilson(correct, total)
    elif table is not None:
        interval = over_seeds(table).estimate
    else:
        pooled = wilson(correct, total)
        interval = Interval(
            pooled.estimate, pooled.low, pooled.high, 0.95, "Wilson, seeds pooled as if independent"
        )
    predicted = evaluations[0].predicted
    return Point(
        arm=arm,
        phase=phase,
        correct=correct,
        total=total,
        seeds=seeds,
        interval=interval,
        definition=definition(evaluations[0]),
        predicted=predicted.expected_accuracy if predicted is not None and phase == "after" else None,
        verdict=predicted.verdict if predicted is not None else None,
        by_seed=by_seed if len(by_seed) == len(seeds) else (),
        two_way=two_way,
    )
