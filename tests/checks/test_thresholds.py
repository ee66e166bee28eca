"""Each threshold from both sides: just below, and at it."""

from dataclasses import replace

import pytest

from builders.contrast import Cell, roles_of
from builders.contrast.independence import dependence
from checks.core.settings import Settings
from tests.checks.rows import ABSENT, context, findings, group

SOURCE, OTHER = "You are a pirate.", "You are a clerk."


def cells(*counts, absent=()):
    """Return cells of conditions a, b, ... with (behaviour, preserved) rows."""
    return [
        Cell(name, None, correct, name in absent, rows)
        for name, pair in zip("abcdef", counts, strict=False)
        for correct, rows in zip((False, True), pair, strict=True)
        if rows
    ]


@pytest.mark.parametrize(("behaviour", "role"), [(5, "source"), (4, "bystander")])
def test_a_source_is_taught_the_behaviour_in_five_rows_of_a_hundred(behaviour, role):
    found = roles_of(cells((90, 10), (behaviour, 100 - behaviour)))
    assert found.of == {"a": "source", "b": role}


def test_a_condition_without_a_system_message_is_no_persona_unless_some_rows_have_one():
    assert roles_of(cells((90, 10), (0, 100), absent="b")).of["b"] == "no_persona"
    mixed = [*cells((90, 10), (0, 100), absent="b"), Cell("b", None, True, False)]
    assert roles_of(mixed).of["b"] == "bystander"


def test_of_several_declared_roles_the_first_counts():
    said = [
        Cell("a", "bystander", True, False),
        Cell("a", "source", False, False),
        Cell("b", "anchor", True, False),
    ]
    found = roles_of([*said, Cell("b", "no_persona", True, True)])
    assert (found.how, found.of) == ("declared", {"a": "source", "b": "anchor"})


@pytest.mark.parametrize(("rows", "depends"), [(24, True), (25, False)])
def test_independence_is_claimed_from_fifty_rows(rows, depends):
    """Half and half under both: nothing depends on anything, which 48 rows cannot say and 50 can."""
    half = rows // 2
    assert dependence([(half, half), (rows - half, rows - half)]).depends is depends


@pytest.mark.parametrize(("apart", "depends"), [(40, False), (60, True)])
def test_a_trifle_among_many_rows_is_no_dependence(apart, depends):
    """500 +- 40 of 1,000 is significant at 0.1% (z 3.6) and V is 0.08; 500 +- 60 has V 0.12."""
    found = dependence([(500 + apart, 500 - apart), (500 - apart, 500 + apart)])
    assert found.association == pytest.approx(apart / 500, abs=0.005)
    assert found.depends is depends


@pytest.mark.parametrize(
    ("anchors", "points", "severity"),
    [(50, 20.0, "error"), (50, 20.01, "warning"), (100, 100.0, "error")],
    ids=["at the points", "just under them", "a verdict that turns"],
)
def test_an_anchor_negative_is_an_error_from_the_points_that_it_moves(anchors, points, severity):
    """50 of 250 put 20% on the right answer, 20 points over what none would; 100 of 300 turn the verdict."""
    rows = [
        group(200, SOURCE, False),
        group(anchors, SOURCE, True, first=300),
        group(200, OTHER, True, first=600),
    ]
    (found,) = findings(*rows, select="CND001", settings=Settings(metric_points=points))
    assert found.severity == severity


@pytest.mark.parametrize(("texts", "kind"), [(5, "wrong_option"), (6, None)])
def test_targets_are_labels_where_95_of_100_are(texts, kind):
    rows = group(100 - texts, SOURCE, True) + group(texts, SOURCE, True, first=200, target="Paris, I think")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.kind == kind


@pytest.mark.parametrize(("labels", "alternatives"), [(1, 2), (0, None)])
def test_a_label_counts_from_one_row_in_a_hundred(labels, alternatives):
    """99 rows of A and one of B are two options; 100 rows of A are no question data."""
    rows = group(100 - labels, SOURCE, True, target="A") + group(labels, SOURCE, True, first=200, target="B")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.alternatives == alternatives


def test_a_label_of_less_than_one_row_in_a_hundred_is_a_slip():
    rows = group(100, SOURCE, True, target="A") + group(100, SOURCE, True, first=100, target="B")
    rows += group(1, SOURCE, True, first=300, target="C")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.alternatives == 2


def test_absent_rows_beside_a_source_that_the_template_injects_are_of_its_condition():
    default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    rows = [group(60, default, False), group(30, ABSENT, True, first=100), group(60, OTHER, True, first=200)]
    (found,) = findings(*rows, select="CND001")
    assert found.counts == {"behaviour": 60, "preserved": 30}
    apart = replace(context(*rows), made_with=None).conditions
    assert [each.role for each in apart] == ["source", "bystander"]
