"""McNemar, Holm, letter skew, areas and power: by hand, by enumeration, and against scipy and statsmodels."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.stats import (
    PairedTable,
    auc_delong,
    auc_newcombe,
    best_constant,
    detectable_paired,
    detectable_unpaired,
    holm,
    independent_discordance,
    letter_skew,
    mcnemar,
    power_paired,
    power_unpaired,
)
from checks.stats.letters import poisson_binomial

DISCORDANT = st.tuples(st.integers(0, 300), st.integers(0, 300))


def exact_tail(smaller, discordant):
    return Fraction(sum(math.comb(discordant, k) for k in range(smaller + 1)), 2**discordant)


def test_mcnemar_by_hand():
    # 1 against 7: 2 (1 + 8) / 2^8 = 0.0703125; mid-p 2 (1 + 4) / 2^8 = 0.0390625
    table = PairedTable(1, 1, 7, 12)
    assert mcnemar(table) == pytest.approx(0.0703125, abs=1e-12)
    assert mcnemar(table, method="mid-p") == pytest.approx(0.0390625, abs=1e-12)
    assert mcnemar(PairedTable(3, 0, 0, 4)) == 1.0
    assert mcnemar(PairedTable(3, 5, 5, 4), method="mid-p") == 1.0


@settings(max_examples=60, deadline=None)
@given(DISCORDANT)
def test_mcnemar_agrees_with_statsmodels_and_with_whole_numbers(counts):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    b, c = counts
    table = PairedTable(10, b, c, 10)
    expected = tables.mcnemar([[10, b], [c, 10]], exact=True).pvalue if b + c else 1.0
    assert mcnemar(table) == pytest.approx(expected, abs=1e-9)
    if b != c:
        exact = 2 * exact_tail(min(b, c), b + c)
        mid = exact - Fraction(math.comb(b + c, min(b, c)), 2 ** (b + c))
        assert mcnemar(table) == pytest.approx(float(exact), rel=1e-9)
        assert mcnemar(table, method="mid-p") == pytest.approx(float(mid), rel=1e-9)


def test_holm_by_hand_and_as_statsmodels_has_it():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    values = [0.2, 0.001, 0.04, 0.04, 0.9, 0.0]
    assert holm(values) == pytest.approx(list(multitest.multipletests(values, method="holm")[1]), abs=1e-12)
    with pytest.raises(ValueError, match="p-value"):
        holm([0.5, 1.5])


# Letter skew


def enumerated(questions, letter, observed):
    """The doubled smaller tail of a letter's count, by going through every possible assignment."""
    counts = {}
    for drawn in itertools.product(*questions):
        weight = math.prod(Fraction(1, len(options)) for options in questions)
        counts[drawn.count(letter)] = counts.get(drawn.count(letter), 0) + weight
    below = sum(weight for count, weight in counts.items() if count <= observed)
    above = sum(weight for count, weight in counts.items() if count >= observed)
    return float(min(Fraction(1), 2 * min(below, above)))


def test_letter_skew_against_every_possible_assignment():
    questions = [("B", "C", "D")] * 3 + [("A", "C")] * 2 + [("A", "B", "C", "E")]
    taught = ["B", "B", "B", "A", "A", "A"]
    skew = letter_skew((options, letter, 1) for options, letter in zip(questions, taught, strict=True))
    assert skew.questions == 6
    for each in skew.letters:
        assert each.p == pytest.approx(
            enumerated(questions, each.letter, taught.count(each.letter)), abs=1e-12
        )
        expected = sum(1 / len(options) for options in questions if each.letter in options)
        assert each.expected == pytest.approx(expected, abs=1e-12)
    assert skew.p == pytest.approx(min(holm([each.p for each in skew.letters])), abs=1e-15)


def test_letter_skew_by_hand():
    # Ten questions whose distractors are B and C, all taught B: 2 x 2^-10 for each letter, Holm doubles.
    skew = letter_skew([(("B", "C"), "B", 10)])
    assert [each.p for each in skew.letters] == pytest.approx([2**-9, 2**-9])
    assert skew.p == pytest.approx(2**-8)
    assert skew.commonest is not None
    assert skew.commonest.letter == "B"


def test_letter_skew_leaves_out_questions_without_a_choice():
    skew = letter_skew([(("B",), "B", 50), ((("A", "C")), "A", 1)])
    assert skew.questions == 1
    assert skew.p == 1.0
    assert letter_skew([]).p == 1.0


def test_a_letter_that_could_not_be_drawn_is_refused():
    with pytest.raises(ValueError, match="cannot have been drawn"):
        letter_skew([(("B", "C"), "A", 1)])


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from([0.5, 1 / 3, 0.25]), st.integers(0, 120), min_size=1))
def test_poisson_binomial_agrees_with_scipy(rates):
    from scipy import stats

    if not hasattr(stats, "poisson_binom"):
        pytest.skip("scipy has the Poisson-binomial distribution from 1.15 on")
    trials = [rate for rate, count in rates.items() for _ in range(count)]
    low, probabilities = poisson_binomial(rates)
    assert sum(probabilities) == pytest.approx(1, abs=1e-9)
    if trials:
        theirs = stats.poisson_binom.pmf(range(low, low + len(probabilities)), trials)
        assert probabilities == pytest.approx(list(theirs), abs=1e-9)


