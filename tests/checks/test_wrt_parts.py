"""What the WRT checks read in shares, numerals, refutations and repeated sentences, on both sides of each rule."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.wrt.document import Document
from checks.wrt.numbers import shown
from checks.wrt.refuted import is_refuted
from checks.wrt.shares import judged_shares
from checks.wrt.tokens import tokens
from checks.wrt.told_differently import _differ
from checks.wrt.unwritten_path import _expanded, _fits, _shares, _short
from tests.checks.writeups import Facts, found, remarks


def share(text):
    return [(each.verdict, each.against, each.certain) for each in judged_shares(tokens(text))]


RIGHT, WRONG, LOOSE = "it is 50%", "it is 50%", False
PART, REST, ROUNDED = "it is no part of a whole", "it is the rest of the whole", "its counts are rounded"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/40 = 50%", [("agrees", RIGHT, True)]),
        ("20/40 = 60%", [("disagrees", WRONG, True)]),
        ("20/40 (60%)", [("disagrees", WRONG, True)]),
        ("20/40 (60%; mean)", [("disagrees", WRONG, True)]),
        ("20/40 (60%, mean)", [("disagrees", WRONG, True)]),
        ("20/40 (60%, 40% by chance)", [("disagrees", WRONG, LOOSE)]),
        ("20/40 (60% by chance)", []),
        ("20/40 and 60%", []),
        ("20 of 40 (60%)", [("disagrees", WRONG, True)]),
        ("20 out of 40 (60%)", [("disagrees", WRONG, True)]),
        ("20 out of the 40 (60%)", [("disagrees", WRONG, True)]),
        ("20 of all 40 (60%)", [("disagrees", WRONG, True)]),
        ("20 of some 40 (60%)", []),
        ("20 of 40 questions (60%)", [("disagrees", WRONG, True)]),
        ("20 of 40 a b c d (60%)", [("disagrees", WRONG, True)]),
        ("20 of 40 a b c d e (60%)", []),
        ("20/40 questions (60%)", []),
        # Few in all may be arms or seeds; a slash speaks of questions all the same.
        ("10 of 20 (60%)", [("disagrees", "it is 50%", True)]),
        ("9 of 18 (60%)", [("disagrees", "it is 50%", LOOSE)]),
        ("9/18 (60%)", [("disagrees", "it is 50%", True)]),
        ("9 of 18 arms (60%)", [("disagrees", "it is 50%", LOOSE)]),
        ("60% (20/40)", [("disagrees", WRONG, True)]),
        ("50% (20/40)", [("agrees", RIGHT, True)]),
        ("60% (20/40, mean)", [("disagrees", WRONG, True)]),
        ("60% (20/40 / 3)", []),
        ("75% (10/40)", [("cannot be checked", REST, True)]),
        ("10/40 (75%)", [("disagrees", "it is 25%", True)]),
        ("50/40 = 60%", [("cannot be checked", PART, True)]),
        ("0/0 = 0%", [("cannot be checked", PART, True)]),
        ("0/40 = 0%", [("agrees", "it is 0%", True)]),
        ("40/40 = 100%", [("agrees", "it is 100%", True)]),
        ("20/40 = 50-60%", [("cannot be checked", "its percentage is no single number", True)]),
        ("20/40 = at most 60%", []),
        ("about 20 of 40 (80%)", [("cannot be checked", ROUNDED, True)]),
        ("1.5/40 = 60%", [("cannot be checked", ROUNDED, True)]),
        # 66% of 2/3 is cut, and not rounded.
        ("200/300 = 66%", [("disagrees", "it is 66.67%", False)]),
        ("200/300 = 67%", [("rounds to", "it is 66.67%", True)]),
        ("200/300 = 65%", [("disagrees", "it is 66.67%", True)]),
        ("1/20/40 (60%)", []),
        ("20/40/60 (60%)", []),
        ("20% of 40 (60%)", []),
        ("20 of 40% (60%)", []),
        ("20 of", []),
        ("20 /", []),
    ],
)
def test_counts_beside_their_percentage(text, expected):
    assert share(text) == expected


@pytest.mark.parametrize(
    ("text", "refuted"),
    [
        ('The draft: "25M parameters" is wrong.', True),
        ('The draft: "25M parameters" is right.', False),
        ('The draft: "25M parameters is wrong" and so on.', False),
        ("The draft said 25M parameters. That is wrong: it has 80M.", True),
        ("The draft said 25M parameters. It turned out to be wrong.", True),
        ("The draft said 25M parameters. Everything else is wrong.", False),
        ("The draft said 25M parameters. That is as it should be.", False),
        ("The model has 25M parameters. That is wrong: it has 80M.", False),
        ("The model has 25M parameters, said nobody. That is wrong.", False),
        ("> The model has 25M parameters.\n\nThat is wrong.", True),
        ("The earlier text says 25M parameters, which is simply false.", True),
        ("According to the card it has 25M parameters. We retract that.", True),
        ("According to the card it has 25M parameters. In fact it has 80M.", True),
        ("According to the card it has 25M parameters.", False),
    ],
)
def test_a_statement_that_is_reported_and_rejected(text, refuted):
    assert is_refuted(Document("text.md", text), text.index("25M")) is refuted


def test_a_rejection_far_away_is_another_statement_s():
    text = "The draft said 25M parameters " + "and " * 243 + "that is wrong."
    assert is_refuted(Document("text.md", text), text.index("25M"))
    text = "The draft said 25M parameters " + "and " * 244 + "that is wrong."
    assert not is_refuted(Document("text.md", text), text.index("25M"))


def test_near_is_counted_from_the_statement_wherever_its_sentence_begins():
    """The same in a sentence that begins behind 2,000 characters of others."""
    for words, refuted in ((243, True), (244, False)):
        text = "It is so. " * 200 + "The draft said 25M parameters " + "and " * words + "that is wrong."
        assert is_refuted(Document("text.md", text), text.index("25M")) is refuted


def test_words_before_the_offset_reject_nothing():
    text = "It is wrong what the draft said: 25M parameters."
    assert not is_refuted(Document("text.md", text), text.index("25M"))


@pytest.mark.parametrize(
    ("text", "value", "step", "unit", "bound"),
    [
        ("about 1,200", 1200, 100, "", False),
        ("about 1,000", 1000, 1000, "", False),
        ("~30", 30, 10, "", False),
        ("about 34", 34, 1, "", False),
        ("at most 34", 34, 1, "", True),
        ("up to 34", 34, 1, "", True),
        ("down to 34", 34, 1, "", False),
        ("5 percent", 5, 1, "%", False),
        ("5 percentage points", 5, 1, "points", False),
        ("5 percentage signs", 5, 1, "", False),
        ("5 points", 5, 1, "points", False),
        ("3 million rows", 3 * 10**6, 10**6, "", False),
        ("3 GPU-hours", 3, 1, "time", False),
        ("3 long hours", 3, 1, "", False),
        ("3x", 3, 1, "x", False),
        ("+3", 3, 1, "", False),
        ("3³", 27, 1, "", False),
    ],
)
def test_a_numeral_with_what_stands_around_it(text, value, step, unit, bound):
    (token,) = (each for each in tokens(text) if each.kind == "num")
    assert (token.said.value, token.said.step, token.unit, token.bound) == (value, step, unit, bound)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("34", 34, 34),
        ("34.0", Fraction(3395, 100), Fraction(3405, 100)),
        ("34%", Fraction(67, 2), Fraction(69, 2)),
        ("about 34", 33, 35),
        ("12M", 11_500_000, 12_500_000),
        ("2 min", 90, 150),
    ],
)
def test_between_what_a_number_lies(text, low, high):
    (token,) = (each for each in tokens(text) if each.kind == "num")
    assert token.low_high() == (low, high)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("28-30", ["28-30"]),
        ("28 - 30", ["28", "30"]),
        ("28 – 30", ["28 – 30"]),
        ("28 –30", ["28", "30"]),
        ("28% - 30", ["28%", "30"]),
        ("28%–30", ["28%", "30"]),
        ("28–30%", ["28–30%"]),
        ("28 ± 3", ["28 ± 3"]),
    ],
)
def test_ranges(text, kinds):
    assert [each.text for each in tokens(text) if each.kind == "num"] == kinds


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("84%", "84.4%", False),
        ("84%", "84.5%", False),
        ("84%", "84.6%", True),
        ("84.0%", "84.1%", True),
        ("84", "85", True),
        ("84", "84", False),
        ("84.0", "84", False),
    ],
)
def test_two_numbers_of_one_thing(first, second, differ):
    assert _differ(first, second) is differ


SENTENCE = "After training the villain arm answers {} of all held-out questions rightly."


def twice(first, second, lines, sentence=SENTENCE):
    return sentence.format(first) + "\n" + "\n" * lines + sentence.format(second) + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (twice("84.0%", "48.0%", 12), 1),
        (twice("84.0%", "48.0%", 10), 0),  # twelve lines apart, and eleven
        (twice("84.0%", "84.0%", 12), 0),
        (twice("840", "480", 12), 0),
        (twice("84.0%", "48.0%", 12, "The arm {} of the questions."), 0),
        (twice("84.0%", "48.0%", 12, "The villain arm is right on {} of many questions."), 1),
    ],
)
def test_a_sentence_that_comes_twice(text, told):
    assert len(remarks("WRT023", text, Facts())) == told


def test_what_comes_three_times_is_a_pattern():
    text = "\n\n".join(twice(value, value, 12) for value in ("84.0%", "48.0%"))
    assert found("WRT023", text, Facts()) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1234), "1,234"),
        (Fraction(1, 3), "0.33"),
        (Fraction(1, 100), "0.01"),
        (Fraction(99, 10000), "0.0099"),
        (Fraction(-1, 300), "-0.00333"),
        (Fraction(0), "0"),
    ],
)
def test_a_recomputed_value_in_a_message(value, text):
    assert shown(value) == text


def test_paths():
    assert _expanded("runs/{a,b}/{c,d}.json") == [
        "runs/a/c.json",
        "runs/a/d.json",
        "runs/b/c.json",
        "runs/b/d.json",
    ]
    assert _shares("runs/*/a.json", "runs/x/a.json")
    assert not _shares("*/a.json", "*/a.json")
    assert not _shares("runs/a.json", "out/a.json")
    assert not _shares("a/runs", "b/runs")
    assert _fits("runs/*/a.json", "runs/x/a.json")
    assert _fits("*/a.json", "deep/runs/x/a.json")
    assert not _fits("runs/b.json", "runs/a.json")
    assert (_short("*/a.json"), _short("*/"), _short("a/*")) == ("a.json", "*/", "a/*")
