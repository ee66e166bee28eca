"""Several seeds on the same questions: an interval that carries both kinds of luck.

Seeds and questions are crossed: every seed answers every question. A seed's training luck moves all of its
answers together, and a question's difficulty moves all seeds' answers to it, so seeds x questions answers
are far fewer than that many independent ones. The variance of their mean has three parts,
``s_seed^2 / S + s_question^2 / Q + s_rest^2 / (S Q)``, estimated here by the two-way analysis of variance
without replication (all effects random).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.stats.interval import Interval
from checks.stats.proportion import wilson_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SeedSummary:
    """A mean over seeds and questions with where its uncertainty comes from."""

    estimate: Interval
    """The mean with its interval; for one seed the interval covers the luck of the questions only."""
    seed_means: tuple[float, ...]
    """Each seed's own mean, in the order given."""
    questions: int
    """Questions that every seed answered."""
    seed_sd: float | None
    """Standard deviation between seeds beyond what question luck explains, a rate; None for one seed."""
    question_sd: float | None
    """Standard deviation between questions beyond the rest, a rate; None for one seed."""
    rest_sd: float | None
    """Standard deviation of seed by question, a rate; None for one seed."""
    df: float
    """Satterthwaite's degrees of freedom of the interval."""

    def __str__(self) -> str:
        """Return one sentence with the estimate, its interval and both variances."""
        seeds = len(self.seed_means)
        if self.seed_sd is None or self.question_sd is None:
            return (
                f"{self.estimate.percent()} over {self.questions:,} questions and one seed: "
                "the interval says nothing of how much another seed would differ"
            )
        return (
            f"{self.estimate.percent()} over {seeds} seeds x {self.questions:,} questions; standard "
            f"deviation {100 * self.seed_sd:.1f} points between seeds, {100 * self.question_sd:.1f} between "
            "questions"
        )


def over_seeds(
    outcomes: Sequence[Sequence[float]], *, confidence: float = 0.95, differences: bool = False
) -> SeedSummary:
    """Summarise outcomes of S seeds on the same Q questions.

    Args:
        outcomes: One row for each seed, one number for each question in the same order: 1 or 0 for right or
            wrong, a probability, or a paired difference between -1 and 1.
        confidence: Coverage.
        differences: They are differences. Wilson's interval is one of rates: it never holds zero once one number is
            1, which says nothing of a difference, even where none of them happens to be -1.

    Returns:
        The mean with an interval over seeds and questions. Outcomes of 0 and 1 get the Wilson interval at the
        effective number of answers, ``p (1 - p) / variance``, others ``mean +- t sqrt(variance)``, cut at -1
        and 1.

    Raises:
        ValueError: if there are fewer than one seed or two questions, rows differ in length, or a number is
            not between -1 and 1.

    Sources: S. R. Searle, G. Casella, C. E. McCulloch, Variance Components (1992), chapter 4; F. E.
    Satterthwaite, Biometrics Bulletin 2 (1946) 110-114; E. L. Korn, B. I. Graubard, Survey Methodology 24
    (1998) 193-201 for the effective sample size.
    """
    from scipy.special import stdtrit

    table = _table(outcomes)
    seeds, questions = table.shape
    mean = float(table.mean())
    seed_ms = questions * float(table.mean(axis=1).var(ddof=1)) if seeds > 1 else 0.0
    question_ms = seeds * float(table.mean(axis=0).var(ddof=1))
    if seeds > 1:
        rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + mean
        rest_ms = float((rest**2).sum()) / ((seeds - 1) * (questions - 1))
        variance, df = _crossed(seed_ms, question_ms, rest_ms, seeds, questions)
    else:
        rest_ms = math.nan
        variance, df = question_ms / questions, float(questions - 1)
    binary = not differences and bool(((table == 0) | (table == 1)).all())
    estimate = _interval(
        mean,
        variance,
        float(stdtrit(df, (1 + confidence) / 2)),
        confidence=confidence,
        answers=table.size if binary else None,
        questions=questions,
    )
    return SeedSummary(
        estimate=estimate,
        seed_means=tuple(float(each) for each in table.mean(axis=1)),
        questions=questions,
        seed_sd=math.sqrt(max(0.0, seed_ms - rest_ms) / questions) if seeds > 1 else None,
        question_sd=math.sqrt(max(0.0, question_ms - rest_ms) / seeds) if seeds > 1 else None,
        rest_sd=math.sqrt(rest_ms) if seeds > 1 else None,
        df=df,
    )


