"""What two scores on the same questions say of the paired test, where nobody wrote how often the arms disagree."""

from __future__ import annotations

from checks.stats.paired import PairedTable, mcnemar


def mcnemar_bounds(first: int, second: int, total: int) -> tuple[float, float]:
    """Return the smallest and the largest exact McNemar p-value that two arms' right answers allow.

    The difference of the discordant counts is that of the right answers. How many there are is not known from the
    scores: at least that difference (the better arm has every right answer of the other), at most what both arms'
    right, or their wrong, answers leave (no question is right, or none is wrong, in both). With the difference kept,
    p rises with their number.

    Args:
        first: Right answers of the first arm.
        second: Right answers of the second.
        total: Questions, the same for both.

    Raises:
        ValueError: if a count is negative or above the total, or there is no question.
    """
    if not 0 <= first <= total or not 0 <= second <= total:
        raise ValueError("right answers lie between none and all questions")
    shared = min(first, second)
    fewest = PairedTable(shared, first - shared, second - shared, total - max(first, second))
    apart = max(0, first + second - total)
    most = PairedTable(apart, first - apart, second - apart, total - first - second + apart)
    low, high = mcnemar(fewest), mcnemar(most)
    return low, max(low, high)
