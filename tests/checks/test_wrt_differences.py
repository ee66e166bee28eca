"""Differences beside their two numbers: where they stand, what they may be of, and how exact they have to be."""

from __future__ import annotations

import pytest

from checks.wrt.differences import judged_differences
from checks.wrt.tokens import tokens
from tests.checks.writeups import outcomes

AGREES, ROUNDS, WRONG, LIKELY = "agrees", "rounds to", "wrong", "likely wrong"
ZERO = "it divides by what may be zero"
OTHER = "it is the difference of two other numbers of the sentence"
UNSAID = "which number it starts from is not said"


def verdicts(text: str) -> list[str]:
    """Return how each difference of a text comes out."""
    return outcomes(judged_differences(tokens(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What joins two numbers.
        ("84% to 60%, a drop of 30 points", []),  # a range, and no way from one to the other
        ("about 84% to 60%, a drop of 30 points", [WRONG]),
        ("between 84% to 60%, a drop of 30 points", []),
        ("from 84% and 60%, a drop of 30 points", []),
        ("from 84% than 60%, a drop of 30 points", []),
        ("30 points from 84% → 60%", [WRONG]),
        ("84% compared", []),
        ("84% compared to", []),
        ("84% vs", []),
        ("84% vs chance, and from 84% to 60%, a drop of 30 points", [WRONG]),
        ("It is 84% (80% → 60%, 30 points)", [WRONG]),
        # A chain has more ends than two.
        ("It fell 24 points from 84% → 60% → 40%", []),
        ("It fell 24 points from 84% to 60%", [AGREES]),
        ("It fell 24 points from 84% to 60% → 40%", []),
        # What is in brackets behind a number is its label, if it is short and no difference.
        ("from 84% (a b c d e f g) to 60%, a drop of 30 points", [WRONG]),
        ("from 84% (a b c d e f g h) to 60%, a drop of 30 points", []),
        ("from 84% () to 60%, a drop of 30 points", [WRONG]),
        ("from 84% ((a) b) to 60%, a drop of 30 points", []),
        ("from 84% (a to 60%, a drop of 30 points", []),
        ("from 84% to 60% (arm - b), a drop of 30 points", [WRONG]),
        ("from 84% to 60% (arm 3), a drop of 30 points", [WRONG]),
        ("from 84% to 60% (n of 3%), a drop of 30 points", []),
        ("from 84% to 60% (arm +3), a drop of 30 points", []),
        ("from 84% to 60% (∆ of 3), a drop of 30 points", [WRONG]),
        # Units.
        ("from 84 to 60%, a drop of 30 points", [WRONG]),
        ("from 84% to 60, a drop of 30 points", []),
        ("from 84 s to 60%, a drop of 30 points", []),
        ("from two to 60%, a drop of 30 points", []),
        ("from two to one hundred, a drop of 30 points", []),
        ("from ten to five (-6)", []),
        ("from ten hours to five hours (-60%)", [WRONG]),
        ("from 84.5 to 60 (-30)", [WRONG]),
        ("from 84 to 60.5 (-30)", [WRONG]),
        ("from 1,024 to 512 (-512)", [AGREES]),
        ("from 1,024 to 512 (-500)", [WRONG]),
        ("from 2 min to 30 s (4x)", [AGREES]),
        ("from 2 min to 30 s (-1.5 min)", [AGREES]),
        ("from 2 min to 30 s (-5 min)", [LIKELY]),
        # 90 to 150 s before, 29.5 to 30.5 s after: -2.01 to -0.99 min.
        ("from 2 min to 30 s (-2.0 min)", [ROUNDS]),
        ("from 2 min to 30 s (-2.1 min)", [LIKELY]),
        ("from 2 min to 30 s (-1.0 min)", [ROUNDS]),
        ("from 2 min to 30 s (-0.9 min)", [LIKELY]),
        ("from 12 s to 3 s (-9 s)", [AGREES]),
        ("from 12 s to 3 s (-9 MB)", []),
        ("from 5 points to 3 points, a drop of 30 points", []),
        ("from 2x to 3x, a rise of 30 points", []),
        ("from at most 84% to 60%, a drop of 30 points", []),
        ("from 84% to 60-70%, a drop of 30 points", []),
    ],
)
def test_which_two_numbers_are_set_against_each_other(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Behind the pair, at most eight pieces away.
        ("from 84% to 60%, a clear drop of just about some 30 points", []),
        ("from 84% to 60%, a a a a a a a 30 points", [WRONG]),
        ("from 84% to 60%, a a a a a a a a 30 points", []),
        ("from 84% to 60%, a drop of 30-40 points", []),
        ("from 84% to 60%, over 30 points", []),
        ("from 84% to 60% / 30 points", []),
        ("from 84% to 60%, 30 points / 2", []),
        ("from 84% to 60%, 30 points → 2", []),
        ("from 84% to 60%, 30 points × 2", []),
        # A percentage is a difference only where it is called so, or signed in a bracket.
        ("120 → 80, a 60% drop", [LIKELY]),
        ("120 → 80, a drop of 60%", [LIKELY]),
        ("120 → 80, 60% of drop", [LIKELY]),
        ("120 → 80, 60% of a drop", []),
        ("120 → 80, 50%", []),
        ("120 → 80 (50%)", []),
        ("120 → 80, -50%", []),
        ("120 → 80 (-60%)", [WRONG]),
        ("120 → 80 (a drop of 60%)", [LIKELY]),
        # A factor only as the one thing in the bracket of a change.
        ("12 s → 3 s (6x)", [WRONG]),
        ("12 s → 3 s, 6x", []),
        ("12 s → 3 s 6x", []),
        ("12 s vs 3 s (6x)", []),
        ("12 s → 3 s (down 6x)", []),
        ("12 s → 3 s (6x faster)", []),
        # Any other number only in a bracket, with a sign or a delta.
        ("84 → 60 (30)", []),
        ("84 → 60, -30", []),
        ("84 → 60 (-30, say)", [WRONG]),
        ("84 → 60 (-30; say)", [WRONG]),
        ("84 → 60 (-30 say)", []),
        ("84 → 60 (Δ = 30)", [WRONG]),
        ("84 → 60 (∆ = 30)", [WRONG]),
        ("84 → 60 (\\Delta = 30)", [WRONG]),
        ("84 → 60 (delta = 30)", []),
        ("84 → 60 (delta = -30)", [WRONG]),
        # In front of the pair, at most six pieces away.
        ("It is 30 points a a a a a (84% vs 60%)", [LIKELY]),
        ("It is 30 points a a a a a a (84% vs 60%)", []),
        ("It is 30 points: 84% vs 60%", [LIKELY]),
        ("It is 30 points between 84% and 60%", [WRONG]),
        ("It is 30 points, 84% vs 60%", []),
        ("It is 30 points = (84% vs 60%)", []),
        ("It is 30 points said (84% vs 60%)", []),
        ("It is 30 (84% vs 60%)", []),
        ("It is 30% (84% vs 60%)", []),
        ("It is at most 30 points (84% vs 60%)", []),
    ],
)
def test_where_the_difference_stands(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Unnamed and unbracketed, a number behind "vs" may be of something else.
        ("84% vs 60%, 30 points", [LIKELY]),
        ("84% vs 60%, 30 points gap", [WRONG]),
        ("84% vs 60% (30 points)", [WRONG]),
        ("84% → 60%, 30 points", [WRONG]),
        ("by 30 points (84% vs 60%)", [LIKELY]),
        ("Drop of 30 points (84% vs 60%)", [WRONG]),
        ("a drop of full 30 points (84% vs 60%)", [WRONG]),
        ("a drop of a full 30 points (84% vs 60%)", [LIKELY]),
        ("84% → 60% (about 36 points)", [LIKELY]),
        # An improvement has no sign, wherever it is said.
        ("from 30% to 20% (+10 points)", [WRONG]),
        ("from 30% to 20% (+10 points better)", [AGREES]),
        ("improved +10 points from 30% to 20%", [AGREES]),
        ("from 30% to 20%, a gain of +10 points", [AGREES]),
        ("from 30% to 20%, a drop of +10 points", [WRONG]),
        # Another pair of the sentence may be meant, whatever its sign, before or behind.
        ("from 84% to 60%, and from 50% to 24% (+24 points)", [OTHER]),
        ("from 84% to 60%, a drop of 26 points, and from 50% to 24%", [OTHER]),
        ("from 84% to 60%, a drop of 26 points, and 50% to 24%", [WRONG]),
    ],
)
def test_what_may_be_meant_otherwise(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("behind", "before", "expected"), [(39, 0, OTHER), (40, 0, WRONG), (0, 39, OTHER), (0, 40, WRONG)]
)
def test_other_pairs_are_looked_at_near_by(behind, before, expected):
    """Forty on the left and thirty-nine on the right; the outermost one has the difference that is stated."""
    fill = "from 90% to 89% there, "
    text = "from 84% to 60%, a drop of 26 points; "
    if before:
        text = "from 50% to 24% there, " + fill * before + text
    else:
        text = text + fill * (behind - 1) + "from 50% to 24% there."
    assert verdicts(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 84.0 and 60.4 are good to 0.05 each: their difference is 23.5 to 23.7, and what is stated is rounded as well.
        ("from 84.0% to 60.4%, a drop of 23.50 points", [ROUNDS]),
        ("from 84.0% to 60.4%, a drop of 23.70 points", [ROUNDS]),
        ("from 84.0% to 60.4%, a drop of 23.49 points", [WRONG]),
        ("from 84.0% to 60.4%, a drop of 23.71 points", [WRONG]),
        ("from 60.4% to 84.0% (+23.50 points)", [ROUNDS]),
        ("from 60.4% to 84.0% (+23.70 points)", [ROUNDS]),
        ("from 60.4% to 84.0% (+23.49 points)", [WRONG]),
        ("from 60.4% to 84.0% (+23.71 points)", [WRONG]),
        ("from 0.840 to 0.604, a drop of 23.50 points", [ROUNDS]),
        ("from 0.840 to 0.604, a drop of 23.70 points", [ROUNDS]),
        ("from 0.840 to 0.604, a drop of 23.49 points", [WRONG]),
        ("from 0.840 to 0.604, a drop of 23.71 points", [WRONG]),
        # Whole numbers are what they say, and so is what is 12.5% more: both ways of rounding are right.
        ("from 84 to 60 (-24.5)", [WRONG]),
        ("from 8 to 9 (+12%)", [ROUNDS]),
        ("from 8 to 9 (+13%)", [ROUNDS]),
        ("from 8 to 9 (+11%)", [WRONG]),
        ("from 8 to 9 (+14%)", [WRONG]),
        # Thousands are rounded: 11.5 to 12.5 thousand.
        ("from 13000 to 12k (-500)", [ROUNDS]),
        ("from 13000 to 12k (-400)", [WRONG]),
        ("from about 40 to 60 (+10)", [ROUNDS]),
        ("from about 40 to 60 (+9)", [WRONG]),
        # A share of one: 1.00 is one of them, however it is rounded.
        ("from 1.00 to 0.60, a drop of 40 points", [AGREES]),
        ("from 0.60 to 1.00 (+40 points)", [AGREES]),
        ("from 1 to 0.5, a drop of 50 points", [AGREES]),
        ("from 0.5 to 1.01 (+51 points)", [WRONG]),
        ("from 1.01 to 0.5 (-51 points)", [WRONG]),
        ("from 0.84 to 0.60 (-0.24 points)", [AGREES]),
        # No change is no less than nothing.
        ("from 84.0% to 84.0%, a change of 0.1 points", [ROUNDS]),
        ("from 84.0% to 84.0%, a change of 0.2 points", [WRONG]),
        ("from 84.05% to 84.0%, a change of 0.1 points", [ROUNDS]),
        ("from 84.0% to 84.05%, a change of 0.1 points", [ROUNDS]),
        ("from 60.0% to 84.0%, a change of 0.0 points", [WRONG]),
        ("from 84.0% to 60.0%, a change of 0.0 points", [WRONG]),
        # A factor of rounded numbers, either way: 1.95 / 1.05 = 1.857 to 2.05 / 0.95 = 2.158.
        ("from 2.0 s to 1.0 s (1.86x)", [ROUNDS]),
        ("from 2.0 s to 1.0 s (1.85x)", [WRONG]),
        ("from 2.0 s to 1.0 s (2.16x)", [ROUNDS]),
        ("from 2.0 s to 1.0 s (2.17x)", [WRONG]),
        ("from 1.0 s to 2.0 s (1.86x)", [ROUNDS]),
        ("from 1.0 s to 2.0 s (1.85x)", [WRONG]),
        ("from 1.0 s to 2.0 s (2.16x)", [ROUNDS]),
        ("from 1.0 s to 2.0 s (2.17x)", [WRONG]),
        ("from 2.0 s to 1.0 s (2x)", [AGREES]),
        # A share of rounded numbers: 29.95 / 40.05 - 1 = -25.22% to 30.05 / 39.95 - 1 = -24.78%.
        ("from 40.0 to 30.0 (-25.22%)", [ROUNDS]),
        ("from 40.0 to 30.0 (-25.23%)", [WRONG]),
        ("from 40.0 to 30.0 (-24.78%)", [ROUNDS]),
        ("from 40.0 to 30.0 (-24.77%)", [WRONG]),
        # The first may be told as more than the second: 39.95 / 30.05 - 1 = 32.95% to 40.05 / 29.95 - 1 = 33.72%.
        ("from 40.0 to 30.0, a drop of 32.95%", [ROUNDS]),
        ("from 40.0 to 30.0, a drop of 32.93%", [LIKELY]),
        ("from 40.0 to 30.0, a drop of 33.72%", [ROUNDS]),
        ("from 40.0 to 30.0, a drop of 33.74%", [LIKELY]),
        ("from 3 to 4, a rise of 25%", [AGREES]),
        ("from 40% to 30%, a drop of 10%", [AGREES]),
        ("from 40 to 30, a drop of 10%", [LIKELY]),
        # What may be zero has no share and no factor.
        ("from 0 to 0 (2x)", [ZERO]),
        ("from 0 to 0 (+5%)", [ZERO]),
        ("from 0.0 s to 2.0 s (50x)", [ZERO]),
        ("from 2.0 s to 0.0 s (50x)", [ZERO]),
        ("from 0.0% to 2.0% (+4000%)", [ZERO]),
        ("from 0.0% to 2.0% (+2.0%)", [AGREES]),
        ("from 0.05 to 2.0 (+5%)", [WRONG]),
        ("from 2.0 to 0.0 (-90%)", [WRONG]),
        ("from 2.0 to 0.0 (-100%)", [AGREES]),
        ("from 0.1 s to 2.0 s (50x)", [WRONG]),
        ("from 0.1 s to 2.0 s (39x)", [ROUNDS]),
    ],
)
def test_how_exact_a_difference_has_to_be(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from 84 to 60% (-40%)", "it is -24 points"),
        ("from 84% to 60% (-40%)", "it is -24 points"),
        ("from 84 to 60 (-40%)", "it is -28.57%"),
        ("from 0.84 to 0.60 (-40 points)", "it is -24 points"),
        ("from 60 s to 80 s (3x)", "it is 1.33 times"),
        ("from 2 min to 30 s (-5 min)", "it is -1.50"),
        ("from 84 to 60 (-30)", "it is -24"),
    ],
)
def test_the_difference_that_it_is(text, reason):
    assert [each.against for each in judged_differences(tokens(text))] == [reason]


