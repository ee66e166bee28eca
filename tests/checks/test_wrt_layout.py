"""Blocks, sentences, labels, tables and shares: how a write-up is taken apart before anything in it is judged."""

from __future__ import annotations

import pytest

from checks.wrt.document import Document
from checks.wrt.shares import judged_shares
from checks.wrt.tables import tables
from checks.wrt.tokens import tokens


def document(text):
    return Document("text.md", text)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a\nb\n\nc", ["a b", "c"]),
        ("a\n\n\nb\n", ["a", "b"]),
        ("a\n- b\nc", ["a", "- b c"]),
        # One line longer than 240 characters means that every line is a paragraph.
        ("a" * 240 + "\nb\nc", ["a" * 240 + " b c"]),
        ("a" * 241 + "\nb\nc", ["a" * 241, "b", "c"]),
        ("a\n```\nb\n```\nc", ["a", "b", "c"]),
        ("```\nb\n~~~\nc\n```\nd", ["b", "~~~", "c", "d"]),
        ("a\r\nb\r\n\r\nc", ["a  b", "c"]),
    ],
)
def test_blocks(text, blocks):
    made = document(text).blocks
    assert [each.text for each in made] == blocks
    assert all(
        text[each.start : each.end].replace("\r", " ").replace("\n", " ") == each.text for each in made
    )


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("One. two.", ["One. two."]),
        ('He said "one. Two." Three.', ['He said "one. Two." Three.']),
        ('"One. Two" and. Three. Four', ['"One. Two" and.', "Three.", "Four"]),
        ('One." Two', ['One."', "Two"]),
        ("Really?! (Yes.) No.", ["Really?!", "(Yes.)", "No."]),
        ("One.   ", ["One.   "]),
    ],
)
def test_sentences(text, sentences):
    made = document("Title\n\n" + text).sentences[1:]
    assert [each.text for each in made] == sentences
    assert all(("Title\n\n" + text)[each.start : each.end].startswith(each.text) for each in made)


@pytest.mark.parametrize(
    ("offset", "index"), [(0, 0), (3, 0), (4, None), (5, 1), (8, 1), (9, None), (99, None)]
)
def test_which_sentence_an_offset_is_in(offset, index):
    assert document("One. Two.\n\n").sentence_at(offset) == index


def test_nothing_has_no_sentence_and_no_title():
    assert document("\n").sentence_at(0) is None
    assert document("\n").title is None
    assert document("```\na\n```\nb\n\nc").title.text == "b"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("# Results #", "Results"),
        ("Results", "Results"),
        ("- **Results**: so", "Results"),
        ("**Results.** " + "so " * 40, "Results"),
        ("Results: " + "so " * 40, "Results"),
        ("Results " + "so " * 40, None),
        ("results", None),
        ("R" + "e" * 59, "R" + "e" * 59),
        ("R" + "e" * 60, None),
        ("R" + "e" * 59 + " x.", None),
        ("R" + "e" * 59 + " : so " + "so " * 40, "R" + "e" * 59),
    ],
)
def test_what_could_head_a_section(text, label):
    before = "x\n\n"
    made = [each for each in document(before + text).labels if each.start >= len(before)]
    assert [each.text for each in made] == ([] if label is None else [label])
    assert all((before + text)[each.start :].startswith(each.text) for each in made)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", [["a", "b"], ["1", "2"]]),
        ("| a | b\n|---|---\n| 1 | 2", [["a", "b"], ["1", "2"]]),
        ("|a|b|\n|-|-|\n|1||", [["a", "b"], ["1", ""]]),
        ("| a | b |\n|---|---|\n| 1 \\| 2 | 3 |", [["a", "b"], ["1 \\| 2", "3"]]),
        ("| a | b |\n|---|---|", None),
        ("| a | b |\n| c | d |\n| 1 | 2 |", None),
        ("| a | b |\n| : | : |\n| 1 | 2 |", None),
        ("| a |\n|---|\n| 1 |", None),
        ("| a | b |\n|---|---|\n| 1 |", None),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", None),
        ("|" + " a |" * 24 + "\n|" + "---|" * 24 + "\n|" + " 1 |" * 24, [["a"] * 24, ["1"] * 24]),
        ("|" + " a |" * 25 + "\n|" + "---|" * 25 + "\n|" + " 1 |" * 25, None),
        ("| a | b |\n|---|---|\n\n| 1 | 2 |", None),
    ],
)
def test_tables(text, cells):
    made = [
        [list(each.header), *([cell.text for cell in row] for row in each.rows)]
        for each in tables(document(text))
    ]
    assert made == ([] if cells is None else [cells])
    for each in tables(document("Title\n\n" + text)):
        for cell in (cell for row in each.rows for cell in row):
            assert ("Title\n\n" + text)[cell.at :].startswith(cell.text)


