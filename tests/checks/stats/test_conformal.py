"""Ranges learnt from groups of errors: quantiles worked by hand, and what too few groups can and cannot say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.stats import conformal_bound, conformal_interval, pooled_bound


def test_one_run_a_group_is_split_conformal_prediction():
    # ceil(0.95 * 20) = 19th of 19, ceil(0.9 * 20) = 18th, ceil(0.95 * 40) = 38th of 39.
    nineteen = [[float(each)] for each in range(1, 20)]
    assert conformal_bound(nineteen).value == 19
    assert conformal_bound(nineteen).guaranteed == 0.95
    assert conformal_bound(nineteen, confidence=0.9).value == 18
    assert conformal_bound([[float(each)] for each in range(1, 40)]).value == 38


def test_a_group_counts_once_however_many_runs_it_has():
    # Three groups: masses 1/4 each and 1/4 at infinity. 1 (1/8), 2 (1/4), 3 (1/8), 4 (1/12), 6 (1/12), 9 (1/12).
    groups = [[1.0, 3.0], [2.0], [4.0, 9.0, 6.0]]
    assert conformal_bound(groups, confidence=0.5).value == 3  # 1/8 + 1/4 + 1/8 = 1/2
    assert conformal_bound(groups, confidence=0.51).value == 4
    assert conformal_bound(groups, confidence=0.75).value == 9
    # Pooled, masses are 1/3 each: 1 (1/6), 2 (1/3), 3 (1/6), 4, 6, 9 (1/9 each).
    assert pooled_bound(groups, confidence=0.5).value == 2
    assert pooled_bound(groups, confidence=0.88).value == 6
    assert pooled_bound(groups, confidence=0.95).value == 9


def test_too_few_groups_say_what_they_can():
    found = conformal_bound([[float(each)] for each in range(1, 10)])
    assert (found.value, found.guaranteed, found.groups) == (9, 0.9, 9)
    assert conformal_bound([[5.0]]).guaranteed == 0.5


def test_jackknife_plus_by_hand():
    # Fits without each group predict 10, 12 and 11; highs 11, 13 | 15 | 11, lows 9, 7 | 9 | 11.
    groups = [(10.0, [1.0, 3.0]), (12.0, [3.0]), (11.0, [0.0])]
    low, high, guaranteed = conformal_interval(groups)
    assert (low, high, guaranteed) == (7, 15, pytest.approx(0.5))
    # Half of the mass: highs 11 (1/8), 11 (1/4), 13 (1/8) reach it; lows 11 (1/4), 9 (1/4).
    assert conformal_interval(groups, confidence=0.5)[:2] == (9, 13)


def test_a_prediction_that_is_not_fitted_gets_the_same_range_from_both():
    errors = [[0.1, 0.2], [0.3], [0.05, 0.01, 0.4]]
    low, high, _ = conformal_interval([(0.5, each) for each in errors], confidence=0.6)
    bound = conformal_bound(errors, confidence=0.6).value
    assert (low, high) == pytest.approx((0.5 - bound, 0.5 + bound))


@pytest.mark.parametrize(
    ("groups", "confidence"), [([], 0.95), ([[1.0], []], 0.95), ([[1.0]], 1.0), ([[1.0]], 0.0)]
)
def test_impossible_input_is_refused(groups, confidence):
    with pytest.raises(ValueError, match=r"confidence|group"):
        conformal_bound(groups, confidence=confidence)
    with pytest.raises(ValueError, match=r"confidence|group"):
        pooled_bound(groups, confidence=confidence)


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=4), min_size=1, max_size=25), st.floats(0.5, 0.99)
)
def test_as_much_of_the_mass_as_wanted_lies_below(groups, confidence):
    found = conformal_bound(groups, confidence=confidence)
    below = sum(sum(each <= found.value for each in group) / len(group) for group in groups) / (
        len(groups) + 1
    )
    assert below >= min(confidence, len(groups) / (len(groups) + 1)) - 1e-9
    assert found.guaranteed == min(confidence, len(groups) / (len(groups) + 1))
    assert pooled_bound(groups, confidence=confidence).value <= found.value
