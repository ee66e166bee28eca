"""Edges of the statistics, worked out by hand: ties, ends, single members, levels that are met exactly."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from checks.stats.auc import auc_delong, auc_estimate, auc_newcombe
from checks.stats.conformal import conformal_bound, conformal_interval, pooled_bound
from checks.stats.interval import Interval, critical
from checks.stats.letters import best_constant, letter_skew, poisson_binomial, smallest_p
from checks.stats.margins import mcnemar_bounds
from checks.stats.multiple import holm
from checks.stats.paired import PairedTable, compare_paired, mcnemar, newcombe_paired, tango
from checks.stats.power import (
    detectable_paired,
    detectable_unpaired,
    independent_discordance,
    power_paired,
    power_unpaired,
)
from checks.stats.proportion import wilson
from checks.stats.seeds import over_seeds, pigeonhole_bootstrap
from checks.stats.unpaired import compare_unpaired, fisher_exact, newcombe_unpaired, two_proportion_z

Z = NormalDist().inv_cdf(0.975)


class TestAreas:
    @pytest.mark.parametrize(
        ("positive", "negative", "area"),
        [
            ({1.0: 1}, {0.0: 1}, 1.0),
            ({0.0: 1}, {1.0: 1}, 0.0),
            ({1.0: 3}, {1.0: 5}, 0.5),
            ({0.0: 1, 1.0: 1}, {0.0: 1}, 0.75),
            ({0.0: 1, 2.0: 3}, {1.0: 2, 2.0: 2}, (0 + 3 * (2 + 1)) / 16),
        ],
    )
    def test_pairs_are_counted_and_ties_half(self, positive, negative, area):
        assert auc_estimate(positive, negative) == pytest.approx(area)

    @pytest.mark.parametrize(
        ("positive", "negative"),
        [({}, {1.0: 1}), ({1.0: 1}, {}), ({1.0: -1, 2.0: 2}, {1.0: 1}), ({1.0: 1}, {0.0: 2, 3.0: -1})],
    )
    def test_empty_groups_and_negative_counts_are_refused(self, positive, negative):
        with pytest.raises(ValueError, match="two groups"):
            auc_estimate(positive, negative)

    def test_delong_by_hand(self):
        # Positives 0 and 2, negatives 1 and 1: shares below are 0 and 1, above 1/2 and 1/2.
        found = auc_delong({0.0: 1, 2.0: 1}, {1.0: 2}, confidence=0.5)
        spread = 0.5 / 2  # (0.25 + 0.25) / (2 - 1), over two positives; the negatives do not differ
        half = critical(0.5) * math.sqrt(spread)
        assert (found.estimate, found.low, found.high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
        wide = auc_delong({0.0: 1, 2.0: 1}, {1.0: 2})
        assert (wide.low, wide.high) == pytest.approx((max(0.0, 0.5 - Z * 0.5), min(1.0, 0.5 + Z * 0.5)))
        for groups in (({1.0: 1}, {0.0: 5}), ({1.0: 5}, {0.0: 1})):
            with pytest.raises(ValueError, match="two members"):
                auc_delong(*groups)
        assert auc_delong({1.0: 2}, {0.0: 2}).low == 1.0

    @pytest.mark.parametrize(("m", "n"), [(5, 7), (20, 20), (1, 3)])
    def test_wholly_apart_groups_by_newcombe_s_equation(self, m, n):
        found = auc_newcombe({1.0: m}, {0.0: n})
        t, mean = found.low, (m + n) / 2 - 1
        variance = t * (1 - t) * (1 + mean * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
        assert (1 - t) ** 2 == pytest.approx(Z * Z * variance, rel=1e-6)
        assert found.high == found.estimate == 1.0
        turned = auc_newcombe({0.0: m}, {1.0: n})
        assert (turned.estimate, turned.low) == (0.0, 0.0)
        assert turned.high == pytest.approx(1 - found.low)

    def test_both_limits_solve_the_equation(self):
        found = auc_newcombe({0.0: 2, 1.0: 4}, {0.0: 5, 1.0: 1})
        mean = 5
        for t in (found.low, found.high):
            variance = t * (1 - t) * (1 + mean * ((1 - t) / (2 - t) + t / (1 + t))) / 36
            assert (found.estimate - t) ** 2 == pytest.approx(Z * Z * variance, rel=1e-6)
        assert found.low < found.estimate < found.high


class TestPaired:
    @pytest.mark.parametrize(
        ("first", "second", "exact", "mid"),
        [
            (0, 0, 1.0, 1.0),
            (3, 3, 1.0, 1.0),
            (0, 5, 2 / 32, 1 / 32),
            (5, 0, 2 / 32, 1 / 32),
            (1, 5, 2 * 7 / 64, (7 + 1) / 64),
            (2, 3, 1.0, (16 + 6) / 32),
        ],
    )
    def test_mcnemar_by_hand(self, first, second, exact, mid):
        table = PairedTable(4, first, second, 1)
        assert mcnemar(table) == pytest.approx(exact)
        assert mcnemar(table, method="mid-p") == pytest.approx(mid)

    def test_a_table_needs_a_question_and_no_negative_count(self):
        with pytest.raises(ValueError, match="at least one"):
            PairedTable(0, 0, 0, 0)
        for place in range(4):
            counts = [1, 1, 1, 1]
            counts[place] = -1
            with pytest.raises(ValueError, match="negative"):
                PairedTable(*counts)
        table = PairedTable(1, 2, 3, 4)
        assert (table.total, table.discordant) == (10, 5)
        with pytest.raises(ValueError, match="2 in one of them only"):
            PairedTable.of({"a": True, "b": True}, {"a": True, "c": False})

    def test_a_table_is_counted_from_answers(self):
        answers = [(True, True)] * 4 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)]
        first = {f"q{at}": one for at, (one, _) in enumerate(answers)}
        second = {f"q{at}": other for at, (_, other) in enumerate(answers)}
        assert PairedTable.of(first, second) == PairedTable(4, 3, 2, 1)

    def test_newcombe_by_hand(self):
        table = PairedTable(6, 3, 1, 2)
        first, second = wilson(9, 12), wilson(7, 12)
        phi = (6 * 2 - 3 * 1 - 12 / 2) / math.sqrt(9 * 3 * 7 * 5)

        def added(one, other):
            return math.sqrt(one**2 - 2 * phi * one * other + other**2)

        found = newcombe_paired(table)
        assert found.estimate == pytest.approx(-2 / 12)
        assert found.low == pytest.approx(
            -2 / 12 - added(second.estimate - second.low, first.high - first.estimate)
        )
        assert found.high == pytest.approx(
            -2 / 12 + added(second.high - second.estimate, first.estimate - first.low)
        )

    def test_newcombe_without_and_against_correlation(self):
        # ad - bc = 2 is less than n/2 and counts as none; -8 counts as it is.
        for table, phi in ((PairedTable(3, 2, 2, 2), 0.0), (PairedTable(1, 3, 3, 1), -8 / 16)):
            n = table.total
            first = wilson(table.both + table.first_only, n)
            reach = first.high - first.estimate, first.estimate - first.low
            found = newcombe_paired(table)
            down = math.sqrt(reach[1] ** 2 - 2 * phi * reach[1] * reach[0] + reach[0] ** 2)
            assert found.low == pytest.approx(-down)
            assert found.high == pytest.approx(down)
        assert newcombe_paired(PairedTable(5, 0, 0, 0)).estimate == 0.0

    def test_tango_at_its_ends(self):
        assert tango(PairedTable(0, 4, 0, 0)).low == -1.0
        assert tango(PairedTable(0, 0, 4, 0)).high == 1.0
        one, other = tango(PairedTable(3, 5, 1, 2)), tango(PairedTable(3, 1, 5, 2))
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        assert one.estimate == pytest.approx(-4 / 11)

    def test_a_comparison_says_all_of_it(self):
        found = compare_paired(PairedTable(50, 30, 10, 10), p_holm=0.5)
        assert (found.first.estimate, found.second.estimate) == (0.8, 0.6)
        assert found.difference.estimate == pytest.approx(-0.2)
        assert "80.0% against 60.0%, right in the first arm only 30, in the second only 10" in str(found)
        assert "Holm-adjusted p = 0.500; mid-p = " in str(found)
        assert "Holm" not in str(compare_paired(PairedTable(50, 30, 10, 10)))

    @pytest.mark.parametrize(
        ("first", "second", "total", "fewest", "most"),
        [
            (6, 6, 10, (0, 0), (4, 4)),
            (8, 6, 10, (2, 0), (4, 2)),
            (3, 1, 10, (2, 0), (3, 1)),
            (10, 0, 10, (10, 0), (10, 0)),
        ],
    )
    def test_what_two_scores_allow(self, first, second, total, fewest, most):
        low, high = mcnemar_bounds(first, second, total)
        rest = total - sum(fewest)
        assert low == pytest.approx(mcnemar(PairedTable(rest, *fewest, 0)))
        assert high == pytest.approx(mcnemar(PairedTable(total - sum(most), *most, 0)))


class TestPower:
    def test_paired_power_by_its_formula(self):
        size, n, psi = 0.1, 200, 0.3
        reach = size * math.sqrt(n) - Z * math.sqrt(psi)
        expected = NormalDist().cdf(reach / math.sqrt(psi - size * size))
        assert power_paired(n, psi, size) == power_paired(n, psi, -size) == pytest.approx(expected)
        assert power_paired(1, 1.0, 0.5) == pytest.approx(NormalDist().cdf((0.5 - Z) / math.sqrt(0.75)))

    @pytest.mark.parametrize(("questions", "power"), [(4, 1.0), (3, 0.0)])
    def test_where_every_question_differs_one_way(self, questions, power):
        assert power_paired(questions, 1.0, 1.0) == power  # 2 and 1.73 against 1.96

    def test_detectable_differences_have_their_power(self):
        for power in (0.8, 0.3):
            size = detectable_paired(300, 0.25, power=power)
            assert power_paired(300, 0.25, size) == pytest.approx(power)
            for down in (True, False):
                size = detectable_unpaired(0.6, 300, power=power, down=down)
                other = 0.6 - size if down else 0.6 + size
                assert power_unpaired(0.6, other, 300) == pytest.approx(power)
        assert detectable_paired(2, 0.5) is None
        assert detectable_unpaired(0.01, 20) is None
        assert detectable_unpaired(0.0, 1000) is None
        assert detectable_unpaired(1.0, 1000, down=False) is None
        assert detectable_unpaired(0.0, 1000, down=False) is not None

    def test_unpaired_power_by_its_formula(self):
        first, second, n = 0.5, 0.6, 100
        null, true = math.sqrt(2 * 0.55 * 0.45), math.sqrt(0.25 + 0.24)
        shift, edge = math.sqrt(n) * 0.1, Z * null
        expected = NormalDist().cdf((shift - edge) / true) + NormalDist().cdf((-shift - edge) / true)
        assert power_unpaired(first, second, n) == power_unpaired(second, first, n) == pytest.approx(expected)
        assert power_unpaired(0.5, 0.5, n) == pytest.approx(0.05)
        # 0 against 1: the pooled error is sqrt(1/2), so 1.96 * 0.707 = 1.386 has to be passed.
        assert [power_unpaired(0.0, 1.0, each) for each in (1, 2)] == [0.0, 1.0]
        assert power_unpaired(0.0, 0.0, 9) == 0.0

    @pytest.mark.parametrize(
        "call",
        [
            lambda: power_paired(10, 0.0, 0.0),
            lambda: power_paired(10, 1.01, 0.1),
            lambda: power_paired(10, 0.2, 0.21),
            lambda: power_paired(0, 0.2, 0.1),
            lambda: detectable_paired(0, 0.2),
            lambda: detectable_paired(10, 0.0),
            lambda: detectable_paired(10, 1.1),
            lambda: detectable_paired(10, 0.2, alpha=0.0),
            lambda: detectable_paired(10, 0.2, alpha=1.0),
            lambda: detectable_paired(10, 0.2, alpha=0.5, power=0.5),
            lambda: detectable_unpaired(0.5, 10, power=1.0),
            lambda: power_unpaired(-0.1, 0.5, 10),
            lambda: power_unpaired(0.5, 1.1, 10),
        ],
    )
    def test_what_cannot_be_is_refused(self, call):
        with pytest.raises(ValueError, match=r".+"):
            call()

    def test_arms_that_err_independently(self):
        assert independent_discordance(0.8, 0.5) == pytest.approx(0.8 * 0.5 + 0.5 * 0.2)
        assert independent_discordance(1.0, 1.0) == 0.0


class TestUnpaired:
    def test_z_by_hand(self):
        z, p = two_proportion_z((10, 20), (18, 24))
        pooled = 28 / 44
        expected = (0.75 - 0.5) / math.sqrt(pooled * (1 - pooled) * (1 / 20 + 1 / 24))
        assert z == pytest.approx(expected)
        assert p == pytest.approx(2 * (1 - NormalDist().cdf(expected)))
        assert two_proportion_z((0, 5), (0, 9)) == (0.0, 1.0)
        assert two_proportion_z((5, 5), (9, 9)) == (0.0, 1.0)

    @pytest.mark.parametrize(
        ("first", "second", "p"),
        [
            ((3, 3), (0, 3), 2 / 20),
            ((3, 4), (1, 4), 34 / 70),
            ((2, 4), (2, 4), 1.0),
            ((0, 5), (5, 5), 2 / 252),
            ((1, 2), (0, 7), 2 / 9),
        ],
    )
    def test_fisher_by_hand(self, first, second, p):
        assert 10 ** fisher_exact(first, second) == pytest.approx(p)
        assert 10 ** fisher_exact(second, first) == pytest.approx(p)

    def test_many_tables_are_left_to_the_normal_approximation(self):
        near = fisher_exact((30_000, 60_000), (30_300, 60_000))
        assert near == math.log10(two_proportion_z((30_000, 60_000), (30_300, 60_000))[1])
        assert fisher_exact((0, 60_000), (60_000, 60_000)) == -math.inf

    @pytest.mark.parametrize("pair", [(1, 0), (-1, 3), (4, 3)])
    def test_what_is_no_proportion_is_refused(self, pair):
        for function in (two_proportion_z, fisher_exact):
            for arguments in ((pair, (1, 2)), ((1, 2), pair)):
                with pytest.raises(ValueError, match="no proportion"):
                    function(*arguments)

    def test_newcombe_by_hand(self):
        one, two = wilson(10, 20), wilson(18, 24)
        found = newcombe_unpaired((10, 20), (18, 24))
        assert found.estimate == pytest.approx(0.25)
        assert found.low == pytest.approx(0.25 - math.hypot(0.75 - two.low, one.high - 0.5))
        assert found.high == pytest.approx(0.25 + math.hypot(two.high - 0.75, 0.5 - one.low))
        said = str(compare_unpaired((10, 20), (18, 24)))
        assert said.startswith("+25.0 points (95% interval")
        assert "50.0% against 75.0% (two-proportion z = 1.72, unpaired: p = 0.0" in said


class TestLetters:
    def test_the_distribution_of_two_rates(self):
        low, found = poisson_binomial({0.5: 2, 0.25: 1})
        assert low == 0
        assert found == pytest.approx([3 / 16, 7 / 16, 5 / 16, 1 / 16])
        assert poisson_binomial({}) == (0, [1.0])
        for rate in (0.0, 1.0):
            with pytest.raises(ValueError, match="between 0 and 1"):
                poisson_binomial({rate: 1})

    def test_far_counts_are_left_out(self):
        low, found = poisson_binomial({0.5: 100_000})
        # 40 standard deviations of 158.1 and 60 more are 6384.6, around 50,000.
        assert low == 43_615
        assert len(found) == 2 * (50_000 - 43_615) + 1
        assert math.fsum(found) == pytest.approx(1.0)

    def test_one_letter_by_hand(self):
        found = letter_skew([(("B", "C"), "B", 5)])
        assert (found.questions, [each.letter for each in found.letters]) == (5, ["B", "C"])
        assert [(each.observed, each.expected) for each in found.letters] == [(5, 2.5), (0, 2.5)]
        assert [each.p for each in found.letters] == pytest.approx([2 / 32, 2 / 32])
        assert found.p == pytest.approx(4 / 32)
        assert found.commonest.letter == "B"
        assert smallest_p([(("B", "C"), 5)]) == pytest.approx(4 / 32)
        assert smallest_p([(("B",), 5)]) == smallest_p([]) == 1.0
        assert smallest_p([(("B", "C", "D"), 2)]) == pytest.approx(3 * 2 * 1 / 9)
        assert smallest_p([(("B", "C"), 1)]) == 1.0

    def test_nothing_to_draw(self):
        empty = letter_skew([(("B",), "B", 9)])
        assert (empty.questions, empty.letters, empty.p, empty.commonest) == (0, (), 1.0, None)
        assert letter_skew([(("B", "C"), "B", 0)]).letters == ()

    @pytest.mark.parametrize("draw", [(("B", "C"), "A", 1), (("B", "B"), "B", 1), (("B", "C"), "B", -1)])
    def test_what_cannot_have_been_drawn(self, draw):
        with pytest.raises(ValueError, match="cannot have been drawn"):
            letter_skew([draw])

    def test_the_best_constant_answer(self):
        assert best_constant({"B": 3, "A": 3, "C": 2}) == ("A", 0.375)
        for gold in ({}, {"A": 0}):
            with pytest.raises(ValueError, match="no question"):
                best_constant(gold)

    def test_holm_by_hand(self):
        assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
        assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
        assert holm([]) == []


class TestConformal:
    def test_by_hand(self):
        groups = [[1.0], [2.0], [3.0], [4.0]]
        # Each weighs a fifth: 60% of the mass lies at or below the third.
        assert conformal_bound(groups, confidence=0.6).value == 3.0
        assert conformal_bound(groups, confidence=0.61).value == 4.0
        assert conformal_bound(groups, confidence=0.6).guaranteed == 0.6
        few = conformal_bound(groups, confidence=0.81)
        assert (few.value, few.guaranteed, few.groups) == (4.0, 0.8, 4)
        # Without the mass at infinity each weighs a quarter.
        assert pooled_bound(groups, confidence=0.75).value == 3.0
        assert pooled_bound(groups, confidence=0.76).value == 4.0
        assert pooled_bound(groups, confidence=0.75).guaranteed == 0.0

    def test_runs_share_their_group_s_weight(self):
        assert conformal_bound([[1.0, 9.0], [2.0]], confidence=0.5).value == 2.0
        assert conformal_bound([[1.0, 9.0], [2.0]], confidence=0.51).value == 9.0

    def test_an_interval_by_hand(self):
        low, high, guaranteed = conformal_interval(
            [(0.5, [0.1]), (0.6, [0.2]), (0.4, [0.3])], confidence=0.75
        )
        assert (low, high, guaranteed) == pytest.approx((0.1, 0.8, 0.5))
        assert conformal_interval([(0.5, [0.1])], confidence=0.9) == pytest.approx((0.4, 0.6, 0.0))

    @pytest.mark.parametrize(
        ("groups", "confidence"), [([], 0.5), ([[]], 0.5), ([[1.0]], 0.0), ([[1.0]], 1.0), ([[1.0], []], 0.5)]
    )
    def test_what_cannot_be_is_refused(self, groups, confidence):
        for function in (conformal_bound, pooled_bound):
            with pytest.raises(ValueError, match=r".+"):
                function(groups, confidence=confidence)


class TestSeeds:
    TABLE = ((0.2, 0.6, 0.4), (0.4, 0.9, 0.2))

    def test_by_hand(self):
        # Seeds have 0.4 and 0.5, questions 0.3, 0.75 and 0.3; the mean is 0.45.
        found = over_seeds(self.TABLE)
        seed = 3 * (0.05**2 * 2)  # 3 questions times the variance of the seeds' means
        question = 2 * (0.15**2 + 0.3**2 + 0.15**2) / 2
        rest = sum(
            (value - own - other + 0.45) ** 2
            for row, own in zip(self.TABLE, (0.4, 0.5), strict=True)
            for value, other in zip(row, (0.3, 0.75, 0.3), strict=True)
        ) / 2  # fmt: skip
        assert found.seed_means == pytest.approx((0.4, 0.5))
        assert found.rest_sd == pytest.approx(math.sqrt(rest))
        assert found.seed_sd == pytest.approx(math.sqrt(max(0.0, seed - rest) / 3))
        assert found.question_sd == pytest.approx(math.sqrt((question - rest) / 2))
        assert found.questions == 3
        # The seeds' component is cut at zero: what is left are questions and rest.
        assert seed < rest
        assert found.df == pytest.approx(question**2 / (question**2 / 2))
        half = 4.302652729911275 * math.sqrt(question / 6)  # t with 2 degrees of freedom
        assert found.estimate.low == pytest.approx(max(-1.0, 0.45 - half))
        assert found.estimate.high == pytest.approx(min(1.0, 0.45 + half))

    def test_differences_never_have_wilson_s_interval(self):
        rights = [[1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]]
        assert "Wilson" in over_seeds(rights).estimate.method
        assert "Wilson" not in over_seeds(rights, differences=True).estimate.method
        assert "Wilson" not in over_seeds([[1.0, 0.5], [0.0, 0.0]]).estimate.method

    def test_one_seed_says_nothing_of_its_parts(self):
        one = over_seeds([[0.1, 0.2, 0.9]])
        assert (one.seed_sd, one.question_sd, one.rest_sd) == (None, None, None)

    @pytest.mark.parametrize("outcome", [-1.0, 1.0])
    def test_outcomes_end_at_one_either_way(self, outcome):
        assert over_seeds([[0.0, outcome]], differences=True).seed_means == (outcome / 2,)
        with pytest.raises(ValueError, match="between -1 and 1"):
            over_seeds([[0.0, outcome * 1.01]], differences=True)

    def test_the_words(self):
        assert "over 3 questions and one seed" in str(over_seeds([[0.1, 0.2, 0.9]]))
        said = str(over_seeds(self.TABLE))
        assert "over 2 seeds x 3 questions; standard deviation 0.0 points between seeds" in said
        # Seeds 0.1 and 0.5 with nothing left over: 100 * sqrt(3 * 0.08 / 3) between them, and none between questions.
        apart = str(over_seeds([[0.1, 0.1, 0.1], [0.5, 0.5, 0.5]]))
        assert apart.endswith("standard deviation 28.3 points between seeds, 0.0 between questions")
        turned = str(over_seeds([[0.1, 0.5], [0.1, 0.5], [0.1, 0.5]]))
        assert turned.endswith("standard deviation 0.0 points between seeds, 28.3 between questions")

    @pytest.mark.parametrize(
        "table", [[], [[0.5]], [[0.1, 0.2], [0.1]], [[0.1, 1.1]], [[-1.1, 0.0]], [[0.0, math.nan]]]
    )
    def test_what_is_no_table_is_refused(self, table):
        with pytest.raises(ValueError, match=r".+"):
            over_seeds(table)

    def test_the_bootstrap_holds_its_mean(self):
        same = pigeonhole_bootstrap([[0.5, 0.5], [0.5, 0.5]], resamples=50)
        assert (same.low, same.estimate, same.high) == (0.5, 0.5, 0.5)
        found = pigeonhole_bootstrap(self.TABLE, resamples=200)
        narrow = pigeonhole_bootstrap(self.TABLE, resamples=200, confidence=0.5)
        assert found.low < narrow.low < 0.45 < narrow.high < found.high


class TestIntervals:
    def test_words(self):
        interval = Interval(0.019, 0.011, 0.033, 0.95, "Wilson")
        assert interval.percent() == "1.9% (95% interval 1.1% to 3.3%, Wilson)"
        assert interval.points() == "+1.9 points (95% interval +1.1 to +3.3, Wilson)"
        assert interval.width == pytest.approx(0.022)
        assert 0.011 in interval
        assert 0.033 in interval
        assert 0.0109 not in interval
        assert 0.0331 not in interval
        assert Interval(0.5, 0.5, 0.5, 0.9, "m").width == 0.0
        with pytest.raises(ValueError, match="is none"):
            Interval(0.5, 0.6, 0.5, 0.9, "m")

    def test_wilson_by_hand(self):
        found = wilson(3, 10)
        square = Z * Z
        centre = (0.3 + square / 20) / (1 + square / 10)
        half = Z / (1 + square / 10) * math.sqrt(0.021 + square / 400)
        assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
        assert (wilson(0, 10).low, wilson(10, 10).high) == (0.0, 1.0)
        for counts in ((1, 0), (-1, 3), (4, 3)):
            with pytest.raises(ValueError, match="no proportion"):
                wilson(*counts)

    @pytest.mark.parametrize("confidence", [0.0, 1.0])
    def test_no_confidence_is_all_or_nothing(self, confidence):
        with pytest.raises(ValueError, match="between 0 and 1"):
            critical(confidence)
