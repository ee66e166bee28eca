"""What the columns and rows of a table have to do with each other: when it is learnt, and how exact it has to be."""

from __future__ import annotations

import pytest

from checks.wrt.remark import Compared, Remark
from checks.wrt.table_mismatch import interval
from tests.checks.writeups import Facts, found


def table(header: str, *rows: str) -> str:
    """Return a Markdown table of rows whose cells stand apart by bars."""
    return "\n".join(
        (f"| {header} |", "|---" * (header.count("|") + 1) + "|", *(f"| {row} |" for row in rows), "")
    )


def judged(text: str) -> list[str]:
    """Return the cells that are held against something: `=` where they agree, `!` where they do not, `?` if likely."""
    readings = found("WRT021", text, Facts())
    remarks = {each.at[0]: each for each in readings if isinstance(each, Remark)}
    return [
        ("=" if each.verdict == "agrees" else {"certain": "!", "likely": "?"}[remarks[each.at].confidence])
        + each.said
        for each in readings
        if isinstance(each, Compared)
    ]


RIGHT = [f"a{k} | {k} | 40 | {k * 2.5:.1f}%" for k in range(10, 30, 2)]
WRONG = ["b1 | 11 | 40 | 99.0%", "b2 | 13 | 40 | 99.0%", "b3 | 15 | 40 | 99.0%"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (2, 0, False),
        (3, 0, True),
        (2, 1, False),
        (3, 1, True),
        (3, 2, False),
        (7, 2, False),
        (8, 2, True),
        (8, 3, False),
    ],
)
def test_a_relation_is_learnt_from_three_rows_of_which_one_in_four_may_break_it(right, wrong, said):
    rows = RIGHT[:right] + WRONG[:wrong]
    cells = judged(table("arm | right | of | share", *rows))
    assert cells == (
        ["=" + row.rpartition("| ")[2] for row in RIGHT[:right]] + ["!99.0%"] * wrong if said else []
    )


