"""Tables on a terminal: what is shortened, what goes, and when a row becomes a record."""

from __future__ import annotations

import pytest

from checks.core.columns import Column, fitted, table
from checks.core.plural import count, listed, verb

COLUMNS = (
    Column("name", short=True),
    Column("rows", right=True),
    Column("why it goes", goes=2),
    Column("first", goes=1),
)
LONG = "a name that is thirty-three long."
ROWS = (
    (LONG, "7", "x" * 30, "y" * 30),
    ("b", "1,234", "", "z"),
)
# The widths are 33, 5, 30 and 30; with three gaps of two the table takes 104 columns.


class TestTable:
    def test_what_fits_is_shown_whole(self):
        lines = [
            f"{'name':33}   rows  {'why it goes':30}  first",
            f"{LONG}      7  {'x' * 30}  {'y' * 30}",
            f"{'b':33}  1,234  {'':30}  z",
        ]
        assert table(COLUMNS, ROWS, width=104) == lines
        assert table(COLUMNS, ROWS, width=500) == lines

    def test_a_text_is_shortened_by_as_much_as_is_too_much(self):
        first = table(COLUMNS, ROWS, width=103)[1]
        assert first == f"{LONG[:29]}...      7  {'x' * 30}  {'y' * 30}"
        assert len(first) == 103

    def test_a_text_keeps_twelve_columns_and_then_columns_go_in_their_order(self):
        # 12 + 5 + 30 + 30 with gaps are 83, which 90 columns still hold: 14 off the name.
        assert table(COLUMNS, ROWS, width=90)[1] == f"{LONG[:16]}...      7  {'x' * 30}  {'y' * 30}"
        wide = [(name, rows, "x" * 40, first) for name, rows, _, first in ROWS]
        # 12 + 5 + 40 + 30 and gaps are 93: the one that goes first goes, and 61 columns are enough.
        assert table(COLUMNS, wide, width=93)[1] == f"{LONG[:9]}...      7  {'x' * 40}  {'y' * 30}"
        assert table(COLUMNS, wide, width=92) == [
            "name           rows  why it goes",
            f"{LONG[:9]}...      7  {'x' * 40}",
            f"b             1,234  {'x' * 40}",
        ]

    def test_a_shortened_text_is_never_narrower_than_its_heading(self):
        columns = (Column("a heading of twenty.", short=True), Column("n", right=True))
        lines = table(columns, [("x" * 100, "1")], width=90)
        assert lines[1] == f"{'x' * 84}...  1"
        both = (Column("a heading of twenty.", short=True), Column("other", goes=0))
        assert table(both, [("x" * 40, "y" * 80)], width=90)[1] == f"{'x' * 17}...  {'y' * 80}"

    def test_two_columns_go_where_one_is_not_enough(self):
        wide = [(name, "8" * 70, "x" * 40, first) for name, _, _, first in ROWS]
        assert table(COLUMNS, wide, width=90)[1] == f"{LONG[:9]}...  {'8' * 70}"

    def test_a_narrow_terminal_gets_records(self):
        assert table(COLUMNS, ROWS, width=89) == [
            LONG,
            f"  rows 7  why it goes {'x' * 30}",  # 52 columns, and 90 with what comes next
            f"  first {'y' * 30}",
            "b",
            "  rows 1,234  first z",
        ]

    @pytest.mark.parametrize(
        ("width", "lines"),
        [
            (17, ["b", "  rows 12  end z.", "b", "  rows 12  end z."]),
            (16, ["b", "  rows 12", "  end z.", "b", "  rows 12", "  end z."]),
        ],
    )
    def test_a_record_breaks_between_cells(self, width, lines):
        columns = (Column("name"), Column("rows", right=True), Column("why"), Column("end"))
        assert table(columns, [("b", "12", " ", "z.")] * 2, width=width) == lines

    def test_a_number_that_comes_first_keeps_its_heading_in_a_record(self):
        assert table((Column("row", right=True), Column("text")), [(" 3", "a b c d e")], width=10) == [
            "row 3",
            "  text a b",
            "   c d e",  # a third of ten columns
        ]


class TestFitted:
    def test_lines_are_broken_under_their_beginning(self):
        assert fitted("one two three", width=13) == "one two three"
        assert fitted("one two three", width=12) == "one two\n  three"
        assert fitted("  one two three\nfour", width=12) == "  one two\n    three\nfour"

    def test_a_deep_indent_continues_at_a_third_of_the_width(self):
        assert fitted(" " * 6 + "one two", width=12) == " " * 6 + "one\n    two"

    def test_a_long_word_stays_whole_and_a_hyphen_is_no_gap(self):
        assert fitted("a abcdefghijklmnop", width=8) == "a\n  abcdefghijklmnop"
        assert fitted("ab cd-efg", width=7) == "ab\n  cd-efg"

    def test_output_that_is_no_terminal_is_left_alone(self, capsys):
        assert fitted("x " * 300) == "x " * 300


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "no rows"), (1, "1 row"), (2, "2 rows"), (1000, "1,000 rows"), (10_000, "10,000 rows")],
)
def test_a_number_and_its_noun(number, said):
    assert count(number, "row") == said


def test_an_irregular_noun_and_a_verb():
    assert [count(number, "query", "queries") for number in (0, 1, 2)] == [
        "no queries",
        "1 query",
        "2 queries",
    ]
    assert [verb(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("ab", "a and b"),
        ("abcd", "a, b, c and d"),
        ("abcde", "a, b, c, d and 1 more"),
        ("abcdefg", "a, b, c, d and 3 more"),
    ],
)
def test_names_in_a_sentence(names, said):
    assert listed(list(names)) == said


def test_no_more_names_than_asked_for():
    assert listed(["a", "b", "c"], limit=1) == "a and 2 more"
    assert listed(["a", "b"], limit=2) == "a and b"
