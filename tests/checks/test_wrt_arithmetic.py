"""Arithmetic of every common form: what is wrong is found, and what is right is never accused."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.wrt.remark import Remark
from checks.wrt.tokens import tokens
from tests.checks.writeups import Facts, found, remarks, verdicts


def certain(code: str, text: str) -> list[Remark]:
    return [each for each in remarks(code, text, Facts()) if each.confidence == "certain"]


@pytest.mark.parametrize(
    ("text", "value", "step", "unit"),
    [
        ("2.0×10⁻⁵", Fraction(2, 10**5), Fraction(1, 10**6), ""),
        ("2.0 x 10^-5", Fraction(2, 10**5), Fraction(1, 10**6), ""),
        ("1e-5.", Fraction(1, 10**5), Fraction(1, 10**5), ""),
        ("2048²", Fraction(2048**2), Fraction(1), ""),
        ("12M tokens", Fraction(12 * 10**6), Fraction(10**6), ""),
        ("1.07 G operations", Fraction(107 * 10**7), Fraction(10**7), ""),
        ("80.9-percentage-point", Fraction(809, 10), Fraction(1, 10), "points"),
        ("5 percentage points", Fraction(5), Fraction(1), "points"),
        ("586-question", Fraction(586), Fraction(1), ""),
        ("84.0\\%", Fraction(84), Fraction(1, 10), "%"),
        (".05", Fraction(1, 20), Fraction(1, 100), ""),
        ("30 min", Fraction(30), Fraction(1), "time"),
        ("12 GPU-hours", Fraction(12), Fraction(1), "time"),
        ("seven", Fraction(7), Fraction(1), ""),
    ],
)
def test_numerals_are_read_whole(text, value, step, unit):
    [number] = [each for each in tokens(text) if each.kind == "num"]
    assert (number.said.value, number.said.step, number.unit) == (value, step, unit)


@pytest.mark.parametrize("text", ["1.2.3", "28-30", "84.0 ± 1.2", "1,5", "2^10", "0a", "7q", "3rd", "2**10"])
def test_what_is_no_single_number_has_no_value(text):
    assert [each.number for each in tokens(text) if each.kind == "num"] in ([None], [])


@pytest.mark.parametrize(
    "text", ["gpt-4", "Qwen2.5-7B", "v1.4.2", "2026-11-27", "12:30", '"84.0%"', "https://a.b/84"]
)
def test_names_dates_addresses_and_quotations_hold_no_number(text):
    assert [each for each in tokens(text) if each.kind == "num"] == []


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("1.,0 ×x*=%()-–→/a\"'±~^e⁻²"), max_size=60))
def test_every_token_is_a_piece_of_the_text(text):
    end = 0
    for each in tokens(text):
        assert end <= each.start < each.end <= len(text)
        end = each.end


@pytest.mark.parametrize(
    "text",
    [
        "492/586 = 84.6%",
        "492/586 (81.0%)",
        "81.0% (492/586)",
        "492 of 586 questions (81.0%)",
        "492 out of the 586 (81.0%)",
        "492/586 = 0.81",
        "**492/586 = 81.0%**",
        "from 84.0% to 60.0%, a drop of 34 points",
        "from 84.0% (0b) to 60.0% (0a) is therefore a 34.0pp effect",
        "84.0% → 60.0% (-34.0pp)",
        "84.0% -> 60.0% (−34.0 pp)",
        "0.84 → 0.60 (-0.34)",
        "84.0% vs 60.0%, a gap of 34 points",
        "a gap of 34 points (84.0% vs 60.0%)",
        "a 34-point gap (84.0% vs 60.0%)",
        "It fell 34 points, from 84.0% to 60.0%.",
        "between 84.0% and 60.0%, a difference of 34 points",
        "120 → 80 (-13%)",
        "12 s → 3 s (6x)",
        "We have 200 rows × 4 sources = 900.",
        "It is 200 + 400 + 100 + 100 = 700.",
        "8 runs × 5 min = 60 min.",
        "4 models x 6 arms x 30 min = 14 GPU-hours.",
        "586 - 11 = 565.",
        "1,024 + 512 = 1.8k tokens",
        "0.5 × 0.5 = 35%",
        "60% + 25% + 10% = 100%",
    ],
)
def test_what_does_not_come_out_is_wrong(text):
    assert len(certain("WRT004", text)) == 1
    assert verdicts("WRT004", text, Facts()) == ["disagrees"]


@pytest.mark.parametrize(
    "text",
    [
        "492/586 (84.0%)",
        "492 of 586 questions (84.0%)",
        "84.0% → 60.0% (-24.0pp)",
        "0.84 → 0.60 (-0.24)",
        "120 → 80 (-33%)",
        "12.4 s → 3.1 s (4.0x)",
        "40% → 30% (-25%)",
        "40% → 30% (-10pp), a 25% reduction",
        "a gap of 24 points (84.0% vs 60.0%)",
        "8 runs × 5 min = 42 min",  # 5 min may be 5.3
        "60% + 25% + 16% = 100%",  # each is rounded
        "10/3 = 3 full batches",
        "1,024 + 512 = 1.5k tokens",
        "3 seeds x 5 arms x 2 stages = 28-30 cells",
        "Four per tier × 3 tiers × 5 domains = 60 slots",
        "8 h + 30 min = 8.5 h",
        "20% × 500 = 100",
        "6000 x 2048 = 12M tokens",
    ],
)
def test_what_comes_out_agrees(text):
    assert remarks("WRT004", text, Facts()) == []
    assert {"agrees", "rounds to"} >= set(verdicts("WRT004", text, Facts())) != set()


@pytest.mark.parametrize(
    "text",
    [
        "12 prompts x 8 questions x 5 samples at T=0.7",
        "12 prompts x 8 samples, temperature=1.0",
        "12 prompts x 8 samples with seed = 42",
        "rank 8 vs 64 x 2 seeds = 4 adapters",
        "With 3 seeds, 5 arms x 2 stages = 30 runs",  # the seeds are the third factor
        "(2 + 3) × 4 = 20",
        "2 × (3 + 4) = 14",
        "10 MB + 5 KB = 10.005 MB",
        "2^10 = 1024 and 2**10 = 1024",
        "The limit is 5 × 10 > 48, and 5 × 10 = at least 12",
        "Conv 64 (3 × 3)",
        "from 84% to 60% in arm A, and arm B lost only 3 points",
        "from 0.0% to 1.5%, and in the other personas by another 33.5pp",
        "80% → 70% → 60% (-20pp)",
        "accuracy 84% (3/5 seeds)",
        "3 of 5 arms (84%) agree",
        "492/586 and 485/586 (84.0%, 82.8%)",
        "84% of the 80% (3/80 outliers)",
        "2/3 (66%)",  # cut, not rounded: likely and no more
        "It improved by 5 points to 85%.",
        "Python 3.10 → 3.11, +25% faster",
        '"492/586 = 81.0%" is what they print',
        "x = 3 * y = 12",
        "lr = 5 * 1e-5",
        "80% failures (2/10 passed)",
    ],
)
def test_what_may_mean_something_else_is_not_called_wrong(text):
    assert certain("WRT004", text) == []


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 3))
def test_any_share_as_python_prints_it_is_right(first, second, places):
    k, n = sorted((first, second))
    text = f"{k}/{n} = {100 * k / n:.{places}f}%"
    assert remarks("WRT004", text, Facts()) == []


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_any_difference_of_printed_percentages_is_right_within_their_rounding(first, second):
    a, b = first / 10, second / 10
    assert remarks("WRT004", f"{a:.1f}% → {b:.1f}% ({b - a:+.1f}pp)", Facts()) == []
    # Just above what rounding allows: half a unit of each of the three.
    wrong = f"{a:.1f}% → {b:.1f}% ({b - a + 0.3:+.1f}pp)"
    assert len(remarks("WRT004", wrong, Facts())) == 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("z = 2.58, p = 0.01", False),  # 0.00988
        ("z = 2.58, p = 0.005", False),  # one-sided
        ("z = 2.58, p = 0.2", True),
        ("z = 1.96 (p < 0.05)", False),
        ("z = 1.5, p < 0.05", True),  # 0.134, one-sided 0.067
        ("t(38) = 2.1, p = 0.04", False),  # 0.0424
        ("t(38) = 2.1, p = 0.4", True),
        ("t = 2.1, p = 0.4", False),  # no degrees of freedom
        ("χ²(1) = 3.9, p = .048", False),
        ("χ²(1) = 3.9, p = 0.5", True),
        ("z = 2.58, p = 0.2, Holm-adjusted", False),
    ],
)
def test_a_p_behind_its_statistic(text, wrong):
    assert (len(certain("WRT010", text)) == 1) is wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            "Fisher's exact test for 2/10 vs 0/10 gives p = 0.474.",
            False,
        ),  # by hand: 2 * C(10,2) / C(20,2) = 9/19
        ("Fisher's exact test for 2/10 vs 0/10 gives p = 0.05.", True),
        ("5/20 vs 12/20 (Fisher, p = 0.05)", False),
        ("5/20 vs 12/20 (permutation test, p = 0.9)", False),
        ("5/20 vs 12/20 (chi-squared test, p = 0.9)", True),
        ("5/20 vs 12/20; over all prompts p = 0.9", False),
        ("3/80 outliers and 77/80 in range, p = 0.09", False),  # nothing is compared
        ("The t-test gives p = 0.09 and 3/80 vs 77/80 are counts", False),  # it stands in front
    ],
)
def test_a_p_of_two_counts(text, wrong):
    assert (len(certain("WRT010", text)) == 1) is wrong


def test_what_is_not_checked_says_why():
    [reading] = found("WRT004", "2 × (3 + 4) = 15 rows", Facts())
    assert reading.verdict == "cannot be checked"
    [long] = found("WRT004", "a " * 60_000, Facts())
    assert "120,000 characters is not read" in long.against