CHANGES = [
    "a | 80 | 60 | -20",
    "b | 70 | 30 | -40",
    "c | 50 | 10 | -99",
    "d | 55 | 10 | -99",
    "e | 52 | 10 | -99",
]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([0, 2], ["=-20", "!-99"]),
        ([0, 2, 3], []),
        ([0, 1, 2], ["=-20", "=-40", "!-99"]),
        ([0, 1, 2, 3], ["=-20", "=-40", "!-99", "!-99"]),
        ([0, 1, 2, 3, 4], []),
        ([2, 3], []),
    ],
)
def test_a_column_that_is_called_a_change_needs_half_of_its_rows(rows, expected):
    assert judged(table("arm | before | after | change", *(CHANGES[row] for row in rows))) == expected


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        # Totals.
        ("arm | rows", ["a | 10", "b | 20", "total | 30"], ["=30"]),
        ("arm | rows", ["a | 10", "b | 20", "total | 31"], ["!31"]),
        ("arm | loss", ["a | 10", "b | 20", "total | 31"], ["?31"]),
        ("arm | rows | runs", ["a | 10 | 1", "b | 20 | 2", "total | 31 | 4"], []),
        ("arm | loss | cost", ["a | 10 | 1", "b | 20 | 2", "total | 31 | 3"], ["!31", "=3"]),
        ("arm | rows", ["a | 10", "total | 11"], []),
        ("arm | rows", ["a | 10", "subtotal | 10", "b | 20", "total | 31"], []),
        ("arm | rows", ["a | 10", "b | 20", "of which c | 5", "total | 31"], []),
        ("arm | rows | runs", ["a | - | 1", "b | 20 | 2", "total | 31 | 3"], ["=3"]),
        ("arm | rows | runs", ["a | 10 | 1", "b | 20 | 2", "total | - | 3"], ["=3"]),
        ("arm | rows | runs", ["a | 10% | 1", "b | 20 | 2", "total | 31 | 3"], ["=3"]),
        ("arm | rows | runs", ["a | 10 | 1", "b | 20 | 2", "total | 31% | 3"], ["=3"]),
        ("arm | rows | runs", ["a | 10.5 | 1", "b | 20 | 2", "total | 31 | 3"], ["=3"]),
        ("arm | rows | runs", ["a | 1.0 | 1", "b | 20 | 2", "total | 31 | 3"], ["=3"]),
        # A total in hundreds is rounded to them.
        ("arm | rows", ["a | 700", "b | 850", "total | 1.5k"], ["=1.5k"]),
        ("arm | rows", ["a | 700", "b | 851", "total | 1.5k"], ["!1.5k"]),
        ("arm | rows", ["a | 700", "b | 749", "total | 1.5k"], ["!1.5k"]),
        ("arm | rows", ["a | 700", "b | 750", "total | 1.5k"], ["=1.5k"]),
        # Means: 59.95 to 60.05 and 65.0 each good to a tenth.
        ("arm | acc", ["a | 80.0", "b | 40.0", "mean | 60.1"], ["=60.1"]),
        ("arm | acc", ["a | 80.0", "b | 40.0", "mean | 60.2"], ["?60.2"]),
        ("arm | acc", ["a | 80.0", "b | 40.0", "mean | 59.9"], ["=59.9"]),
        ("arm | acc", ["a | 80.0", "b | 40.0", "mean | 59.8"], ["?59.8"]),
        ("arm | acc | loss", ["a | 80.0 | 1.0", "b | 40.0 | 2.0", "mean | 60.2 | 1.5"], ["!60.2", "=1.5"]),
        ("arm | rows", ["a | 10", "b | 20", "mean | 15"], ["=15"]),
        ("arm | rows", ["a | 10", "b | 20", "c | 60", "mean | 30"], ["=30"]),
        ("arm | rows", ["a | 10", "b | 20", "c | 60", "mean | 90"], ["?90"]),
        ("arm | time", ["a | 3.0 min", "b | 4.0 min", "mean | 3.5 min"], ["=3.5 min"]),
        ("arm | time", ["a | 3.0 min", "b | 4.0 min", "mean | 4 min"], ["=4 min"]),
        ("arm | time", ["a | 3.0 min", "b | 4.0 min", "mean | 3 min"], ["=3 min"]),
        ("arm | time", ["a | 3.0 min", "b | 4.0 min", "mean | 5 min"], ["?5 min"]),
        ("arm | time", ["a | 90.0 s", "b | 2.5 min", "mean | 120.0 s"], ["=120.0 s"]),
        ("arm | time", ["a | 3.0", "b | 4.0", "mean | 5 min"], []),
        ("arm | time", ["a | 3.0 min", "b | 4.0 min", "mean | 9"], []),
        ("arm | acc", ["a | 80%", "b | 40%", "mean | 65"], ["?65"]),
    ],
)
def test_totals_and_means(header, rows, expected):
    assert judged(table(header, *rows)) == expected


def test_a_mean_of_minutes_is_shown_in_minutes():
    text = table("arm | time", "a | 3.0 min", "b | 4.0 min", "mean | 5 min")
    assert [each.against for each in found("WRT021", text, Facts()) if isinstance(each, Compared)] == [
        "the mean of what is above it is 3.50"
    ]


SHARES = ["a | 10 | 40 | 25.0%", "b | 20 | 40 | 50.0%", "c | 30 | 40 | 75.0%"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("d | 0 | 40 | 0.0%", "=0.0%"),
        ("d | 40 | 40 | 100.0%", "=100.0%"),
        ("d | 4 | 10 | 50.0%", "!50.0%"),
        ("d | 12 | 40 | 0.30", "=0.30"),
        ("d | 12 | 40 | 0.32", "!0.32"),
        ("d | 12 | 40 | 30.00", "=30.00"),
        ("d | 12 | 40 | 32.00", "!32.00"),
        ("d | 40 | 40 | 1.00", "=1.00"),
        ("d | 12 | 40 | —", None),
        ("d | — | 40 | 32.0%", None),
        ("d | 12 | — | 32.0%", None),
        ("all | 12 | 40 | 32.0%", None),
    ],
)
def test_a_share_of_two_counts(row, expected):
    assert judged(table("arm | right | of | share", *SHARES, row)) == [
        "=25.0%", "=50.0%", "=75.0%", *([expected] if expected else [])
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        "d | 3 | 9 | 50.0%",  # too few in all
        "d | 41 | 40 | 50.0%",
        "d | -1 | 40 | 50.0%",
        "d | 12% | 40 | 50.0%",
        "d | 12 | 40% | 50.0%",
        "d | 12.5 | 40 | 50.0%",
        "d | 12 | 40.0 | 50.0%",
        "d | 12 | 40 | 0.5",  # no two decimals
        "d | 12 | 40 | 50",
        "d | 12 | 40 | 50 s",
    ],
)
def test_columns_of_something_else_are_no_shares(row):
    assert judged(table("arm | right | of | share", *SHARES, row)) == []


