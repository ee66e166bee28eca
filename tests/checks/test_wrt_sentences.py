"""Arithmetic in sentences: what is read, how it comes out, and what it is held against, both sides of each rule."""

from __future__ import annotations

import pytest

from checks.wrt.differences import judged_differences
from checks.wrt.expressions import judged_expressions
from checks.wrt.tokens import tokens

SUMS = [
    ("2 + 3 = 6", [("2 + 3 = 6", "disagrees", "it is 5", True)]),
    ("2 × 3 = 7", [("2 × 3 = 7", "disagrees", "it is 6", True)]),
    ("100 × 4 = 500", [("100 × 4 = 500", "disagrees", "it is 400", True)]),
    ("2 × 3 = 6", [("2 × 3 = 6", "agrees", "it is 6", True)]),
    ("10 / 4 = 3", [("10 / 4 = 3", "rounds to", "it is 2.50", True)]),
    ("10 / 4 = 2", [("10 / 4 = 2", "rounds to", "it is 2.50", True)]),
    ("10 / 4 = 4", [("10 / 4 = 4", "disagrees", "it is 2.50", True)]),
    ("10 / 4 = 2.5", [("10 / 4 = 2.5", "agrees", "it is 2.50", True)]),
    ("(2 + 3) = 6", [("2 + 3) = 6", "disagrees", "it is 5", True)]),
    ("4 × (2 + 3) = 6", [("2 + 3) = 6", "cannot be checked", "the whole of it could not be read", True)]),
    ("(2 + 3) * 4 = 20", []),
    ("0.5 + 0.25 = 0.7", [("0.5 + 0.25 = 0.7", "rounds to", "it is 0.75", True)]),
    ("0.5 + 0.25 = 0.8", [("0.5 + 0.25 = 0.8", "rounds to", "it is 0.75", True)]),
    ("0.5 + 0.25 = 0.9", [("0.5 + 0.25 = 0.9", "disagrees", "it is 0.75", True)]),
    ("9 - 4 = 6", [("9 - 4 = 6", "disagrees", "it is 5", True)]),
    ("9 - 4 = 5", [("9 - 4 = 5", "agrees", "it is 5", True)]),
    ("9 -4 = 6", []),
    ("-4 + 9 = 6", [("-4 + 9 = 6", "disagrees", "it is 5", True)]),
    ("50% × 200 = 110", [("50% × 200 = 110", "disagrees", "it is 100", True)]),
    ("50% × 200 = 100", [("50% × 200 = 100", "agrees", "it is 100", True)]),
    ("50% + 20% = 75%", [("50% + 20% = 75%", "disagrees", "it is 70", True)]),
    ("50% + 20% = 70%", [("50% + 20% = 70%", "agrees", "it is 70", True)]),
    (
        "50% + 200 = 75",
        [
            (
                "50% + 200 = 75",
                "cannot be checked",
                "its parts and its result are measured in different things",
                True,
            )
        ],
    ),
    (
        "1 / 4 + 2 / 4 = 80%",
        [
            (
                "1 / 4 + 2 / 4 = 80%",
                "cannot be checked",
                "its parts and its result are measured in different things",
                True,
            )
        ],
    ),
    ("3 × 4 × 5 / 2 = 31", [("3 × 4 × 5 / 2 = 31", "disagrees", "it is 30", True)]),
    ("3 × 4 × 5 / 2 = 40", [("3 × 4 × 5 / 2 = 40", "disagrees", "it is 30", True)]),
    ("4 h × 3 = 13 h", [("4 h × 3 = 13 h", "rounds to", "it is 12", True)]),
    ("4 h × 3 = 12 h", [("4 h × 3 = 12 h", "agrees", "it is 12", True)]),
    (
        "4 h × 3 h = 13 h",
        [
            (
                "4 h × 3 h = 13 h",
                "cannot be checked",
                "its parts and its result are measured in different things",
                True,
            )
        ],
    ),
    (
        "4 h + 3 = 8 h",
        [
            (
                "4 h + 3 = 8 h",
                "cannot be checked",
                "its parts and its result are measured in different things",
                True,
            )
        ],
    ),
    ("4 h + 3 h = 8 h", [("4 h + 3 h = 8 h", "rounds to", "it is 7", True)]),
    ("200 rows × 4 letters = 900", [("200 rows × 4 letters = 900", "disagrees", "it is 800", True)]),
    ("200 rows × 4 letters = 800 rows", [("200 rows × 4 letters = 800", "agrees", "it is 800", True)]),
    (
        "The 800-example pool has 200 rows × 4 = 900",
        [("800-example pool has 200 rows × 4 = 900", "disagrees", "it is 800", True)],
    ),
    (
        "200 × 4 one two three four five six seven = 900",
        [("200 × 4 one two three four five six seven = 900", "disagrees", "it is 800", True)],
    ),
    (
        "200 × 4 one two three four five six seven eight = 900",
        [
            (
                "200 × 4 one two three four five six seven eight = 900",
                "cannot be checked",
                "the whole of it could not be read",
                True,
            )
        ],
    ),
    (
        "200 with 3 × 4 = 900",
        [("200 with 3 × 4 = 900", "cannot be checked", "the whole of it could not be read", True)],
    ),
    ("seed × 3 = 42", [("3 = 42", "cannot be checked", "the whole of it could not be read", True)]),
    ("x = 3 + 4", []),
    ("a × 3 = 7", [("3 = 7", "cannot be checked", "the whole of it could not be read", True)]),
    ("12 × 1,000,000 = 13M", [("12 × 1,000,000 = 13M", "rounds to", "it is 12,000,000", True)]),
    ("12.4 × 1,000,000 = 12M", [("12.4 × 1,000,000 = 12M", "rounds to", "it is 12,400,000", True)]),
    ("12.9 × 1,000,000 = 12M", [("12.9 × 1,000,000 = 12M", "rounds to", "it is 12,900,000", True)]),
    ("13.1 × 1,000,000 = 12M", [("13.1 × 1,000,000 = 12M", "disagrees", "it is 13,100,000", True)]),
    ("about 2 × 3 = 7", [("2 × 3 = 7", "rounds to", "it is 6", True)]),
    ("2 × 3 ≈ 7", [("2 × 3 ≈ 7", "rounds to", "it is 6", True)]),
    ("2 × 3 ≈ 8", [("2 × 3 ≈ 8", "disagrees", "it is 6", False)]),
    ("2 × 3 = 5-7", [("2 × 3 = 5-7", "agrees", "within the range", True)]),
    ("2 × 3 = 7-9", [("2 × 3 = 7-9", "cannot be checked", "a range is stated", True)]),
    ("2 × 3 = 7 × 2", [("2 × 3 = 7", "cannot be checked", "it goes on behind its result", True)]),
    ("2 × 3 = 7 - 2", [("2 × 3 = 7", "cannot be checked", "it goes on behind its result", True)]),
    ("2 × 3 = 7 - and", [("2 × 3 = 7", "disagrees", "it is 6", True)]),
    ("2 × 3 = 7 of 5 arms gives 14", [("2 × 3 = 7", "disagrees", "it is 6", True)]),
    ("2 × 3 = 7, not 42", [("2 × 3 = 7", "disagrees", "it is 6", True)]),
    (
        "2 × 3 = 8, 2 more",
        [("2 × 3 = 8", "cannot be checked", "another number of the sentence may belong to it", True)],
    ),
    (
        "2 × 3 = 30, and 5",
        [("2 × 3 = 30", "cannot be checked", "another number of the sentence may belong to it", True)],
    ),
    ("1 / 3 = 0.33", [("1 / 3 = 0.33", "rounds to", "it is 0.33", True)]),
    ("1 / 3 = 0.34", [("1 / 3 = 0.34", "disagrees", "it is 0.33", True)]),
    ("1 / 0 = 3", [("1 / 0 = 3", "cannot be checked", "it divides by zero", True)]),
    ("12 / 5 + 2 × 3 = 9", [("12 / 5 + 2 × 3 = 9", "rounds to", "it is 8.40", True)]),
    ("12 / 5 + 2 × 3 = 8.4", [("12 / 5 + 2 × 3 = 8.4", "agrees", "it is 8.40", True)]),
    ("2 - 3 + 4 = 4", [("2 - 3 + 4 = 4", "disagrees", "it is 3", True)]),
    ("2 - 3 + 4 = 3", [("2 - 3 + 4 = 3", "agrees", "it is 3", True)]),
    ("effective batch size 16 (4 × 4)", [("16 (4 × 4)", "agrees", "it is 16", True)]),
    ("effective batch size 17 (4 × 4)", [("17 (4 × 4)", "disagrees", "it is 16", True)]),
    ("an effective batch of size 17 (4 × 4)", [("17 (4 × 4)", "disagrees", "it is 16", True)]),
    (
        "17 items (4 × 4)",
        [("17 items (4 × 4)", "cannot be checked", "the product may be of something else", True)],
    ),
    (
        "a batch of 17 one two three four (4 × 4)",
        [("four (4 × 4)", "cannot be checked", "the product may be of something else", True)],
    ),
    (
        "a batch of 17 one two three four five (4 × 4)",
        [("five (4 × 4)", "cannot be checked", "the product may be of something else", True)],
    ),
    ("total 17 (4 × 4", []),
    ("total 17 (4 + 4)", []),
    ("total 17 (x 4 × 4)", []),
    ("total 17 (4 × 4 = 17)", [("4 × 4 = 17", "disagrees", "it is 16", True)]),
    ("about 17 total (4 × 4)", [("17 total (4 × 4)", "rounds to", "it is 16", True)]),
    ("a total of about 17 (4 × 4)", [("17 (4 × 4)", "rounds to", "it is 16", True)]),
    ("12 / 0.4 = 30", [("12 / 0.4 = 30", "agrees", "it is 30", True)]),
    ("12 / 0 = 5-7", [("12 / 0 = 5-7", "cannot be checked", "a range is stated", True)]),
    ("1 / 0.0 = 3", [("1 / 0.0 = 3", "cannot be checked", "it divides by zero", True)]),
    ("total 17 (4 × 4 / 0)", []),
    ("8 / 3 = 2.6", [("8 / 3 = 2.6", "disagrees", "it is 2.67", True)]),
    ("8 / 3 = 2.7", [("8 / 3 = 2.7", "rounds to", "it is 2.67", True)]),
    ("-2 + 3 = 2", [("-2 + 3 = 2", "disagrees", "it is 1", True)]),
]

