"""Statistics beside their counts or their p-value: how near they stand, and how far they may be off."""

from __future__ import annotations

import math

import pytest

from checks.wrt.remark import Compared, Remark
from checks.wrt.stated_p import P, distribution_p, stated_p
from checks.wrt.statistic_mismatch import unpooled_z
from tests.checks.writeups import Facts, found

FAR = "two counts that are compared do not stand in front of it"
MORE = "its test takes more than these two counts"


def read(text: str) -> list[str]:
    """Return each statistic's verdict, `wrong` or `likely wrong` where it is remarked, or why it is not checked."""
    readings = found("WRT010", text, Facts())
    remarks = {each.at[0]: each.confidence for each in readings if isinstance(each, Remark)}
    return [
        {"certain": "wrong", "likely": "likely wrong"}[remarks[each.at]]
        if each.at in remarks
        else each.against
        if each.verdict == "cannot be checked"
        else each.verdict
        for each in readings
        if isinstance(each, Compared)
    ]


COUNTS = "4/4 vs 0/4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Ninety characters between the counts and what is said of them.
        (COUNTS + ":" + " " * 89 + "p = 0.5", ["likely wrong"]),
        (COUNTS + ":" + " " * 90 + "p = 0.5", [FAR]),
        (COUNTS + "; p = 0.5", [FAR]),
        (COUNTS + ", 3/5, p = 0.5", [FAR]),
        ("p = 0.5 for " + COUNTS, [FAR]),
        ("4/4 and 0/4, p = 0.5", [FAR]),
        ("5/4 vs 0/4, p = 0.5", [FAR]),
        ("0/0 vs 0/4, p = 0.5", [FAR]),
        ("4/4 vs 0/0, p = 0.5", [FAR]),
        ("0/4 vs 5/4, p = 0.5", [FAR]),
        ("1/4 vs 1/1,000,000,000, p = 0.5", [FAR]),
        # The nearer of two pairs.
        ("4/4 vs 0/4, Fisher p = 0.5, but 2/4 vs 2/4, p = 0.9", ["wrong", "agrees"]),
        # In the next sentence, if it opens with the name of a test.
        (COUNTS + ". Fisher's test gives p = 0.5.", ["wrong"]),
        (COUNTS + ".    Fisher's test gives p = 0.5.", [FAR]),
        (COUNTS + ".   Fisher's test gives p = 0.5.", ["wrong"]),
        (COUNTS + ". It gives p = 0.5.", [FAR]),
        (COUNTS + ". So it is. Fisher's test gives p = 0.5.", [FAR]),
        (COUNTS + ". Fisher's test of 2/4 gives p = 0.5.", [FAR]),
        (COUNTS + " and 4/4 vs 1/4. Fisher's test gives p = 0.5.", [FAR]),
        ("It is so. Fisher's test gives p = 0.5.", [FAR]),
        (COUNTS + ". Fisher's " + "a" * 80 + " p = 0.5.", ["wrong"]),
        (COUNTS + ". Fisher's " + "a" * 81 + " p = 0.5.", [FAR]),
        ("0/0 vs 0/4. Fisher's test gives p = 0.5.", [FAR]),
        # The test is named within 300 characters.
        ("Fisher " + "a" * 292 + " " + COUNTS + ", p = 0.5", ["wrong"]),
        ("Fisher " + "a" * 293 + " " + COUNTS + ", p = 0.5", ["likely wrong"]),
        (COUNTS + ", p = 0.5 " + "a" * 285 + " Fisher", ["wrong"]),
        (COUNTS + ", p = 0.5 " + "a" * 286 + " Fisher", ["likely wrong"]),
        (COUNTS + " over seeds, p = 0.5", [MORE]),
        (COUNTS + ", t-test, p = 0.5", [MORE]),
        # A statistic with its own p beside it, once; beside counts all three are read.
        ("z = 2.58, p = 0.01", ["agrees"]),
        ("z = 2.58, p = 0.01 and p = 0.5", ["agrees", FAR]),
        ("3/3 vs 0/3, z = 2.45, p = 0.014", ["agrees", "rounds to", "agrees"]),
    ],
)
def test_which_counts_a_statistic_belongs_to(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Fisher's p is 2 / C(8, 4) = 0.0286, one-sided 0.0143; half a power of ten is allowed.
        ("4/4 vs 0/4, Fisher p = 0.0902", "agrees"),
        ("4/4 vs 0/4, Fisher p = 0.0910", "wrong"),
        ("4/4 vs 0/4, Fisher p = 0.00455", "agrees"),
        ("4/4 vs 0/4, Fisher p = 0.00445", "wrong"),
        ("4/4 vs 0/4, Fisher p < 0.03", "agrees"),
        ("4/4 vs 0/4, Fisher p < 0.015", "agrees"),
        ("4/4 vs 0/4, Fisher p < 0.014", "wrong"),
        ("4/4 vs 0/4, Fisher p > 0.028", "agrees"),
        ("4/4 vs 0/4, Fisher p > 0.029", "wrong"),
        # 3/3 vs 0/3: chi-squared 0.01431, one-sided 0.00715, with Yates' correction 0.1025.
        ("3/3 vs 0/3, chi-squared p = 0.00230", "agrees"),
        ("3/3 vs 0/3, chi-squared p = 0.00220", "wrong"),
        ("3/3 vs 0/3, chi-squared p = 0.10", "agrees"),
        ("3/3 vs 0/3, chi-squared p = 0.320", "agrees"),
        ("3/3 vs 0/3, chi-squared p = 0.330", "wrong"),
        # Proportions: 0.01431, and unpooled none at all.
        ("3/3 vs 0/3, two-proportion test, p = 0.0450", "agrees"),
        ("3/3 vs 0/3, two-proportion test, p = 0.0460", "wrong"),
        ("3/3 vs 0/3, two-proportion test, p = 1e-30", "wrong"),
        # The correction takes away no more than there is.
        ("2/4 vs 2/4, chi-squared p = 0.16", "agrees"),
        ("2/4 vs 2/4, chi-squared p = 0.10", "wrong"),
        ("0/4 vs 0/4, chi-squared p = 1.0", "agrees"),
        ("0/4 vs 0/4, chi-squared p = 0.10", "wrong"),
        # Where no test is named, McNemar's with as few disagreements as there can be is one of them: 2 / 2^4 = 0.125.
        ("4/4 vs 0/4, p = 0.39", "agrees"),
        ("4/4 vs 0/4, p = 0.41", "likely wrong"),
        ("4/4 vs 0/5, p = 0.41", "likely wrong"),
        ("4/4 vs 0/4, p > 0.9", "likely wrong"),
        ("4/4 vs 0/4, p < 1e-30", "agrees"),  # unpooled
        # z: pooled 2.83, and no unpooled one.
        ("4/4 vs 0/4, z = 2.83", "rounds to"),
        ("4/4 vs 0/4, z = -2.83", "rounds to"),
        ("4/4 vs 0/4, z = 2.84", "wrong"),
        ("4/4 vs 0/4, z = -2.82", "wrong"),
        ("0/4 vs 0/4, z = 0.0", "agrees"),
        # 1/4 vs 3/4: pooled 0.5 / sqrt(0.5 * 0.5 / 2) = 1.414, unpooled 0.5 / sqrt(0.1875 / 2) = 1.633.
        ("1/4 vs 3/4, z = 1.41", "rounds to"),
        ("1/4 vs 3/4, z = 1.63", "rounds to"),
        ("1/4 vs 3/4, z = 1.50", "wrong"),
    ],
)
def test_how_far_a_statistic_of_two_counts_may_be_off(text, expected):
    assert read(text) == [expected]