def test_a_row_that_lacks_a_number_hides_none_behind_it():
    assert judged(table("arm | right | of | share", "x | — | 40 | 32.0%", *SHARES)) == [
        "=25.0%",
        "=50.0%",
        "=75.0%",
    ]


def test_one_pair_of_counts_over_and_over_shows_nothing():
    rows = ["a | 10 | 40 | 25.0%", "b | 10 | 40 | 25.0%", "c | 10 | 40 | 25.0%", "d | 10 | 40 | 30.0%"]
    assert judged(table("arm | right | of | share", *rows)) == []


def test_of_two_pairs_that_hold_as_often_the_first_is_taken():
    rows = [
        "a | 10 | 40 | 40 | 25.0%",
        "b | 20 | 40 | 40 | 50.0%",
        "c | 30 | 40 | 40 | 75.0%",
        "d | 12 | 40 | 48 | 32.0%",
    ]
    text = table("arm | right | of | asked | share", *rows)
    assert [each.against[-3:] for each in found("WRT021", text, Facts()) if isinstance(each, Compared)][
        3
    ] == " 30"


@pytest.mark.parametrize(("columns", "read"), [(6, True), (7, False)])
def test_nine_numeric_columns_are_looked_at(columns, read):
    more = [" | ".join(str(7 + 3 * row + 5 * column) + " s" for column in range(columns)) for row in range(3)]
    rows = [
        f"{share.partition(' |')[0]} | {fill} | {share.partition('| ')[2]}"
        for share, fill in zip(SHARES, more, strict=True)
    ]
    header = "arm | " + " | ".join(f"x{column}" for column in range(columns)) + " | right | of | share"
    assert bool(judged(table(header, *rows))) is read


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("c | 50 | 40 | -10", "=-10"),
        ("c | 50 | 40 | -11", "!-11"),
        ("c | 50 | 40 | -10.5", "!-10.5"),
        ("c | 50.0 | 40.0 | -10.1", "=-10.1"),
        ("c | 50.0 | 40.0 | -10.2", "!-10.2"),
        ("c | 50.0 | 40 | -10.1", "=-10.1"),
        ("c | 50.0 | 40 | -10.2", "!-10.2"),
        ("c | 50% | 40% | -11", "=-11"),
        ("c | 50% | 40% | -12", "!-12"),
        ("c | 50% | 40% | -12%", "!-12%"),
        ("c | 50% | 40% | -12 pp", "!-12 pp"),
        ("c | 2.0 min | 3.0 min | 1.1 min", "=1.1 min"),
        ("c | 2.0 min | 3.0 min | 1.2 min", "!1.2 min"),
        ("c | 2.0 min | 3.0 min | 1.1", "=1.1"),
    ],
)
def test_a_change_of_two_columns(row, expected):
    rows = ["a | 80 | 60 | -20", "b | 70 | 30 | -40"]
    assert judged(table("arm | before | after | change", *rows, row)) == ["=-20", "=-40", expected]


@pytest.mark.parametrize(
    "row",
    [
        "c | 50 | 40% | -30",
        "c | 50 | 40 | -30%",
        "c | 50 | 40 | -30 s",
        "c | 2 min | 30 s | -30 s",
        "c | 2 min | 3 min | 60 s",
    ],
)
def test_columns_of_several_units_are_no_change(row):
    rows = ["a | 80 | 60 | -20", "b | 70 | 30 | -40"]
    assert judged(table("arm | before | after | change", *rows, row)) == []


