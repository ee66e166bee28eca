"""Bounds of the paired test from two scores alone, against every table that has them."""

import pytest

from checks.stats import PairedTable, mcnemar, mcnemar_bounds


@pytest.mark.parametrize("total", [1, 2, 5, 9])
def test_no_table_with_these_scores_lies_outside_and_both_ends_are_reached(total):
    for first in range(total + 1):
        for second in range(total + 1):
            found = [
                mcnemar(PairedTable(both, first - both, second - both, total - first - second + both))
                for both in range(max(0, first + second - total), min(first, second) + 1)
            ]
            assert mcnemar_bounds(first, second, total) == pytest.approx((min(found), max(found)))


def test_by_hand():
    # 2 and 7 right of 9: five disagreements at least, 2 / 2^5; nine at most, 2 against 7: 2 (1 + 9 + 36) / 2^9.
    assert mcnemar_bounds(2, 7, 9) == pytest.approx((2 / 32, 92 / 512))
    assert mcnemar_bounds(4, 4, 9) == (1.0, 1.0)


@pytest.mark.parametrize("counts", [(-1, 2, 3), (4, 2, 3), (0, 0, 0)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match=r"right answers|at least one question"):
        mcnemar_bounds(*counts)
