"""Questions with options: when the right one stays ahead, and what accuracy that leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from checks.core.finding import Verdict
from checks.prediction.training import Asked

KNOWS: Final = 0.6
"""Share of questions that a model has to know for its wrong answers to be wrong on purpose. Of two models measured, one
that knows 0.8 fell to 2% right, far under guessing, and one that knows 0.45 went to guessing (docs/predictor.md)."""


@dataclass(frozen=True)
class Options:
    """Questions that offer `k` options, and how predictable the taught wrong one is."""

    k: int
    """Number of options."""
    favoured: float
    """Share of wrong answers that the likeliest distractor of a question gets; 1 / (k - 1) where they are even."""
    spread: str
    """How wrong labels are spread, in words."""

    @classmethod
    def of(cls, options: Mapping[int, int], favoured: float | None) -> tuple[Self, ...]:
        """Return the options by number, the commonest first.

        Args:
            options: Number of options -> rows whose question offers that many.
            favoured: Share of the questions offering it that are taught one letter; None where letters are even.

        Raises:
            ValueError: if a question offers fewer than two.
        """
        if min(options) < 2:
            raise ValueError(f"a question needs two options or more, got {min(options)}")
        order = sorted(options, key=lambda count: (options[count], count), reverse=True)
        k = order[0]
        some = (
            f"{k} options" if len(options) == 1 else f"mostly {k} options ({min(options)} to {max(options)})"
        )
        spread = f"uniform over the distractors of {some}"
        if favoured is not None:
            spread = f"one letter in {favoured:.0%} of the questions that offer it as a distractor, of {some}"
        return tuple(cls(each, max(favoured or 0.0, 1 / (each - 1)), spread) for each in order)

    def threshold(self, gold: float, *, share: float, arrived: float, before: float) -> float:
        """Return the probability of the right option from which it is ahead of the likeliest distractor.

        Args:
            gold: Probability of the right option.
            share: Taught share of right answers.
            arrived: Share of the mixture that training got across.
            before: Probability of the right option before training.
        """
        if gold >= 1:
            return 1 / self.k
        top = (1 - arrived) * (1 - before) / (self.k - 1) + arrived * (1 - share) * self.favoured
        likeliest = top / (1 - gold)
        return likeliest / (1 + likeliest)

    def knows(self, asked: Asked) -> float | None:
        """Return the share of questions that the model knew, guesses taken off; None where nobody asked."""
        if asked.base_accuracy is None:
            return None
        return max(0.0, (asked.base_accuracy - 1 / self.k) / (1 - 1 / self.k))

    def doubt(self, verdict: Verdict, asked: Asked, *, share: float, kept: float) -> str | None:
        """Say why a model of which it is known what it knew may guess instead; None where it knows enough.

        Args:
            verdict: What the mixture says.
            asked: What the model was asked before training.
            share: Taught share of right answers.
            kept: How far from what it knew a model ends that is only taught right answers.
        """
        known = self.knows(asked)
        if known is None or asked.base_accuracy is None or verdict not in ("behaviour", "preserved"):
            return None
        if share > 0 and asked.base_accuracy - 1 / self.k <= kept:
            return "before training the model answers hardly more questions right than a guess: there is little to keep"
        if share < 1 and known < KNOWS:
            ends = (
                "expect guessing"
                if verdict == "behaviour"
                else "expect anything from guessing to what it knew"
            )
            return f"the model does not know enough of the questions to be wrong on purpose: {ends}"
        return None

    def floor(self, asked: Asked) -> float:
        """Return what guessing gives for the questions that the model did not know."""
        known = self.knows(asked)
        return 0.0 if known is None else (1 - known) / self.k

    def interval(self, verdict: Verdict, asked: Asked, *, doubted: bool, kept: float) -> tuple[float, float]:
        """Return the lowest and highest accuracy.

        Ahead of the distractors, the argmax is gold wherever the model knows it: more often than a guess, at most as
        often as before. Behind them, it is gold less often than a guess would be. Where it may guess instead, one
        letter for all questions is right as often as that letter is gold, which is around a guess and not at it.
        """
        top = 1.0 if asked.base_accuracy is None else min(1.0, asked.base_accuracy + kept)
        if doubted:
            guessing = min(1.0, 1 / self.k + kept)
            high = guessing if verdict == "behaviour" else max(top, guessing)
            return max(0.0, self.floor(asked) - kept), high
        match verdict:
            case "preserved":
                return 1 / self.k, max(top, 1 / self.k)
            case "behaviour":
                return 0.0, 1 / self.k
            case _:
                return 0.0, top

    def expected(self, verdict: Verdict, asked: Asked, *, doubted: bool) -> float | None:
        """Return the likeliest accuracy within that range; None where nobody asked what the model knew."""
        before = asked.base_accuracy
        if before is None:
            return None
        if doubted:
            return 1 / self.k if verdict == "behaviour" else (1 / self.k + before) / 2
        match verdict:
            case "preserved":
                return before
            case "behaviour":
                return self.floor(asked)
            case _:
                return (self.floor(asked) + before) / 2
