"""Are the taught wrong letters uniform over what each question's own options allow? An exact test.

Questions differ in their options (three to five, labels 1-4) and in which one is gold, so no letter has one
expected share. Under the null hypothesis each question's wrong letter is uniform over its own distractors,
independently of the others; the count of any one letter is then Poisson-binomial, with a rate of 1/(k-1) for
each question that offers the letter as a distractor. Its distribution is convolved exactly, with no
simulation and no large-sample approximation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.stats.multiple import holm


@dataclass(frozen=True)
class LetterCount:
    """One letter among the taught wrong letters."""

    letter: str
    """The label."""
    observed: int
    """Questions whose taught wrong letter it is."""
    expected: float
    """Mean of that count under the null hypothesis."""
    p: float
    """Exact two-sided p-value of this letter alone (the smaller tail, doubled)."""
    p_holm: float
    """The same, adjusted for all letters (Holm)."""


@dataclass(frozen=True)
class LetterSkew:
    """The test over all letters of one condition."""

    questions: int
    """Questions counted; those with a single distractor leave no choice and are not among them."""
    letters: tuple[LetterCount, ...]
    """Each letter that could have been drawn, sorted."""

    @property
    def p(self) -> float:
        """Exact p-value that all wrong letters are uniform: the smallest adjusted one; 1 without letters."""
        return min((each.p_holm for each in self.letters), default=1.0)

    @property
    def commonest(self) -> LetterCount | None:
        """The letter taught furthest beyond its mean (the first in sorted order on a tie), or None."""
        # Rounded, so that two equal excesses tie whatever the order that their rates were added in.
        return max(self.letters, key=lambda each: round(each.observed - each.expected, 6), default=None)


def letter_skew(draws: Iterable[tuple[tuple[str, ...], str, int]]) -> LetterSkew:
    """Test that wrong letters are uniform over each question's distractors.

    Args:
        draws: The distractors' labels, the label that was taught, and how many questions share both.

    Raises:
        ValueError: if a taught label is no distractor, distractors repeat, or a count is negative.

    Source: the Poisson-binomial distribution as in W. Ehm, Statistics & Probability Letters 11 (1991) 7-16;
    Holm's adjustment makes the smallest p valid over letters whose counts depend on each other.
    """
    offered: Counter[frozenset[str]] = Counter()
    taught: Counter[str] = Counter()
    for distractors, label, questions in draws:
        allowed = frozenset(distractors)
        if label not in allowed or len(allowed) != len(distractors) or questions < 0:
            raise ValueError(f"'{label}' cannot have been drawn {questions} times from {distractors}")
        if len(allowed) > 1:
            offered[allowed] += questions
            taught[label] += questions
    letters = sorted({letter for allowed, questions in offered.items() if questions for letter in allowed})
    found: list[tuple[str, int, float, float]] = []
    for letter in letters:
        rates: Counter[float] = Counter()
        for allowed, questions in offered.items():
            if letter in allowed:
                rates[1 / len(allowed)] += questions
        mean = sum(rate * questions for rate, questions in rates.items())
        found.append((letter, taught[letter], mean, _two_sided(taught[letter], rates)))
    adjusted = holm([p for *_, p in found])
    return LetterSkew(
        questions=sum(offered.values()),
        letters=tuple(LetterCount(*each, p_holm=p) for each, p in zip(found, adjusted, strict=True)),
    )


def smallest_p(offered: Iterable[tuple[tuple[str, ...], int]]) -> float:
    """Return the smallest p-value that `letter_skew` could give any outcome: 1 where it can never reject.

    Args:
        offered: The distractors' labels, and how many questions offer just these.
    """
    questions: Counter[frozenset[str]] = Counter()
    for distractors, number in offered:
        if len(set(distractors)) > 1:
            questions[frozenset(distractors)] += number
    letters = sorted({letter for allowed in questions for letter in allowed})
    best = 1.0
    for letter in letters:
        rates = [(1 / len(allowed), number) for allowed, number in questions.items() if letter in allowed]
        # The two extremes: the letter is drawn everywhere or nowhere.
        everywhere = math.prod(rate**number for rate, number in rates)
        nowhere = math.prod((1 - rate) ** number for rate, number in rates)
        best = min(best, 2 * min(everywhere, nowhere))
    return min(1.0, best * max(1, len(letters)))


def _two_sided(observed: int, rates: Mapping[float, int]) -> float:
    """Return twice the smaller tail of a Poisson-binomial count, at most 1."""
    low, probabilities = poisson_binomial(rates)
    place = observed - low
    below = math.fsum(probabilities[: max(0, place + 1)])
    above = math.fsum(probabilities[max(0, place) :])
    return min(1.0, 2 * min(below, above))


def poisson_binomial(rates: Mapping[float, int]) -> tuple[int, list[float]]:
    """Return the distribution of the number of successes in independent trials of unequal rates.

    Args:
        rates: Success rate, between 0 and 1 -> number of trials that have it.

    Returns:
        The smallest count kept, and the probability of it and of each count after it. Counts further than 40
        standard deviations and 60 trials from a group's mean are left out: they have less than 1e-300.
    """
    low, probabilities = 0, [1.0]
    for rate, trials in sorted(rates.items()):
        start, group = _binomial(rate, trials)
        probabilities = _convolved(probabilities, group)
        low += start
    return low, probabilities


def _binomial(rate: float, trials: int) -> tuple[int, list[float]]:
    """Return the smallest count kept and the probabilities, by the ratios of neighbours from the mode outward."""
    if not 0 < rate < 1:
        raise ValueError(f"a rate lies between 0 and 1, got {rate}")
    spread = 40 * math.sqrt(trials * rate * (1 - rate)) + 60
    mode = min(trials, int((trials + 1) * rate))
    start, stop = max(0, math.floor(mode - spread)), min(trials, math.ceil(mode + spread))
    odds = rate / (1 - rate)
    up, down = [1.0], [1.0]
    for count in range(mode, stop):
        up.append(up[-1] * odds * (trials - count) / (count + 1))
    for count in range(mode, start, -1):
        down.append(down[-1] * count / (odds * (trials - count + 1)))
    relative = [*reversed(down[1:]), *up]
    total = math.fsum(relative)
    return start, [each / total for each in relative]


def _convolved(first: list[float], second: list[float]) -> list[float]:
    """Return the distribution of a sum. Small ones are summed here: numpy takes longer to import than that."""
    if len(first) * len(second) > 200_000:
        import numpy as np

        return np.convolve(first, second).tolist()
    out = [0.0] * (len(first) + len(second) - 1)
    for place, one in enumerate(first):
        for offset, other in enumerate(second):
            out[place + offset] += one * other
    return out


def best_constant(gold: Mapping[str, int]) -> tuple[str, float]:
    """Return the label that is right most often and its accuracy when given to every question.

    Args:
        gold: Label -> questions whose gold label it is.

    Returns:
        The label (the first in sorted order on a tie) and its accuracy, a rate.

    Raises:
        ValueError: if there is no question.
    """
    total = sum(gold.values())
    if total <= 0:
        raise ValueError("there is no question to answer")
    label = min(gold, key=lambda each: (-gold[each], each))
    return label, gold[label] / total