DIFFERENCES = [
    (
        "Accuracy fell from 84% to 60%, by 24 points.",
        [("84% to 60%, by 24 points", "agrees", "it is -24 points", True)],
    ),
    (
        "Accuracy fell from 84% to 60%, by 30 points.",
        [("84% to 60%, by 30 points", "disagrees", "it is -24 points", True)],
    ),
    (
        "Accuracy fell from 84% to 60% (24 points).",
        [("84% to 60% (24 points", "agrees", "it is -24 points", True)],
    ),
    (
        "Accuracy fell from 84% to 60% (-24 points).",
        [("84% to 60% (-24 points", "agrees", "it is -24 points", True)],
    ),
    (
        "Accuracy fell from 84% to 60% (+24 points).",
        [("84% to 60% (+24 points", "disagrees", "it is -24 points", True)],
    ),
    (
        "Accuracy fell from 84% to 60% (-30 points).",
        [("84% to 60% (-30 points", "disagrees", "it is -24 points", True)],
    ),
    ("It went 0.84 → 0.60 (-29%).", [("0.84 → 0.60 (-29%", "rounds to", "it is -28.57%", True)]),
    ("It went 0.84 → 0.60 (-24 points).", [("0.84 → 0.60 (-24 points", "agrees", "it is -24 points", True)]),
    ("It went 0.84 → 0.60 (-35%).", [("0.84 → 0.60 (-35%", "disagrees", "it is -28.57%", True)]),
    ("It went 84% → 60% (-24%).", [("84% → 60% (-24%", "agrees", "it is -24 points", True)]),
    ("It went 84% → 60% (-29%).", [("84% → 60% (-29%", "rounds to", "it is -24 points", True)]),
    ("It went 84% → 60% (-40%).", [("84% → 60% (-40%", "disagrees", "it is -24 points", True)]),
    ("It went 20 → 40 (2x).", [("20 → 40 (2x", "agrees", "it is 2 times", True)]),
    ("It went 20 → 40 (3x).", [("20 → 40 (3x", "disagrees", "it is 2 times", True)]),
    ("It went 40 → 20 (2x).", [("40 → 20 (2x", "agrees", "it is 0.50 times", True)]),
    (
        "It went 0 → 20 (2x).",
        [("0 → 20 (2x", "cannot be checked", "it divides by what may be zero", True)],
    ),
    (
        "84% vs 60%, a gap of 24 points.",
        [("84% vs 60%, a gap of 24 points", "agrees", "it is -24 points", True)],
    ),
    (
        "84% vs 60%, a gap of 25 points.",
        [("84% vs 60%, a gap of 25 points", "rounds to", "it is -24 points", True)],
    ),
    ("84% vs 60% (25 points).", [("84% vs 60% (25 points", "rounds to", "it is -24 points", True)]),
    ("84% vs 60% 25 points.", [("84% vs 60% 25 points", "rounds to", "it is -24 points", True)]),
    (
        "84% compared to 60%, a gap of 25 points.",
        [("84% compared to 60%, a gap of 25 points", "rounds to", "it is -24 points", True)],
    ),
    (
        "84% compared with 60%, a gap of 25 points.",
        [("84% compared with 60%, a gap of 25 points", "rounds to", "it is -24 points", True)],
    ),
    ("84% compared by 60%, a gap of 25 points.", []),
    (
        "between 84% and 60%, a gap of 25 points.",
        [("84% and 60%, a gap of 25 points", "rounds to", "it is -24 points", True)],
    ),
    ("84% and 60%, a gap of 25 points.", []),
    ("a gap of 25 points (84% vs 60%).", [("25 points (84% vs 60%", "rounds to", "it is -24 points", True)]),
    ("a gap of 24 points (84% vs 60%).", [("24 points (84% vs 60%", "agrees", "it is -24 points", True)]),
    (
        "a gap of 25 points from 84% to 60%.",
        [("25 points from 84% to 60%", "rounds to", "it is -24 points", True)],
    ),
    ("a gap of 25 points 84% vs 60%.", []),
    ("fell 25pp from 84% to 60%.", [("25pp from 84% to 60%", "rounds to", "it is -24 points", True)]),
    ("fell 24pp from 84% to 60%.", [("24pp from 84% to 60%", "agrees", "it is -24 points", True)]),
    (
        "from 84.0% to 60.4%, a drop of 24 points.",
        [("84.0% to 60.4%, a drop of 24 points", "rounds to", "it is -23.60 points", True)],
    ),
    (
        "from 84.0% to 60.4%, a drop of 23.6 points.",
        [("84.0% to 60.4%, a drop of 23.6 points", "agrees", "it is -23.60 points", True)],
    ),
    (
        "from 84.0% to 60.4%, a drop of 23.4 points.",
        [("84.0% to 60.4%, a drop of 23.4 points", "disagrees", "it is -23.60 points", True)],
    ),
    (
        "from 84.0% to 60.4%, a drop of 23.5 points.",
        [("84.0% to 60.4%, a drop of 23.5 points", "rounds to", "it is -23.60 points", True)],
    ),
    (
        "from 84.0% to 60.4%, a drop of 23.7 points.",
        [("84.0% to 60.4%, a drop of 23.7 points", "rounds to", "it is -23.60 points", True)],
    ),
    ("from 84 to 60, a drop of 24.", []),
    ("from 84 to 60, a drop of 23.", []),
    ("from 84 to 60 (23).", []),
    ("from 84 to 60 (-24).", [("84 to 60 (-24", "agrees", "it is -24", True)]),
    ("from 84 to 60 (-23).", [("84 to 60 (-23", "disagrees", "it is -24", True)]),
    ("from 84 to 60 (Δ 23).", [("84 to 60 (Δ 23", "disagrees", "it is -24", True)]),
    ("from 84% (0a) to 60% (0b), by 25 points.", []),
    (
        "from 84% (0a) to 60% (-25 points).",
        [("84% (0a) to 60% (-25 points", "rounds to", "it is -24 points", True)],
    ),
    ("Accuracy fell from 84% to 60% in arm A, and arm B lost only 3 points.", []),
    (
        "from 0.84 to 0.60, a drop of 24 points.",
        [("0.84 to 0.60, a drop of 24 points", "agrees", "it is -24 points", True)],
    ),
    (
        "from 0.84 to 0.60, a drop of 25 points.",
        [("0.84 to 0.60, a drop of 25 points", "rounds to", "it is -24 points", True)],
    ),
    ("from 0.84 to 0.60, a drop of 0.24.", []),
    (
        "from 0.84 to 1.60, a drop of 76 points.",
        [("0.84 to 1.60, a drop of 76 points", "disagrees", "it is 0.76 points", True)],
    ),
    (
        "an improvement: error from 30% to 20%, improved by 10 points.",
        [("30% to 20%, improved by 10 points", "agrees", "it is -10 points", True)],
    ),
    (
        "error from 30% to 20% (improvement +10 points).",
        [("30% to 20% (improvement +10 points", "agrees", "it is -10 points", True)],
    ),
    (
        "error from 30% to 20% (improvement +12 points).",
        [("30% to 20% (improvement +12 points", "disagrees", "it is -10 points", True)],
    ),
    (
        "accuracy from 30% to 20% (gain of +10 points).",
        [("30% to 20% (gain of +10 points", "agrees", "it is -10 points", True)],
    ),
    (
        "fell from about 84% to 60%, by about 25 points.",
        [("84% to 60%, by about 25 points", "rounds to", "it is -24 points", True)],
    ),
    (
        "fell from 84% to 60%, by about 25 points.",
        [("84% to 60%, by about 25 points", "rounds to", "it is -24 points", True)],
    ),
    (
        "fell from 84% to 60%, by about 26 points.",
        [("84% to 60%, by about 26 points", "rounds to", "it is -24 points", True)],
    ),
    ("84% → 60% → 40%, a drop of 25 points.", []),
    (
        "from 84% to 60%, and from 50% to 25%, a drop of 25 points.",
        [("50% to 25%, a drop of 25 points", "agrees", "it is -25 points", True)],
    ),
    (
        "from 84% to 60%, and from 50% to 24%, a drop of 24 points.",
        [
            (
                "50% to 24%, a drop of 24 points",
                "cannot be checked",
                "it is the difference of two other numbers of the sentence",
                True,
            )
        ],
    ),
    ("84.0% before, 1.9% after training (delta = -82.1 points).", []),
    ("84.0% before, 1.9% after training (delta = -80.1 points).", []),
    (
        "baseline 84.0% and after training 1.9% (delta = -80.1 points).",
        [("84.0% and after training 1.9% (delta = -80.1 points", "disagrees", "it is -82.10 points", True)],
    ),
    (
        "baseline 84.0% and after training 1.9% (delta = -82.1 points).",
        [("84.0% and after training 1.9% (delta = -82.1 points", "agrees", "it is -82.10 points", True)],
    ),
    (
        "first 84.0% and then 1.9% (delta = -80.1 points).",
        [
            (
                "84.0% and then 1.9% (delta = -80.1 points",
                "cannot be checked",
                "which number it starts from is not said",
                True,
            )
        ],
    ),
    (
        "baseline 84.0% and after training 1.9% (change: -80.1 points).",
        [("84.0% and after training 1.9% (change: -80.1 points", "disagrees", "it is -82.10 points", True)],
    ),
    ("baseline 84.0% and after training 1.9% (change -80.1 points, say).", []),
    ("baseline 84.0% and after training 1.9% of all (change -80.1 points).", []),
]


def judged(judge, text):
    return [
        (text[each.start : each.end], each.verdict, each.against, each.certain)
        for each in judge(tokens(text))
    ]


@pytest.mark.parametrize(("text", "expected"), SUMS)
def test_sums_and_products(text, expected):
    assert judged(judged_expressions, text) == expected


@pytest.mark.parametrize(("text", "expected"), DIFFERENCES)
def test_differences(text, expected):
    assert judged(judged_differences, text) == expected