def test_a_p_that_is_no_float_is_shown_as_a_power_of_ten():
    """0 and all of 5,000: z = 100, ln p = ln(2 / (100 sqrt(2 pi))) - 5,000 = -5,004.83."""
    text = "0/5000 vs 5000/5000, two-proportion test, p = {}"
    [reading, remark] = found("WRT010", text.format("0.5"), Facts())
    assert reading.against == "0/5000 and 5000/5000 give p = 10^-2173.6"
    assert remark.confidence == "certain"
    assert read(text.format("< 10^-2173").replace("= <", "<")) == ["agrees"]
    assert read(text.format("< 10^-2175").replace("= <", "<")) == ["wrong"]
    assert read("0/5000 vs 5000/5000, p < 1e-3000") == ["agrees"]


def test_a_small_p_is_shown_as_a_power_of_ten():
    """z = 3.8 has p = 0.000145, and z = 4.2 has 0.0000267 = 10^-4.57."""
    assert "gives p = 0.00014" in found("WRT010", "z = 3.8, p = 0.5", Facts())[0].against
    assert "gives p = 10^-4.6" in found("WRT010", "z = 4.2, p = 0.5", Facts())[0].against


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # At least 12 disagreements, all for one arm: 2 / 2^12 = 0.000488; at most 200: 0.44.
        ("492/586 vs 480/586, McNemar p < 0.5", "agrees"),
        ("492/586 vs 480/586, McNemar p < 0.4", None),
        ("492/586 vs 480/586, McNemar p < 0.0005", None),
        ("492/586 vs 480/586, McNemar p < 0.0004", "wrong"),
        ("492/586 vs 480/586, McNemar p > 0.0004", "agrees"),
        ("492/586 vs 480/586, McNemar p > 0.0005", None),
        ("492/586 vs 480/586, McNemar p > 0.4", None),
        ("492/586 vs 480/586, McNemar p > 0.5", "wrong"),
        ("492/586 vs 480/586, McNemar p = 0.02", None),
        ("492/586 vs 480/586, McNemar p = 0.00016", None),
        ("492/586 vs 480/586, McNemar p = 0.00014", "wrong"),
        ("492/586 vs 400/586, McNemar p = 1.0e-7", None),
        ("492/586 vs 400/586, McNemar p = 1.5e-7", "wrong"),
    ],
)
def test_a_paired_p_lies_between_bounds(text, expected):
    [verdict] = read(text)
    assert (verdict if expected else "allow p from" in verdict) == (expected or True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 2.575 to 2.585: 0.01002 to 0.00974, one-sided half of it.
        ("z = 2.58, p = 0.0100", "agrees"),
        ("z = 2.58, p = 0.0101", "wrong"),
        ("z = 2.58, p = 0.0097", "agrees"),
        ("z = 2.58, p = 0.0096", "wrong"),
        ("z = 2.58, p = 0.0050", "agrees"),
        ("z = 2.58, p = 0.0051", "wrong"),
        ("z = 2.58, p = 0.0049", "agrees"),
        ("z = 2.58, p = 0.0048", "wrong"),
        ("z = -2.58, p = 0.0100", "agrees"),
        ("z = 2.58, p < 0.005", "agrees"),
        ("z = 2.58, p < 0.0048", "wrong"),
        ("z = 2.58, p > 0.01", "agrees"),
        ("z = 2.58, p > 0.0101", "wrong"),
        ("z = 0.0, p = 1.0", "agrees"),
        ("z = 0.0, p = 0.96", "agrees"),
        ("z = 0.0, p = 0.94", "wrong"),
        # t(38): 0.0424 two-sided and 0.0212 one-sided; a chi-squared has one side.
        ("t(38) = 2.1, p = 0.042", "agrees"),
        ("t(38) = 2.1, p = 0.021", "agrees"),
        ("t(38) = 2.1, p = 0.030", "wrong"),
        ("χ²(1) = 3.9, p = 0.048", "agrees"),
        ("χ²(1) = 3.9, p = 0.024", "wrong"),
        ("t(2) = 2.1, p = 0.17", "agrees"),
        ("χ²(2) = 3.9, p = 0.14", "agrees"),
        ("χ² = 3.9, p = 0.14", "its degrees of freedom are not given"),
        ("z = 2.58, p = 0.0101, Holm-corrected", "it may be adjusted"),
        # What underflows is told as zero.
        ("z = 40, p = 0", "agrees"),
        ("z = 40, p = 0.000", "agrees"),
        ("z = 40, p < 0.001", "agrees"),
        ("z = 40, p = 0.01", "wrong"),
        ("z = 40, p = 1e-400", "agrees"),
        ("z = 40, p = 1e-300", "wrong"),
        # ln p = -37.2^2 / 2 - ln(37.2 sqrt(2 pi) / 2): 10^-302.2, and half a tenth of z is 0.8 more or less.
        ("z = 37.2, p = 1e-302", "agrees"),
        ("z = 37.2, p = 1e-305", "wrong"),
        ("z = 3.0, p = 0.000", "wrong"),
        ("z = 3.5, p = 0.000", "agrees"),
    ],
)
def test_a_p_of_its_own_statistic(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "sign", "low", "high"),
    [
        ("p = 0.05", "=", 0.045, 0.055),
        ("p ≈ .05", "=", 0.045, 0.055),
        ("p ≤ 0.05", "<", 0.045, 0.055),
        ("p >= 0.05", ">", 0.045, 0.055),
        ("p = 0", "=", 0, 0.5),
        ("p = 0.000", "=", 0, 0.0005),
        ("p = 1e-10", "=", 0.5e-10, 1.5e-10),
        ("p = 1.2e-10", "=", 1.15e-10, 1.25e-10),
        ("p = 10^-10", "=", 0.5e-10, 1.5e-10),
        ("p = 10⁻¹⁰", "=", 0.5e-10, 1.5e-10),
        ("p = 1.2 × 10^{-10}", "=", 1.15e-10, 1.25e-10),
        ("p = 1.2 x 10⁻¹⁰", "=", 1.15e-10, 1.25e-10),
    ],
)
def test_a_stated_p(text, sign, low, high):
    stated = stated_p(P.fullmatch(text))
    assert (stated.sign, stated.low, stated.high) == (sign, pytest.approx(low), pytest.approx(high))
    middle = (low + high) / 2 if low else 0
    assert stated.log_p == (pytest.approx(math.log10(middle)) if middle else -math.inf)