BEFORE_AND_AFTER = "baseline 84.0% and after training 1.9% "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        (BEFORE_AND_AFTER + "(delta: -80.1 points)", [WRONG]),
        (BEFORE_AND_AFTER + "(Δ -80.1 points)", [WRONG]),
        (BEFORE_AND_AFTER + "(change -82.1 points)", [AGREES]),
        (BEFORE_AND_AFTER + "(about change -80.1 points)", []),
        (BEFORE_AND_AFTER + "(delta := -80.1 points)", []),
        (BEFORE_AND_AFTER + "(delta", []),
        (BEFORE_AND_AFTER + "(delta =", []),
        (BEFORE_AND_AFTER + "(delta = -80.1 points", []),
        (BEFORE_AND_AFTER + "(delta = -80.1)", []),
        (BEFORE_AND_AFTER + "(delta = 80-81 points)", []),
        (BEFORE_AND_AFTER + "(delta points)", []),
        (BEFORE_AND_AFTER + "in all (delta = -80.1 points)", []),
        (BEFORE_AND_AFTER + "(no -80.1 points)", []),
        ("after training 1.9% (delta = -80.1 points)", []),
        ("baseline 80-84% and after training 1.9% (delta = -80.1 points)", []),
        ("baseline 84.0% and after training 1-2% (delta = -80.1 points)", []),
        ("baseline 84.0% and after training 1 (delta = -80.1 points)", []),
        # It says on which side of the training each number is, or it starts from either.
        ("first 84.0% and then 1.9% (delta = -82.1 points)", [AGREES]),
        ("first 84.0% and after training 1.9% (delta = -80.1 points)", [UNSAID]),
        ("baseline 84.0% and then 1.9% (delta = -80.1 points)", [UNSAID]),
        ("baseline of a b c d e f g h i j 84.0% and after 1.9% (delta = -80.1 points)", [WRONG]),
        ("baseline of a b c d e f g h i j k 84.0% and after 1.9% (delta = -80.1 points)", [UNSAID]),
        ("untrained 84.0%, tuned 1.9% (delta = -80.1 points)", [WRONG]),
        ("pre-trained 84.0%, post-trained 1.9% (delta = -80.1 points)", [WRONG]),
        ("initial 84.0%, final 1.9% (delta = -80.1 points)", [WRONG]),
        # The first of the two is near.
        ("baseline 84.0% " + "a " * 24 + "and after 1.9% (delta = -80.1 points)", [WRONG]),
        ("84.0% " + "a " * 24 + "baseline and after 1.9% (delta = -80.1 points)", [WRONG]),
        ("84.0% " + "a " * 25 + "baseline and after 1.9% (delta = -80.1 points)", []),
        # One bracket that says nothing hides none behind it, and another pair may be meant.
        ("84.0% (delta) " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        ("84.0% (delta = 3) " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        ("5% (delta = 3 points) " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        ("5-6% of 7-8% (delta = 3 points) " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        ("5 (delta = 3 points) " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [WRONG]),
        ("from 90% to 10%; " + BEFORE_AND_AFTER + "(delta = -80.1 points)", [OTHER]),
        ("from 90% to 10%; " + BEFORE_AND_AFTER + "(delta = -78.1 points)", [WRONG]),
    ],
)
def test_what_a_bracket_calls_the_change(text, expected):
    assert verdicts(text) == expected