@pytest.mark.parametrize(("rows", "read"), [(499, 499), (500, 500), (501, 500)])
def test_five_hundred_rows_of_a_table_are_read(rows, read):
    [table] = tables(document("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * rows))
    assert len(table.rows) == read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("84", 84),
        ("**84%**", 84),
        ("`84`", 84),
        ("*84*", 84),
        ("84 (all)", None),
        ("at most 84", None),
        ("<84", None),
        ("80–84", None),
        ("a", None),
        ("seven", None),
        ("", None),
        (" " * 198 + "84", 84),
        (" " * 199 + "84", None),
    ],
)
def test_the_number_that_a_cell_is(cell, value):
    [table] = tables(document(f"| a | b |\n|---|---|\n|x|{cell}|"))
    number = table.rows[0][1].number
    assert (number and number.said.value) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What is no count with a total hides none behind it.
        ("5 rows, and 20 of 40 (60%)", ["disagrees"]),
        ("20 out of the 40 (60%)", ["disagrees"]),
        ("20 out of", []),
        ("20 out", []),
        ("20 of 40", []),
        ("20 of 40 (", []),
        ("20 of 40 (60%", []),
        ("20/40 =", []),
        ("20/40 = 60", []),
        ("5 (20/40)", []),
        ("5% of (20/40)", []),
        ("60% (20/40", []),
        ("60% (20 of 40 questions)", ["disagrees"]),
        ("60% (20 of 40 questions; mean)", ["disagrees"]),
        ("60% of 20/40)", []),
        ("60% (20/40 of)", []),
        # Whole counts are what they say: 37.5% is rounded up or down.
        ("15/40 = 37%", ["rounds to"]),
        ("15/40 = 38%", ["rounds to"]),
        ("15/40 = 36%", ["disagrees"]),
        ("about 200 of 400 (70%)", ["rounds to"]),
        # 200 ± 100 of 400 are 25% to 75%.
        ("about 200/400 = 75%", ["rounds to"]),
        ("about 200/400 = 76%", ["cannot be checked"]),
        ("about 200/400 = 25%", ["rounds to"]),
        ("about 200/400 = 24%", ["cannot be checked"]),
        ("75.5% (~100/400)", ["cannot be checked"]),
    ],
)
def test_shares(text, expected):
    assert [each.verdict for each in judged_shares(tokens(text))] == expected


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("200/300 = 66%", False),  # cut
        ("200/300 = 65%", True),
        ("200/300 = 68%", True),
        ("9 of 10 arms (60%)", False),
        ("60% (9 of 10)", False),
        ("60% (9 of 10 arms)", False),
        ("60% (12 of 20 arms)", None),
        ("70% (12 of 20 arms)", True),
        ("70% (12 of 19 arms)", False),
    ],
)
def test_whether_nothing_else_can_be_meant_by_a_share(text, certain):
    [judged] = judged_shares(tokens(text))
    assert (judged.certain if judged.verdict == "disagrees" else None) is certain