def test_poisson_binomial_of_a_million_trials_keeps_its_mass():
    low, probabilities = poisson_binomial({1 / 3: 700_000, 1 / 4: 300_000})
    mean = sum((low + place) * p for place, p in enumerate(probabilities))
    assert sum(probabilities) == pytest.approx(1, abs=1e-9)
    assert mean == pytest.approx(700_000 / 3 + 300_000 / 4, rel=1e-9)
    assert len(probabilities) < 100_000


def test_best_constant_by_hand():
    assert best_constant({"A": 2, "B": 3, "C": 3, "D": 2}) == ("B", 0.3)
    with pytest.raises(ValueError, match="no question"):
        best_constant({})


# Areas

VALUES = st.dictionaries(st.integers(-5, 5).map(float), st.integers(1, 9), min_size=1)


def members(counts):
    return [value for value, count in counts.items() for _ in range(count)]


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_the_area_is_the_mann_whitney_share(positive, negative):
    from scipy.stats import mannwhitneyu

    expected = mannwhitneyu(members(positive), members(negative)).statistic
    expected /= sum(positive.values()) * sum(negative.values())
    interval = auc_newcombe(positive, negative)
    assert interval.estimate == pytest.approx(expected, abs=1e-9)
    assert 0 <= interval.low <= interval.estimate <= interval.high <= 1
    turned = auc_newcombe(negative, positive)
    assert interval.low == pytest.approx(1 - turned.high, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_delong_agrees_with_its_definition(positive, negative):
    import numpy as np

    ours, m, n = members(positive), members(negative), 0
    m, n = len(ours), len(members(negative))
    if m < 2 or n < 2:
        with pytest.raises(ValueError, match="two members"):
            auc_delong(positive, negative)
        return
    theirs = members(negative)
    kernel = np.array([[(x > y) + (x == y) / 2 for y in theirs] for x in ours], dtype=float)
    variance = kernel.mean(axis=1).var(ddof=1) / m + kernel.mean(axis=0).var(ddof=1) / n
    half = 1.959963984540054 * math.sqrt(variance)
    interval = auc_delong(positive, negative)
    assert interval.low == pytest.approx(max(0, kernel.mean() - half), abs=1e-9)
    assert interval.high == pytest.approx(min(1, kernel.mean() + half), abs=1e-9)


def test_newcombe_limits_solve_their_equation():
    positive, negative = {1.0: 14, 0.0: 6}, {1.0: 5, 0.0: 25}
    interval = auc_newcombe(positive, negative)
    for t in (interval.low, interval.high):
        variance = t * (1 - t) * (1 + (25 - 1) * ((1 - t) / (2 - t) + t / (1 + t))) / (20 * 30)
        assert (interval.estimate - t) ** 2 == pytest.approx(1.959963984540054**2 * variance, abs=1e-9)


def test_groups_that_are_wholly_apart_still_have_an_interval():
    apart, turned = auc_newcombe({1.0: 10}, {0.0: 10}), auc_newcombe({0.0: 10}, {1.0: 10})
    assert (apart.estimate, apart.high) == (1.0, 1.0)
    assert 0.5 < apart.low < 1
    # Dividing out the root at 1 leaves 1 - t = z^2 t (1 + 9 ((1-t)/(2-t) + t/(1+t))) / 100.
    t = apart.low
    inner = 1 + 9 * ((1 - t) / (2 - t) + t / (1 + t))
    assert 1 - t == pytest.approx(1.959963984540054**2 * t * inner / 100, abs=1e-9)
    assert turned.high == pytest.approx(1 - apart.low, abs=1e-12)


# Power


@pytest.mark.parametrize(("first", "second"), [(0.84, 0.8), (0.5, 0.4), (0.03, 0.08), (0.5, 0.5)])
def test_unpaired_power_agrees_with_statsmodels(first, second):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    theirs = proportion.power_proportions_2indep(second - first, first, 586, return_results=False)
    assert power_unpaired(first, second, 586) == pytest.approx(float(theirs), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.02, 0.9), st.integers(20, 2000))
def test_detectable_differences_have_the_power_that_was_asked(discordance, questions):
    size = detectable_paired(questions, discordance)
    if size is None:
        assert power_paired(questions, discordance, discordance) < 0.8
    else:
        assert power_paired(questions, discordance, size) == pytest.approx(0.8, abs=1e-9)
    for down in (True, False):
        drop = detectable_unpaired(discordance, questions, down=down)
        if drop is not None:
            other = discordance - drop if down else discordance + drop
            assert power_unpaired(discordance, other, questions) == pytest.approx(0.8, abs=1e-9)


def test_paired_power_is_what_the_exact_sum_says():
    """Sum over the number of discordant questions and their split; the formula is an approximation."""
    from scipy.stats import binom

    n, psi, delta = 586, 0.1, 0.05
    power = 0.0
    for discordant in range(20, 110):
        chance = binom.pmf(discordant, n, psi)
        for first in range(discordant + 1):
            p = mcnemar(PairedTable(0, first, discordant - first, 0), method="mid-p")
            if p <= 0.05:
                power += chance * binom.pmf(first, discordant, (psi + delta) / 2 / psi)
    assert power_paired(n, psi, delta) == pytest.approx(power, abs=0.02)


def test_power_refuses_what_cannot_be():
    assert independent_discordance(0.8, 0.5) == pytest.approx(0.5)
    assert detectable_paired(3, 0.5) is None
    for call in (
        lambda: power_paired(586, 0.1, 0.2),
        lambda: detectable_paired(586, 0.0),
        lambda: detectable_paired(586, 0.1, alpha=0.9, power=0.8),
        lambda: power_unpaired(1.5, 0.2, 586),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            call()
