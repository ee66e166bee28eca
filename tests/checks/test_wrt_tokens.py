"""Pieces of a sentence: marks of emphasis, signs, scales, units, bounds and ranges, each as it is read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.wrt.tokens import Token, closing, tokens
from tests.checks.writeups import Facts, found


def spelled(token: Token) -> str:
    """Return a piece as `value unit`, its text where it is no number, and marks for what else is known of it."""
    if token.kind != "num":
        return f"<{token.text}>" if token.kind == "skip" else token.text
    if token.number is None:
        return f"?{token.text}"
    marks = ("~" if token.number.about else "") + ("#" if token.bound else "")
    value = token.number.value
    return f"{marks}{value if value.denominator == 1 else float(value)} {token.unit}".strip()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        # Emphasis and code are no pieces; a star multiplies with space on both sides or on neither.
        ("**2** × **3**", ["2", "×", "3"]),
        ("`2` $3$", ["2", "3"]),
        ("2 * 3", ["2", "×", "3"]),
        ("2*3", ["2", "×", "3"]),
        ("2 *3", ["2", "3"]),
        ("2* 3", ["2", "3"]),
        ("*2* × 3", ["2", "×", "3"]),
        ("a *b* c", ["a", "b", "c"]),
        ("(2)*3", ["(", "2", ")", "×", "3"]),
        ("2*(3)", ["2", "×", "(", "3", ")"]),
        ("(2)*(3)", ["(", "2", ")", "×", "(", "3", ")"]),
        ("]*(3)", ["]", "(", "3", ")"]),
        ("2*[3]", ["2", "[", "3", "]"]),
        ("(*2)", ["(", "2", ")"]),
        ("2*", ["2"]),
        ("* 2", ["2"]),
        ("2 x 3 X 4", ["2", "×", "3", "×", "4"]),
        ("2 xs", ["2", "xs"]),
        ('"84%" 2', ['<"84%">', "2"]),
        ("2026-11-27 2", ["<2026-11-27>", "2"]),
        # Scales: a letter at the numeral, or a capital before a word; words of their own.
        ("3k", ["3000"]),
        ("3K", ["3000"]),
        ("3M", ["3000000"]),
        ("3G", ["3000000000"]),
        ("3B", ["3000000000"]),
        ("3T", ["3000000000000"]),
        ("3thousand", ["?3thousand"]),
        ("3 K rows", ["3000", "rows"]),
        ("3 M rows", ["3000000", "rows"]),
        ("3 G rows", ["3000000000", "rows"]),
        ("3 B rows", ["3000000000", "rows"]),
        ("3 T rows", ["3000000000000", "rows"]),
        ("3 k rows", ["3", "k", "rows"]),
        ("3 B", ["3 b"]),
        ("3 T (x)", ["3", "T", "(", "×", ")"]),
        ("3 thousand", ["3000"]),
        ("3 million", ["3000000"]),
        ("3 billion", ["3000000000"]),
        ("3 trillion", ["3000000000000"]),
        ("3 thousand rows", ["3000", "rows"]),
        ("3 thousand GPU-hours of", ["3000 time", "of"]),
        ("3 thousand percentage points of", ["3000 points", "of"]),
        # Units.
        ("3 % of", ["3 %", "of"]),
        ("3 percent of", ["3 %", "of"]),
        ("3 percentage points of", ["3 points", "of"]),
        ("3 percentage", ["3", "percentage"]),
        ("3 percentage of", ["3", "percentage", "of"]),
        ("3 percentage-point drop", ["3 points", "drop"]),
        ("3 pp", ["3 points"]),
        ("3 PTS", ["3 points"]),
        ("3pts", ["3 points"]),
        ("3-point", ["3 points"]),
        ("3x", ["3 x"]),
        ("3 MB/s", ["3", "MB/s"]),
        ("3 tok/s", ["3 tok/s"]),
        ("3-GB card", ["3 gb", "card"]),
        ("3 GPU-hours", ["3 time"]),
        ("3 gpu-weeks", ["3 weeks"]),
        ("3 CPU-days", ["3 time"]),
        ("3 TPU-days", ["3 time"]),
        ("3 man-days", ["3", "man-days"]),
        ("3% s", ["3 %", "s"]),
        ("1.2.3 min", ["?1.2.3", "min"]),
        ("3) min", ["3", ")", "min"]),
        ("3 (min)", ["3", "(", "min", ")"]),
        ('3 "min"', ["3", '<"min">']),
        ("three min", ["3 time"]),
        ("Twelve", ["12"]),
        ("one", ["one"]),
        ("thirteen", ["thirteen"]),
        # About and bounds.
        ("~3", ["~3"]),
        ("about 3", ["about", "~3"]),
        ("about 1.2.3", ["about", "?1.2.3"]),
        ("≈ 3", ["≈", "~3"]),
        ("over 3", ["over", "#3"]),
        ("at least 3", ["at", "least", "#3"]),
        ("up to 3", ["up", "to", "#3"]),
        ("Up to 3", ["Up", "to", "#3"]),
        ("down to 3", ["down", "to", "3"]),
        ("to 3", ["to", "3"]),
        ("up 3", ["up", "#3"]),
        ("over 1.2.3", ["over", "?1.2.3"]),
        # Ranges: a dash that is tight, a long one also with space on both sides, of one unit.
        ("3-5", ["?3-5"]),
        ("3 - 5", ["3", "-", "5"]),
        ("3 – 5", ["?3 – 5"]),
        ("3 — 5", ["3", "–", "5"]),
        ("3–5%", ["?3–5%"]),
        ("3%–5%", ["?3%–5%"]),
        ("3%–5", ["3 %", "–", "5"]),
        ("3 ± 5", ["?3 ± 5"]),
        ("3 ±5", ["?3 ±5"]),
        ("a – 5", ["a", "–", "5"]),
        ("– 5", ["–", "5"]),
        # Powers.
        ("2e3", ["2000"]),
        ("2 × 10^3", ["2000"]),
        ("2 × 10^{3}", ["2000"]),
        ("2 × 10³", ["2000"]),
        ("2 × 10⁻¹", ["0.2"]),
        ("2²", ["4"]),
        ("2³", ["8"]),
        ("-2", ["-2"]),
        ("3-2", ["?3-2"]),
        ("1,234", ["1234"]),
        ("1,23", ["?1,23"]),
    ],
)
def test_pieces(text, pieces):
    assert [spelled(each) for each in tokens(text)] == pieces


@pytest.mark.parametrize(
    ("text", "spaced"),
    [("2", [False]), ("2 ", [False]), (" 2", [True]), ("a 2", [False, True]), ("a(2 )", [False, False, False, True])],
)  # fmt: skip
def test_space_before_a_piece(text, spaced):
    assert [each.spaced for each in tokens(text)] == spaced


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("3", 1),
        ("3%", 1),
        ("3 percent", 1),
        ("3 points", 1),
        ("3x", 1),
        ("3 MB", 1),
        ("3 ns", Fraction(1, 10**9)),
        ("3 µs", Fraction(1, 10**6)),
        ("3 ms", Fraction(1, 1000)),
        ("3 s", 1),
        ("3 min", 60),
        ("3 h", 3600),
        ("3 days", 86400),
        ("3-day", 86400),
    ],
)
def test_how_many_base_units_one_of_it_is(text, base):
    [token] = tokens(text)
    assert token.base == base


@pytest.mark.parametrize(
    ("text", "ends"),
    [("3–5", (3, 5)), ("3 ± 5", (3, 5)), ("0a–5", None), ("3–0a", None), ("0a–0b", None)],
)
def test_ends_of_a_range(text, ends):
    [token] = tokens(text)
    assert (token.ends and tuple(each.value for each in token.ends)) == ends
    assert (token.text, token.start, token.end, token.whole) == (text, 0, len(text), False)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3e-1", Fraction(1, 4), Fraction(7, 20)),
        ("15", 15, 15),
        ("1.5e1", Fraction(29, 2), Fraction(31, 2)),
        ("3k", 2500, 3500),
        ("3 points", 3, 3),
        ("3x", 3, 3),
        ("3 MB", Fraction(5, 2), Fraction(7, 2)),
        ("~3", 2, 4),
    ],
)
def test_what_a_number_may_be(text, low, high):
    [token] = tokens(text)
    assert token.low_high() == (low, high)


@pytest.mark.parametrize(
    ("text", "at_most", "end"),
    [
        ("(a b) c", 2, 3),
        ("(a b) c", 1, None),
        ("() c", 0, 1),
        ("(a (b))", 9, None),
        ("(a b", 9, None),
        ("a b)", 9, None),
        (") b)", 9, None),
        ("(", 9, None),
    ],
)
def test_where_a_bracket_closes(text, at_most, end):
    assert closing(tokens(text), 0, at_most=at_most) == end


def test_what_is_no_number_says_nothing():
    [token] = tokens("3–5")
    with pytest.raises(ValueError, match="not read as a number"):
        _ = token.said


def test_a_sentence_of_a_hundred_thousand_characters_is_read_and_a_longer_one_is_not():
    sum_of_two = " 2 × 3 = 7"
    for letters, verdict in ((100_000, "disagrees"), (100_001, "cannot be checked")):
        text = "x" * (letters - len(sum_of_two)) + sum_of_two
        assert found("WRT004", text, Facts())[0].verdict == verdict
