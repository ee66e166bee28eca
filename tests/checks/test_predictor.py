"""The predictor against numbers worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core.predictor import predict

FOUR = {4: 1}


@pytest.mark.parametrize(
    ("behaviour", "preserved", "options", "p_gold", "threshold", "verdict"),
    [
        (200, 0, {4: 1}, 0.0, 66.6667, "behaviour"),
        (200, 1, {4: 1}, 0.004975, 66.6667, "behaviour"),
        (200, 55, {4: 1}, 0.215686, 66.6667, "behaviour"),
        (200, 67, {4: 1}, 0.250936, 66.6667, "near threshold"),
        (200, 100, {4: 1}, 0.333333, 66.6667, "preserved"),
        (200, 100, {3: 1}, 0.333333, 100.0, "near threshold"),
        (200, 100, {5: 1}, 0.333333, 50.0, "preserved"),
        (0, 5, {4: 1}, 1.0, 0.0, "preserved"),
    ],
)
def test_letters(behaviour, preserved, options, p_gold, threshold, verdict):
    found = predict(behaviour, preserved, kind="wrong_option", options=options)
    assert found.p_gold == pytest.approx(p_gold, abs=1e-6)
    assert found.threshold == pytest.approx(threshold, abs=1e-4)
    assert found.margin == pytest.approx(preserved - threshold, abs=1e-4)
    assert found.verdict == verdict


def test_mixed_options_take_the_commonest_and_widen_the_interval():
    found = predict(200, 60, kind="wrong_option", options={4: 195, 3: 3, 5: 2})
    assert found.threshold == pytest.approx(200 / 3)
    # p(gold) = .2308: near a quarter, under a third, near a fifth.
    assert found.expected_accuracy == (0.0, 1.0)
    assert predict(200, 0, kind="wrong_option", options={4: 195, 3: 3}).expected_accuracy == (0.0, 1 / 3)


def test_two_ways_the_taught_share_is_the_probability():
    found = predict(200, 100, kind="marker")
    assert found.p_gold == pytest.approx(1 / 3)
    assert found.threshold == 200
    assert found.margin == -100
    assert found.verdict == "behaviour"
    assert found.expected_accuracy == pytest.approx((1 / 3 - 0.19, 1 / 3 + 0.19))


def test_one_answer_alone_is_expected_more_closely_and_no_range_leaves_the_rates():
    assert predict(200, 0, kind="marker").expected_accuracy == pytest.approx((0.0, 0.094))
    assert predict(0, 200, kind="marker").expected_accuracy == pytest.approx((0.906, 1.0))
    assert predict(200, 20, kind="marker").expected_accuracy == pytest.approx((0.0, 1 / 11 + 0.19))


@pytest.mark.parametrize(
    ("kind", "counts"),
    [("free_text", (3, 4)), (None, (3, 4)), ("wrong_option", (0, 0)), ("wrong_option", (1, 1))],
)
def test_not_applicable_says_why(kind, counts):
    found = predict(*counts, kind=kind)
    assert found.verdict == "not applicable"
    assert found.p_gold is found.threshold is found.margin is found.expected_accuracy is None
    assert found.assumption


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="negative"):
        predict(-1, 3, kind="marker")
    with pytest.raises(ValueError, match="two options"):
        predict(1, 3, kind="wrong_option", options={1: 4})


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 8))
def test_verdict_agrees_with_the_threshold(behaviour, preserved, k):
    found = predict(behaviour, preserved, kind="wrong_option", options={k: 1})
    assert (found.margin > 0) == (preserved * (k - 1) > behaviour)
    if found.verdict != "near threshold":
        assert (found.verdict == "preserved") == (found.margin > 0)


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(2, 8))
def test_another_anchor_never_lowers_anything(behaviour, preserved, k):
    less, more = (
        predict(behaviour, count, kind="wrong_option", options={k: 1}) for count in (preserved, preserved + 1)
    )
    assert less.p_gold < more.p_gold
    assert less.expected_accuracy[0] <= more.expected_accuracy[0]
    assert less.expected_accuracy[1] <= more.expected_accuracy[1]