def _crossed(
    seed_ms: float, question_ms: float, rest_ms: float, seeds: int, questions: int
) -> tuple[float, float]:
    """Return the variance of the grand mean and its degrees of freedom, no component below zero."""
    parts = [
        (max(0.0, seed_ms - rest_ms), seed_ms, seeds - 1),
        (max(0.0, question_ms - rest_ms), question_ms, questions - 1),
    ]
    total = rest_ms + sum(component for component, _, _ in parts)
    # Satterthwaite over the mean squares that the total is made of: a component that was cut at zero drops
    # out together with the share of the rest that it would have taken away.
    kept = [(square, df) for component, square, df in parts if component > 0]
    kept.append((rest_ms * (1 - len(kept)), (seeds - 1) * (questions - 1)))
    weight = sum(square * square / df for square, df in kept)
    return total / (seeds * questions), (total * total / weight if weight > 0 else float(questions - 1))


def _interval(
    mean: float, variance: float, value: float, *, confidence: float, answers: float | None, questions: int
) -> Interval:
    """Return the Wilson interval where `answers` are counted (0 and 1), else the symmetric one."""
    if answers is None:
        half = value * math.sqrt(variance)
        low, high = max(-1.0, mean - half), min(1.0, mean + half)
        return Interval(mean, low, high, confidence, "t over seeds and questions")
    # Where every answer is the same nothing can be estimated; then further seeds count for nothing.
    effective = min(answers, mean * (1 - mean) / variance) if variance > 0 else float(questions)
    method = "Wilson over seeds and questions"
    return wilson_at(mean * effective, effective, value, confidence=confidence, method=method)


def pigeonhole_bootstrap(
    outcomes: Sequence[Sequence[float]], *, confidence: float = 0.95, resamples: int = 2_000, seed: int = 0
) -> Interval:
    """Return a percentile interval of the mean from resampling seeds and questions, each with replacement.

    It assumes nothing of the outcomes' distribution and errs to the wide side (it counts the rest's variance
    three times), but says little with fewer than about eight seeds: resampling three cannot show what a
    fourth would do.

    Args:
        outcomes: As for `over_seeds`.
        confidence: Coverage.
        resamples: How many times both are drawn.
        seed: Seed of numpy's Mersenne Twister, whose stream is frozen across versions.

    Source: A. B. Owen, Annals of Applied Statistics 1 (2007) 386-411.
    """
    import numpy as np

    table = _table(outcomes)
    seeds, questions = table.shape
    stream = np.random.RandomState(seed)
    drawn_seeds = stream.multinomial(seeds, [1 / seeds] * seeds, size=resamples)
    drawn_questions = stream.multinomial(questions, [1 / questions] * questions, size=resamples)
    means = ((drawn_seeds @ table) * drawn_questions).sum(axis=1) / table.size
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    mean = float(table.mean())
    return Interval(mean, min(mean, float(low)), max(mean, float(high)), confidence, "pigeonhole bootstrap")


def _table(outcomes: Sequence[Sequence[float]]) -> NDArray[np.floating[Any]]:
    import numpy as np

    if len(outcomes) < 1 or len(outcomes[0]) < 2 or len({len(row) for row in outcomes}) != 1:
        raise ValueError("one or more seeds are needed, all with answers to the same two or more questions")
    table = np.asarray(outcomes, dtype=float)
    if not bool(((table >= -1) & (table <= 1)).all()):  # false for NaN as well
        raise ValueError("an outcome lies between -1 and 1")
    return table