def test_a_stated_p_holds_within_its_rounding_and_its_tolerance():
    none, half = stated_p(P.fullmatch("p = 0.000")), stated_p(P.fullmatch("p = 0.5"))
    assert none.holds(math.log10(0.0005), tolerance=0.5)
    assert not none.holds(math.log10(0.0006), tolerance=0.5)
    assert none.holds(-301.0, tolerance=0.5)
    assert half.holds(math.log10(0.5) + 0.25, tolerance=0.25)
    assert not half.holds(math.log10(0.5) + 0.3, tolerance=0.25)
    below, above = stated_p(P.fullmatch("p < 0.05")), stated_p(P.fullmatch("p > 0.05"))
    for stated, more in ((below, 0.01), (above, -0.01)):
        assert stated.holds(stated.log_p, tolerance=0)
        assert not stated.holds(stated.log_p + more, tolerance=0)
        assert stated.fits(stated.log_p, stated.log_p)
        assert not stated.fits(stated.log_p + more, stated.log_p + more)
    assert half.fits(math.log10(half.high) - 1e-12, 0)
    assert not half.fits(math.log10(half.high) + 1e-9, 0)
    assert half.holds(math.log10(0.45), tolerance=0)
    assert half.holds(math.log10(0.55), tolerance=0)


def test_distributions_by_hand():
    """Two-sided z = 1.96 is 0.05; t(1) = 1 is a quarter on either side; chi-squared(2) = 2 ln 10 is a tenth."""
    assert distribution_p("z", 1.959964, None) == pytest.approx(math.log10(0.05), abs=1e-6)
    assert distribution_p("t", 1, 1) == pytest.approx(math.log10(0.5))
    assert distribution_p("χ²", 2 * math.log(10), 2) == pytest.approx(-1)
    assert distribution_p("z", 100, None) == -math.inf


@pytest.mark.parametrize(
    ("first", "second", "z"),
    [
        ((1, 4), (3, 4), 0.5 / math.sqrt(0.1875 / 2)),
        ((3, 4), (1, 4), -0.5 / math.sqrt(0.1875 / 2)),
        ((1, 4), (8, 16), 0.25 / math.sqrt(0.1875 / 4 + 0.25 / 16)),
        ((0, 4), (4, 4), math.inf),
        ((4, 4), (0, 4), -math.inf),
        ((4, 4), (4, 4), 0),
    ],
)
def test_z_with_each_sample_s_own_variance(first, second, z):
    assert unpooled_z(first, second) == pytest.approx(z)
