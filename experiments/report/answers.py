"""What each question of a run got: `per_question.parquet`, read back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from builders.errors import InputError
from checks.stats import SeedSummary, over_seeds
from experiments.evaluation.two_way import LABELS
from experiments.study.runs import PER_QUESTION

Phase = Literal["before", "after"]

ELSEWHERE: Final = "other: after"
"""What the file calls answers after training under another system prompt than the arm's own."""

TAUGHT: Final = "trained questions"
"""What it calls answers after training to questions that the source was taught on."""


@dataclass(frozen=True)
class Answer:
    """One question of one run in one phase."""

    arm: str
    """The arm."""
    seed: int
    """The run's seed."""
    phase: Phase
    """Before or after training."""
    question: str
    """Digest of the question."""
    labels: tuple[str, ...]
    """The question's labels."""
    logprobs: tuple[float, ...]
    """Natural log-probability of each label, in their order."""
    gold: str
    """The right label."""
    prediction: str | None
    """The label that was answered; None where nothing could be read or the file does not say."""
    correct: bool
    """Whether that is the right one."""

    @property
    def shares(self) -> dict[str, float] | None:
        """Label -> probability among the question's own labels; None where it cannot be told."""
        if len(self.labels) < 2 or len(self.labels) != len(self.logprobs) or self.gold not in self.labels:
            return None
        if not all(math.isfinite(each) for each in self.logprobs):
            return None
        highest = max(self.logprobs)
        weights = [math.exp(each - highest) for each in self.logprobs]
        return {label: weight / sum(weights) for label, weight in zip(self.labels, weights, strict=True)}

    @property
    def rate(self) -> float:
        """What a mean is taken over: 1 or 0 for right or wrong, or the probability of not doing what was taught."""
        share = self.p_gold if self.labels == LABELS else None
        return float(self.correct) if share is None else share

    @property
    def p_gold(self) -> float | None:
        """Probability of the right label among the question's own labels; None where it cannot be told."""
        shares = self.shares
        return None if shares is None else shares[self.gold]


def read_answers(folder: Path, arm: str, seed: int) -> list[Answer]:
    """Return the answers of a run before and after training; none where no such file was kept.

    Args:
        folder: The run folder.
        arm: The arm that the run says it is.
        seed: The seed that the run says it has.

    Raises:
        InputError: if the file cannot be read.
    """
    return [_answer(row, arm, seed) for row in _rows(folder) if row["phase"] in ("before", "after")]


def read_elsewhere(folder: Path, arm: str, seed: int) -> dict[str, dict[str, Answer]]:
    """Return the answers of a run after training under other system prompts than its own: prompt -> question -> answer.

    Prompts are called what the experiment calls them. None where no such file was kept, or it does not say.

    Args:
        folder: The run folder.
        arm: The arm that the run says it is.
        seed: The seed that the run says it has.

    Raises:
        InputError: if the file cannot be read.
    """
    found: dict[str, dict[str, Answer]] = {}
    for row in _rows(folder):
        if row["phase"] == ELSEWHERE and row.get("persona"):
            answer = _answer({**row, "phase": "after"}, arm, seed)
            found.setdefault(row["persona"], {})[answer.question] = answer
    return found


def questions_taught(folder: Path) -> int | None:
    """Return how many different questions the source was taught the behaviour on; None where the run does not say.

    A run asks them again after training, as many as it evaluates: where there may be more, nothing is said.

    Args:
        folder: The run folder.

    Raises:
        InputError: if its per-question file cannot be read.
    """
    phases = [row["phase"] for row in _rows(folder)]
    taught = phases.count(TAUGHT)
    return taught if 0 < taught < phases.count("after") else None


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a run's per-question file; none where no such file was kept."""
    path = folder / PER_QUESTION
    if not path.exists():
        return []
    import pyarrow as pa
    from pyarrow import parquet

    columns = ["phase", "persona", "question_id", "labels", "logprobs", "gold", "correct", "prediction"]
    needed = set(columns) - {"persona", "prediction"}
    try:
        known = set(parquet.read_schema(path).names)
        if not needed <= known:
            raise KeyError(f"no column {min(needed - known)}")
        return parquet.read_table(path, columns=[each for each in columns if each in known]).to_pylist()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), help="run the arm again") from error


def _answer(row: Mapping[str, Any], arm: str, seed: int) -> Answer:
    scores = [math.nan if score is None else float(score) for score in row["logprobs"] or ()]
    return Answer(
        arm=arm,
        seed=seed,
        phase=cast("Phase", row["phase"]),
        question=row["question_id"],
        labels=tuple(row["labels"] or ()),
        logprobs=tuple(scores),
        gold=row["gold"],
        prediction=row.get("prediction"),
        correct=bool(row["correct"]),
    )


def by_run(answers: Sequence[Answer]) -> dict[tuple[str, Phase], dict[int, dict[str, Answer]]]:
    """Return arm and phase -> seed -> question -> answer."""
    found: dict[tuple[str, Phase], dict[int, dict[str, Answer]]] = {}
    for each in answers:
        found.setdefault((each.arm, each.phase), {}).setdefault(each.seed, {})[each.question] = each
    return found


def rates_over_seeds(outcomes: Sequence[Sequence[float]]) -> SeedSummary:
    """Return a summary of rates, whose interval ends at 0 and 1.

    `over_seeds` takes differences, too, and cuts at -1.
    """
    found = over_seeds(outcomes)
    limits = {"low": max(0.0, found.estimate.low), "high": min(1.0, found.estimate.high)}
    return replace(found, estimate=replace(found.estimate, **limits))


def outcomes_of(answers: Sequence[Answer]) -> dict[tuple[str, Phase], list[list[float]]]:
    """Return arm and phase -> for each seed, each question's outcome (`Answer.rate`).

    Seeds are sorted and so are questions. An arm whose seeds answered different questions is left out: a table over
    seeds and questions needs every one in every other.
    """
    found: dict[tuple[str, Phase], list[list[float]]] = {}
    for key, seeds in by_run(answers).items():
        questions = sorted(next(iter(seeds.values())))
        if len(questions) > 1 and all(sorted(own) == questions for own in seeds.values()):
            found[key] = [[seeds[seed][question].rate for question in questions] for seed in sorted(seeds)]
    return found
