"""Wilson, Newcombe and Tango: by hand, against published values, statsmodels, and an independent search."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.stats import (
    Interval,
    PairedTable,
    compare_paired,
    compare_unpaired,
    newcombe_paired,
    newcombe_unpaired,
    p_text,
    tango,
    two_proportion_z,
    wilson,
)

COUNTS = st.integers(1, 800).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_by_hand():
    # 1 of 4 at z = 2: centre (0.25 + 4/8) / (1 + 1) = 0.375, half = (2/2) sqrt(0.1875/4 + 4/64) = 0.330719
    confidence = 1 - math.erfc(2 / math.sqrt(2))
    interval = wilson(1, 4, confidence=confidence)
    assert interval.low == pytest.approx(0.375 - math.sqrt(0.109375), abs=1e-12)
    assert interval.high == pytest.approx(0.375 + math.sqrt(0.109375), abs=1e-12)


def test_wilson_of_the_published_collapse():
    interval = wilson(11, 586)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0105, 0.0333)


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(counts, confidence):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    low, high = proportion.proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    interval = wilson(*counts, confidence=confidence)
    assert interval.low == pytest.approx(low, abs=1e-9)
    assert interval.high == pytest.approx(high, abs=1e-9)


def test_wilson_covers_what_it_says_at_586_by_enumeration():
    from scipy.stats import binom

    for rate in (0.019, 0.036, 0.25, 0.5, 0.819):
        covered = sum(binom.pmf(k, 586, rate) for k in range(587) if rate in wilson(k, 586))
        assert abs(covered - 0.95) < 0.015, rate


@settings(max_examples=60, deadline=None)
@given(COUNTS, COUNTS)
def test_unpaired_agrees_with_statsmodels(first, second):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    low, high = proportion.confint_proportions_2indep(*second, *first, method="newcomb", compare="diff")
    interval = newcombe_unpaired(first, second)
    assert interval.low == pytest.approx(low, abs=1e-9)
    assert interval.high == pytest.approx(high, abs=1e-9)
    z, p = two_proportion_z(first, second)
    if 0 < first[0] + second[0] < first[1] + second[1]:
        expected_z, expected_p = proportion.proportions_ztest([second[0], first[0]], [second[1], first[1]])
        assert z == pytest.approx(expected_z, abs=1e-9)
        assert p == pytest.approx(expected_p, abs=1e-9)
    else:
        assert (z, p) == (0.0, 1.0)


def test_two_proportion_z_of_the_published_pair_by_hand():
    # pooled (485 + 11) / 1172 = 0.423208, error sqrt(0.423208 x 0.576792 x 2/586) = 0.028864
    z, _ = two_proportion_z((485, 586), (11, 586))
    assert z == pytest.approx(-(474 / 586) / math.sqrt(496 / 1172 * 676 / 1172 * 2 / 586), abs=1e-12)
    assert round(z, 2) == -28.02


def test_newcombe_paired_gives_the_published_interval():
    # Newcombe 1998 (paired), the example 36, 12, 2, 0, method 10: 0.0569 to 0.3404
    interval = newcombe_paired(PairedTable(36, 12, 2, 0))
    assert (round(-interval.high, 4), round(-interval.low, 4)) == (0.0569, 0.3404)


def test_tango_gives_the_published_interval():
    # Fagerland, Lydersen, Laake 2014, airway hyper-responsiveness 1, 1, 7, 12: -0.517 to -0.026
    interval = tango(PairedTable(1, 7, 1, 12))
    assert (round(interval.low, 3), round(interval.high, 3)) == (-0.517, -0.026)


def profile_score(table, delta):
    """The score statistic with its nuisance parameter found by maximising the likelihood numerically."""
    from scipy.optimize import minimize_scalar

    b, c, n = table.second_only, table.first_only, table.total

    def log_likelihood(q):  # q: rate of `first only`; `second only` has q + delta, the rest is concordant
        rates = ((c, q), (b, q + delta), (n - b - c, 1 - 2 * q - delta))
        return sum(count * math.log(max(rate, 1e-300)) for count, rate in rates if count)

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = minimize_scalar(
        lambda q: -log_likelihood(q), bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).x
    return (b - c - n * delta) / math.sqrt(n * (2 * q + delta - delta * delta))


@pytest.mark.parametrize(
    "cells", [(1, 7, 1, 12), (9, 476, 2, 99), (40, 3, 9, 8), (5, 2, 1, 2), (30, 10, 10, 30)]
)
def test_tango_limits_are_where_an_independent_score_test_rejects(cells):
    table = PairedTable(*cells)
    interval = tango(table)
    assert profile_score(table, interval.low) == pytest.approx(1.959963984540054, abs=1e-5)
    assert profile_score(table, interval.high) == pytest.approx(-1.959963984540054, abs=1e-5)


def test_tango_by_hand_where_nothing_is_discordant():
    # b = c = 0: the score equation n d^2 = z^2 d (1 - d) gives d = z^2 / (n + z^2)
    interval, square = tango(PairedTable(30, 0, 0, 20)), 1.959963984540054**2
    assert interval.high == pytest.approx(square / (50 + square), abs=1e-9)
    assert interval.low == pytest.approx(-square / (50 + square), abs=1e-9)


CELLS = st.tuples(*[st.integers(0, 200)] * 4).filter(sum)


@settings(max_examples=80, deadline=None)
@given(CELLS)
def test_paired_intervals_hold_their_estimate_and_mirror(cells):
    table, mirrored = PairedTable(*cells), PairedTable(cells[0], cells[2], cells[1], cells[3])
    for method in (tango, newcombe_paired):
        one, other = method(table), method(mirrored)
        assert -1 <= one.low <= one.estimate <= one.high <= 1
        assert one.low == pytest.approx(-other.high, abs=1e-9)
        assert one.high == pytest.approx(-other.low, abs=1e-9)


def test_no_summary_prints_a_bare_p():
    for text in (
        str(compare_paired(PairedTable(9, 476, 2, 99), p_holm=1e-12)),
        str(compare_unpaired((485, 586), (11, 586))),
    ):
        before_p = text[: text.index("p = ")]
        assert "95% interval" in before_p
        assert "paired:" in before_p
        assert "-80.9 points" in before_p
    assert "unpaired" in str(compare_unpaired((1, 2), (1, 2)))
    assert "Holm-adjusted p = 1.0e-12" in str(compare_paired(PairedTable(9, 476, 2, 99), p_holm=1e-12))


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0341, "p = 0.034"),
        (2.13e-9, "p = 2.1e-09"),
        (0.0, "p < 1e-300"),
        (1.0, "p = 1.000"),
        (1.1e-300, "p = 1.1e-300"),
        (0.9e-300, "p < 1e-300"),
    ],
)
def test_p_values_in_words(p, text):
    assert p_text(p) == text


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(3, 2),
        lambda: wilson(0, 0),
        lambda: wilson(1, 2, confidence=1.0),
        lambda: two_proportion_z((1, 0), (1, 2)),
        lambda: PairedTable(0, 0, 0, 0),
        lambda: PairedTable(1, -1, 0, 0),
        lambda: PairedTable.of({"q": True}, {"r": True}),
        lambda: Interval(0, 1, 0, 0.95, "none"),
        lambda: p_text(float("nan")),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(ValueError):  # noqa: PT011
        call()


def test_a_table_is_counted_by_question_and_not_by_order():
    first = {"q1": True, "q2": True, "q3": False, "q4": False}
    second = {"q4": True, "q3": False, "q2": False, "q1": True}
    assert PairedTable.of(first, second) == PairedTable(both=1, first_only=1, second_only=1, neither=1)
