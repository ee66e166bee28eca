"""What a design could have seen: the smallest difference with a stated power, paired and unpaired.

Normal approximations, as every planning formula is; `benchmarks/coverage.py` prints the power that the tests
really have at these differences.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from checks.stats.interval import critical
from checks.stats.root import root

_NORMAL = NormalDist()


def power_paired(questions: int, discordance: float, difference: float, *, alpha: float = 0.05) -> float:
    """Return the power of McNemar's test, two-sided, a rate.

    Args:
        questions: Questions that both arms answer.
        discordance: Expected share of questions that exactly one arm gets right.
        difference: True difference of the accuracies; its size is what counts.
        alpha: Level of the test.

    Raises:
        ValueError: if the difference is larger than the discordance, which cannot be.

    Source: R. J. Connor, Biometrics 43 (1987) 207-211.
    """
    size = abs(difference)
    if not 0 < discordance <= 1 or size > discordance or questions < 1:
        raise ValueError(f"a difference of {size} cannot come from {discordance} discordant questions")
    spread = math.sqrt(discordance - size * size)
    reach = size * math.sqrt(questions) - critical(1 - alpha) * math.sqrt(discordance)
    if spread == 0:
        return 1.0 if reach > 0 else 0.0
    return _NORMAL.cdf(reach / spread)


def detectable_paired(
    questions: int, discordance: float, *, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """Return the smallest difference that a paired design sees with the given power, a rate.

    Solves ``d sqrt(n) = z(alpha/2) sqrt(psi) + z(power) sqrt(psi - d^2)`` for d, which is a quadratic.

    Returns:
        The difference, or None where even the largest possible one, the discordance, would be missed.

    Source: R. J. Connor, Biometrics 43 (1987) 207-211.
    """
    _check(alpha, power)
    if not 0 < discordance <= 1 or questions < 1:
        raise ValueError(f"{discordance} of {questions} questions is no discordance")
    a, b = critical(1 - alpha) * math.sqrt(discordance), _NORMAL.inv_cdf(power)
    # (d sqrt(n) - a)^2 = b^2 (psi - d^2): take the root on the side where d sqrt(n) - a has the sign of b.
    lead = questions + b * b
    inner = questions * a * a - lead * (a * a - b * b * discordance)
    if inner < 0:
        return None
    smallest = (a * math.sqrt(questions) + math.copysign(math.sqrt(inner), b)) / lead
    return smallest if smallest <= discordance else None


def independent_discordance(first: float, second: float) -> float:
    """Return the discordance of two arms that err independently of each other: the pessimistic default.

    Args:
        first: Accuracy of one arm, a rate.
        second: Accuracy of the other.
    """
    return first * (1 - second) + second * (1 - first)


def power_unpaired(first: float, second: float, questions: int, *, alpha: float = 0.05) -> float:
    """Return the power of the two-proportion z-test with `questions` in each arm, two-sided, a rate.

    The test's standard error is the pooled one under the null hypothesis; both tails count.

    Source: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003),
    section 4.3, without continuity correction.
    """
    for rate in (first, second):
        if not 0 <= rate <= 1:
            raise ValueError(f"an accuracy lies between 0 and 1, got {rate}")
    pooled = (first + second) / 2
    null = math.sqrt(2 * pooled * (1 - pooled))
    true = math.sqrt(first * (1 - first) + second * (1 - second))
    shift, edge = math.sqrt(questions) * abs(second - first), critical(1 - alpha) * null
    if true == 0:
        return 1.0 if shift > edge else 0.0
    return _NORMAL.cdf((shift - edge) / true) + _NORMAL.cdf((-shift - edge) / true)


def detectable_unpaired(
    baseline: float, questions: int, *, alpha: float = 0.05, power: float = 0.8, down: bool = True
) -> float | None:
    """Return the smallest drop (or rise) from a baseline that two independent samples see, a rate.

    Args:
        baseline: Accuracy of the arm compared with.
        questions: Questions in each arm.
        alpha: Level of the test.
        power: Wanted power.
        down: Whether a drop is looked for; else a rise.

    Returns:
        The size of the difference, or None where even the largest possible one would be missed.
    """
    _check(alpha, power)
    room = baseline if down else 1 - baseline

    def missing(size: float) -> float:
        other = min(1.0, max(0.0, baseline - size if down else baseline + size))
        return power_unpaired(baseline, other, questions, alpha=alpha) - power

    if room <= 0 or missing(room) < 0:
        return None
    return root(missing, 0.0, room)


def _check(alpha: float, power: float) -> None:
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise ValueError(f"alpha and power lie between 0 and 1, power above alpha; got {alpha} and {power}")
