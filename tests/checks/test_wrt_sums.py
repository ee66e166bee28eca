"""Sums and products with their result: what belongs to them, how exact the result has to be, and its unit."""

from __future__ import annotations

import pytest

from checks.wrt.expressions import judged_expressions
from checks.wrt.tokens import tokens
from tests.checks.writeups import outcomes

AGREES, ROUNDS, WRONG, LIKELY = "agrees", "rounds to", "wrong", "likely wrong"
UNREAD = "the whole of it could not be read"
GOES_ON = "it goes on behind its result"
RANGE = "a range is stated"
UNITS = "its parts and its result are measured in different things"
OTHER = "another number of the sentence may belong to it"
ELSE = "the product may be of something else"


def verdicts(text: str) -> list[str]:
    """Return how each piece of arithmetic of a text comes out."""
    return outcomes(judged_expressions(tokens(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rows × arms = 7", [UNREAD]),
        ("2 × = 7", [UNREAD]),
        ("2 × 3 =", []),
        ("2 × 3 = some", []),
        ("2 = 3", []),
        # What is in brackets is read alone, unless something joins it from outside.
        ("((2 + 3)) = 6", []),
        ("2 + 3) = 6", []),
        ("2 + 3) = 6 (", []),
        (") = 6", []),
        ("rows (2 + 3) = 6", [WRONG]),
        ("4 rows (2 + 3) = 6", [WRONG]),
        ("4 (2 + 3) = 6", [UNREAD]),
        ("4 × (2 + 3) = 6", [UNREAD]),
        ("(2 + 3) × 4 × 2 = 50", [UNREAD]),
        ("(2 + 3) + 4 + 2 = 50", [UNREAD]),
        ("(2 + 3) - 4 + 2 = 50", [UNREAD]),
        ("[1] 2 × 3 = 7", [WRONG]),
        ("See 5: 2 × 3 = 7", [WRONG]),
        # A hyphen subtracts only with space on both sides and a number behind it.
        ("9 - 4 = 6", [WRONG]),
        ("9 - = 6", []),
        ("9 - rows = 6", []),
        ("9- 4 = 6", []),
        ("9 - ~4 = 8", []),
        ("2 × 9-4 = 6", [UNREAD]),
        # Seven plain words may stand behind a factor, and none that say something else of it.
        ("200 × 4 a b c d e f gg = 900", [WRONG]),
        ("200 × 4 a b c d e f g hh = 900", [UNREAD]),
        ("200 × 4 times five = 900", [UNREAD]),
        ("200 × of 4 = 900", [UNREAD]),
        ("all 200 × 4 = 900", [WRONG]),
        ("200 of the 4 × 4 = 900", [UNREAD]),
        ("two 4-way × 4 = 9", [WRONG]),
        ("2-day 4-way × 4 = 9", [UNREAD]),
        ("1.2.3 × 4 = 9", [UNREAD]),
        ("at most 3 × 4 = 13", [UNREAD]),
        ("2 × 3 ! 4 = 9", []),
        ("2 × 3 % 4 = 9", [UNREAD]),
        # A name behind its value is a setting.
        ("200 × 4 rows = 900", [WRONG]),
        ("200 × 4 rows=900", []),
        ("200 × 4 n = 900", []),
        ("200 × 4 n_rows = 900", []),
        ("200 n × 4 = 900", [WRONG]),
        ("200 × 4 n rows = 900", [WRONG]),
        ("200 × 4=900", [WRONG]),
        # What goes on behind the result is another result.
        ("2 × 3 = 7 +", [GOES_ON]),
        ("2 × 3 = 7 -", [WRONG]),
        ("2 × 3 = 7 - rows", [WRONG]),
        ("2 × 3 = 7 - 1", [GOES_ON]),
        ("2 × 3 = 7 = 7", [GOES_ON]),
        ("2 × 3 = 7 ^ 1", [GOES_ON]),
        ("2 × 3 = 7 rows", [WRONG]),
        ("2 × 3 = 7)", [WRONG]),
        # A quotient with its percentage is a share, which is read elsewhere.
        ("3 / 4 = 80%", []),
        ("3 / 4 / 2 = 80%", [WRONG]),
        ("3 / 4 = 0.8", [ROUNDS]),
        ("0.5 × 0.5 = 80%", [WRONG]),
    ],
)
def test_what_is_read_as_arithmetic(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Ends of a range count.
        ("2 × 3 = 6-9", [AGREES]),
        ("2 × 3 = 4-6", [AGREES]),
        ("2 × 3 = 7-9", [RANGE]),
        ("2 × 3 = 4-5", [RANGE]),
        ("2 × 3 = 6 ± 1", ["its result is no whole number that could be read"]),
        ("8 h × 3 = 23-25 h", [AGREES]),
        ("8 h × 3 = 23-25 min", [RANGE]),
        # A share: 37.5% is rounded up and down.
        ("3 / 4 / 2 = 37%", [ROUNDS]),
        ("3 / 4 / 2 = 38%", [ROUNDS]),
        ("3 / 4 / 2 = 36%", [WRONG]),
        ("3 / 4 / 2 = 39%", [WRONG]),
        ("0.5 × 0.5 = 25%", [AGREES]),
        # Half a percent of each: 24.5% to 25.5%.
        ("50% × 50% = 25%", [AGREES]),
        ("50% × 50% = 26%", [ROUNDS]),
        ("50% × 50% = 27%", [WRONG]),
        # Half a minute of each: 10.5 to 13.5 minutes.
        ("4 min × 3 = 12 min", [AGREES]),
        ("4 min × 3 = 10 min", [ROUNDS]),
        ("4 min × 3 = 14 min", [ROUNDS]),
        ("4 min × 3 = 9 min", [WRONG]),
        ("4 min × 3 = 15 min", [WRONG]),
        # Thousands are cut as often as they are rounded, decimals are not: 1.5 to 2.5 h of 1500.
        ("2 h × 1500 = 4k h", [ROUNDS]),
        ("2 h × 1500 = 5k h", [WRONG]),
        ("4 × 650 = 2k", [ROUNDS]),
        ("4 × 650 = 1k", [WRONG]),
        ("4 × 650 = 2.5k", [WRONG]),
        ("4 × 650 = 2.6k", [AGREES]),
        ("4 × 650 ≈ 2k", [ROUNDS]),
        ("4 × 650 ≈ 1k", [LIKELY]),
        # Tenths: 8.95 - 4.05 = 4.90 to 9.05 - 3.95 = 5.10.
        ("9.0 - 4.0 = 5.10", [ROUNDS]),
        ("9.0 - 4.0 = 5.11", [WRONG]),
        ("9.0 - 4.0 = 4.90", [ROUNDS]),
        ("9.0 - 4.0 = 4.89", [WRONG]),
        ("9.0 + 4.0 = 13.10", [ROUNDS]),
        ("9.0 + 4.0 = 13.11", [WRONG]),
        ("9.0 + 4.0 = 12.90", [ROUNDS]),
        ("9.0 + 4.0 = 12.89", [WRONG]),
        # 8.95 / 4.05 = 2.2099 to 9.05 / 3.95 = 2.2911.
        ("9.0 / 4.0 = 2.21", [ROUNDS]),
        ("9.0 / 4.0 = 2.20", [WRONG]),
        ("9.0 / 4.0 = 2.29", [ROUNDS]),
        ("9.0 / 4.0 = 2.30", [WRONG]),
        # 8.95 * 3.95 = 35.3525 to 9.05 * 4.05 = 36.6525.
        ("9.0 × 4.0 = 35.35", [ROUNDS]),
        ("9.0 × 4.0 = 35.34", [WRONG]),
        ("9.0 × 4.0 = 36.65", [ROUNDS]),
        ("9.0 × 4.0 = 36.66", [WRONG]),
        # Whole steps that fit, or that are needed; a product has none.
        ("11 / 4 = 2", [ROUNDS]),
        ("11 / 4 = 3", [ROUNDS]),
        ("12 / 4 = 2", [WRONG]),
        ("12 / 4 = 4", [WRONG]),
        ("11 / 4 = 2.0", [ROUNDS]),
        ("11 / 4 = 2.1", [WRONG]),
        ("2.5 × 2 = 4", [WRONG]),
        ("1.5 × 1.5 = 3", [WRONG]),
        ("2 × 0 = 1", [WRONG]),
        ("2 × 0 = 0", [AGREES]),
        ("about 2 × 3 = 11", [LIKELY]),
        ("2 × 3 ≈ 9", [LIKELY]),
    ],
)
def test_how_exact_a_result_has_to_be(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50% + 20% = 80%", [WRONG]),
        ("50% + 20 = 80%", [UNITS]),
        ("50 + 20 = 80%", [UNITS]),
        ("50% + 20% = 80", [UNITS]),
        ("50 + 20 = 80 points", [WRONG]),
        ("50 + 20 = 80 s", [UNITS]),
        ("50 + 20 = 80 MB", [UNITS]),
        ("50 MB + 20 MB = 80 MB", [WRONG]),
        ("50 MB + 20 GB = 80 GB", [UNITS]),
        ("50 MB + 20 = 80 MB", [UNITS]),
        ("50 s + 20 s = 80", [UNITS]),
        ("50 × 2 = 110", [WRONG]),
        ("50 × 2 = 110 points", [WRONG]),
        ("50 × 2 = 110x", [WRONG]),
        ("50 × 2 = 110 MB", [UNITS]),
        ("50 MB × 2 = 110 MB", [WRONG]),
        ("50 MB × 2 = 110 GB", [UNITS]),
        ("50 MB × 2 = 110", [UNITS]),
        ("50 MB × 2 MB = 150 MB", [UNITS]),
        ("50 MB × 2 = 110%", [UNITS]),
        ("50 MB × 2% = 110%", [UNITS]),
        ("50% × 200 = 110", [WRONG]),
        ("50% × 200 = 110 MB", [UNITS]),
        ("50% × 4 h = 2 h", [AGREES]),
        ("50% × 4 h = 3 h", [WRONG]),
        ("50% × 4 h = 2", [UNITS]),
        ("50% × 40 points = 30 points", [WRONG]),
    ],
)
def test_units_of_parts_and_result(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Seven more may have been added, taken away, multiplied with or divided by.
        ("4 × 5 = 140, and 7", [OTHER]),
        ("4 × 5 = 2.9, and 7", [OTHER]),
        ("4 × 5 = 27, and 7", [OTHER]),
        ("4 × 5 = 13, and 7", [OTHER]),
        ("Of 5, 2 × 3 = 30", [OTHER]),
        ("2 × 3 = 31, and 5", [WRONG]),
        # 6 / 12 = 0.5 is rounded to one, and to no two.
        ("2 × 3 = 1, and 12", [OTHER]),
        ("2 × 3 = 2, and 12", [WRONG]),
        # Its own factors explain nothing, nor do none and one, nor what is no number.
        ("2 × 3 = 12", [WRONG]),
        ("2 × 3 = 18", [WRONG]),
        ("2 × 3 = 7, 1 more", [WRONG]),
        ("2 × 3 = 7, 0 more", [WRONG]),
        ("2 × 3 = 8, 2-3 more", [WRONG]),
        ("2 × 3 = 8 " + "a " * 394 + "2", [OTHER]),
        ("2 × 3 = 8 " + "a " * 395 + "2", [WRONG]),
    ],
)
def test_other_numbers_that_may_belong_to_it(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total 17 (4 × 4)", [WRONG]),
        ("total 17 (4 × 4)", [WRONG]),
        ("total 16 (4 × 4)", [AGREES]),
        ("total 17 rows (4 × 4)", [ELSE]),
        ("batch a b c 17 (4 × 4)", [WRONG]),
        ("batch a b c d 17 (4 × 4)", [ELSE]),
        ("it is 17 (4 × 4)", [ELSE]),
        ("it is 16 (4 × 4)", [AGREES]),
        ("total 25 (about 4 × 4)", []),
        ("total 25 (~4 × 4)", [ELSE]),
        ("total 16 a b c d (4 × 4)", [AGREES]),
        ("total 16 a b c d e (4 × 4)", []),
        ("total 16, (4 × 4)", []),
        ("total at most 17 (4 × 4)", []),
        ("total 16-17 (4 × 4)", []),
        ("(4 × 4) 17", []),
        ("total (4 × 4) 17", []),
        ("total 17 (4 + 4)", []),
        ("total 17 (4 × a)", []),
        ("total 17 (× 4)", []),
        ("total 17 (all 4 × 4)", []),
        ("total 17 (4 × 4", []),
        # A bracket that is no product hides none behind it.
        ("(see) total 17 (4 × 4)", [WRONG]),
        ("total 17 (4 (x) and total 17 (4 × 4)", [WRONG]),
        ("total 17 (4) and total 17 (4 × 4)", [WRONG]),
        ("total 17 (a × 4) and total 17 (4 × 4)", [WRONG]),
        # Forty pieces in the bracket: 2 to the twentieth is 1,048,576.
        ("total 1,048,577 (" + " × ".join(["2"] * 20) + " a)", [WRONG]),
        ("total 2,097,153 (" + " × ".join(["2"] * 21) + ")", []),
    ],
)
def test_a_product_in_brackets_behind_its_result(text, expected):
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "said", "reason"),
    [
        ("4 min × 3 = 15 min", "4 min × 3 = 15 min", "it is 12"),
        ("0.5 × 0.5 = 35%", "0.5 × 0.5 = 35%", "it is 25"),
        ("so rows × arms = 7", "so rows × arms = 7", UNREAD),
        ("so 2 rows × 3 = 7 arms", "2 rows × 3 = 7", "it is 6"),
    ],
)
def test_what_is_quoted_and_what_it_is(text, said, reason):
    [judged] = judged_expressions(tokens(text))
    assert (text[judged.start : judged.end], judged.against) == (said, reason)
