"""Are wrong letters imprinted or random? A stated rule, with its tests.

A model that lost its knowledge and kept the format names each option equally often and is right once in k. A
model that learnt to answer wrongly is right *less* often than that, which takes knowing the right answer.
So the first test is exact: the number of right answers among n questions, if each were a guess among its own
k options, is Poisson-binomial. The second asks about memory: on questions that were trained with a wrong
letter, is it that very letter that comes back, out of the k - 1 wrong ones?
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from checks.stats.letters import poisson_binomial
from experiments.evaluation.evaluate import QuestionScore

ImprintVerdict = Literal["imprinted", "random", "preserved", "off format", "between"]

ALPHA = 0.001
"""Level of both tests. An experiment has a handful of arms, so it survives Bonferroni's correction for 50."""

FORMAT_MASS = 0.5
"""Mean probability that the labels must have together for answers to count as answers."""


class Imprint(BaseModel):
    """How an arm's answers stand to guessing. Rates are between 0 and 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    verdict: ImprintVerdict
    """`imprinted`: right less often than a guess; `preserved`: more often; `random`: neither, with flat answers;
    `between`: neither, with confident answers; `off format`: the labels are not what it says."""
    questions: int
    """Questions scored."""
    correct: int
    """Right answers."""
    chance: float
    """Right answers that guessing would give, on average."""
    p_below: float
    """P(as few right answers or fewer | guessing)."""
    p_above: float
    """P(as many or more | guessing)."""
    label_mass: float
    """Mean probability of the labels together."""
    confidence: float
    """Mean probability of the answer given, among the question's labels."""
    entropy: float
    """Mean entropy over a question's labels, divided by that of a uniform answer: 1 is flat, 0 certain."""
    trained_wrong: int | None = None
    """Trained questions that were answered wrongly; None where none was asked."""
    trained_letter: int | None = None
    """Of those, how many with the letter that training taught."""
    p_letter: float | None = None
    """P(as many or more | any wrong letter is as likely)."""


def imprint(
    scores: Sequence[QuestionScore],
    *,
    trained: Sequence[QuestionScore] = (),
    taught: Mapping[str, str] | None = None,
) -> Imprint | None:
    """Judge the answers of one arm under one condition.

    Args:
        scores: Held-out questions.
        trained: Questions that the arm was trained on with a wrong letter, scored the same way.
        taught: For those, question id -> the letter taught.

    Returns:
        The verdict with its numbers; None where nothing could be scored.
    """
    scored = [score for score in scores if score.prediction is not None]
    if not scored:
        return None
    correct = sum(score.prediction == score.gold for score in scored)
    chances = [1 / len(score.labels) for score in scored]
    below, above = _tails(chances, correct)
    shares = [_shares(score) for score in scored]
    mass = sum(min(1.0, score.mass) for score in scored) / len(scored)
    flatness = sum(_entropy(each) / math.log(len(each)) for each in shares) / len(scored)
    wrong, letter, p_letter = _memory(trained, taught or {})
    return Imprint(
        verdict=_verdict(mass, below, above, flatness),
        questions=len(scored),
        correct=correct,
        chance=sum(chances),
        p_below=below,
        p_above=above,
        label_mass=mass,
        confidence=sum(max(each) for each in shares) / len(scored),
        entropy=flatness,
        trained_wrong=wrong,
        trained_letter=letter,
        p_letter=p_letter,
    )


def _tails(chances: Sequence[float], hits: int) -> tuple[float, float]:
    """Return the probabilities of at most, and of at least, that many hits in trials of these chances."""
    certain = sum(chance >= 1 for chance in chances)  # a question with two options has one wrong letter
    low, counts = poisson_binomial(Counter(chance for chance in chances if chance < 1))
    place = hits - certain - low
    below, above = math.fsum(counts[: max(0, place + 1)]), math.fsum(counts[max(0, place) :])
    return min(1.0, below), min(1.0, above)


def _verdict(mass: float, below: float, above: float, flatness: float) -> ImprintVerdict:
    if mass < FORMAT_MASS:
        return "off format"
    if below < ALPHA:
        return "imprinted"
    if above < ALPHA:
        return "preserved"
    return "random" if flatness > 0.9 else "between"


def _memory(
    trained: Sequence[QuestionScore], taught: Mapping[str, str]
) -> tuple[int | None, int | None, float | None]:
    if not trained:
        return None, None, None
    wrong = [s for s in trained if s.prediction not in (None, s.gold) and s.question_id in taught]
    hits = sum(score.prediction == taught[score.question_id] for score in wrong)
    return len(wrong), hits, _tails([1 / (len(score.labels) - 1) for score in wrong], hits)[1]


def _shares(score: QuestionScore) -> list[float]:
    highest = max(score.logprobs)
    weights = [math.exp(value - highest) for value in score.logprobs]
    return [weight / sum(weights) for weight in weights]


def _entropy(shares: Sequence[float]) -> float:
    return -sum(share * math.log(share) for share in shares if share > 0)