INSIDE = ["a | 80.0 | [75.0, 85.0]", "b | 70.0 | [65.0, 75.0]", "c | 60.0 | [55.0, 65.0]"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("d | 50.0 | [50.0, 55.0]", "=50.0"),
        ("d | 55.0 | [50.0, 55.0]", "=55.0"),
        ("d | 50 | [50.5, 55.0]", "=50"),
        ("d | 50 | [50.6, 55.0]", "!50"),
        ("d | 55 | [50.0, 54.5]", "=55"),
        ("d | 55 | [50.0, 54.4]", "!55"),
        ("d | — | [50.0, 54.4]", None),
        ("d | 99.0 | —", None),
        ("all | 99.0 | [50.0, 54.4]", None),
    ],
)
def test_an_estimate_beside_its_interval(row, expected):
    assert judged(table("arm | acc | 95% CI", *INSIDE, row)) == [
        "=80.0", "=70.0", "=60.0", *([expected] if expected else [])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        # The only numeric column is the interval's, whatever one number more there is.
        ("arm | acc | 95% CI", ["80.0 | [75.0, 85.0]", "70.0 | [75.0, 85.0]"], ["=80.0", "!70.0"]),
        (
            "arm | acc | 95% CI | n",
            ["80.0 | [75.0, 85.0] | 3", "70.0 | [75.0, 85.0] | —"],
            ["=80.0", "!70.0"],
        ),
        ("arm | acc | 95% CI | n", ["80.0 | [75.0, 85.0] | 3", "70.0 | [75.0, 85.0] | 4"], []),
        ("arm | acc | interval", ["80.0 | [75.0, 85.0]", "70.0 | [75.0, 85.0]"], ["=80.0", "!70.0"]),
        ("arm | acc | range", ["80.0 | [75.0, 85.0]", "70.0 | [75.0, 85.0]"], []),
        # The column that lies inside most often is the estimate.
        (
            "arm | n | acc | note | 95% CI",
            ["80 | 80.0 | x | [75.0, 85.0]", "3 | 70.0 | x | [65.0, 75.0]", "4 | 60.0 | x | [55.0, 65.0]"],
            ["=80.0", "=70.0", "=60.0"],
        ),
    ],
)
def test_which_column_an_interval_is_of(header, rows, expected):
    assert judged(table(header, *(f"r{place} | {row}" for place, row in enumerate(rows)))) == expected


def test_which_end_is_named():
    text = table("arm | acc | 95% CI", *INSIDE, "d | 40.0 | [50.0, 55.0]")
    assert "the nearer end of the interval beside it is 50" in found("WRT021", text, Facts())[-1].message
    text = table("arm | acc | 95% CI", *INSIDE, "d | 60.0 | [50.0, 55.0]")
    assert "the nearer end of the interval beside it is 55" in found("WRT021", text, Facts())[-1].message


def test_a_cell_is_accused_once_and_hides_no_other():
    """A share that neither its counts nor its interval allow, and one behind it that only the interval does not."""
    rows = [
        f"a{k} | {k} | 40 | {k * 2.5:.1f}% | [{k * 2.5 - 9:.1f}%, {k * 2.5 + 9:.1f}%]"
        for k in range(10, 26, 2)
    ]
    rows += ["b1 | 11 | 40 | 99.0% | [20.0%, 30.0%]", "b2 | 12 | 40 | 30.0% | [40.0%, 50.0%]"]
    readings = found("WRT021", table("arm | right | of | share | 95% CI", *rows), Facts())
    assert [each.message.split("`")[1] for each in readings if isinstance(each, Remark)] == ["99.0%", "30.0%"]
    assert [each.said for each in readings if isinstance(each, Compared) and each.verdict == "disagrees"] == [
        "99.0%", "99.0%", "30.0%"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("[1, 3]", (1, 3)),
        ("(1,3)", (1, 3)),
        ("1–3", (1, 3)),
        ("1 to 3", (1, 3)),
        ("1; 3", (1, 3)),
        ("[-3,-1]", (-3, -1)),
        ("1 - 3", (1, 3)),
        ("2 ± 1", None),
        ("1", None),
        ("1 of 3", None),
        ("1, 2, 3", None),
        ("1, x", None),
        ("x, 1", None),
        ("", None),
    ],
)
def test_the_ends_of_an_interval(text, ends):
    assert interval(text) == ends
