"""Data with a system prompt for nearly each row: the same findings, and a report that stays readable."""

import random

import pytest

from auditor.formats import render
from builders.engine import embedded
from builders.engine import table as engine
from builders.engine.targets import Targets
from builders.templates import resolution
from checks.core import runner
from checks.core.predictor import predict
from checks.core.report import Report, TemplateInfo, tool_info
from checks.core.runner import audit
from tests.checks.rows import ABSENT, context, group


def sessions(number, seed=0):
    """So many prompts with a name of their own, among others, in no order."""
    rng = random.Random(seed)
    groups = [
        group(
            rng.choice([1, 1, 2, 3]), f"You are session {place}.{' ' * (place % 5 == 0)}", rng.random() < 0.6
        )
        for place in range(number)
    ]
    rows = [row for each in groups for row in each]
    rows += [
        *group(30, "SOURCE", False),
        *group(20, "SOURCE", True),
        *group(9, ABSENT, True),
        *group(4, "", None),
    ]
    rng.shuffle(rows)
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_audit_is_the_same_at_once_and_one_by_one(seed, monkeypatch):
    rows = sessions(150, seed)
    reports = []
    for many, handed in ((1, 7), (10**9, 10**9)):
        monkeypatch.setattr(resolution, "MANY", many)
        monkeypatch.setattr(embedded, "BATCH", handed)
        reports.append(audit(context(rows)).model_dump())
    assert reports[0] == reports[1]
    assert len(reports[0]["conditions"]) > 150


@pytest.mark.parametrize("seed", range(2))
def test_the_whole_audit_is_the_same_with_conditions_as_numbers(seed, monkeypatch):
    rows = sessions(40, seed)
    monkeypatch.setattr(embedded, "_KEPT_ROWS", 0)  # all of these are large
    found = context(rows)
    several = len(found.conditions)
    reports = []
    for numbered in (several - 1, several):
        monkeypatch.setattr(embedded, "_NUMBERED", numbered)
        asked = context(rows)
        reports.append(audit(asked).model_dump())
        kind = asked.table.frame.connection.execute(
            f"SELECT typeof(condition) FROM {asked.table.conditioned_table} LIMIT 1"
        ).fetchall()
        assert kind[0][0].startswith("ENUM" if numbered == several else "VARCHAR")
    assert reports[0] == reports[1]


@pytest.mark.parametrize(("number", "further"), [(9, None), (10, None), (11, 1), (30, 20)])
def test_a_report_lists_the_first_conditions_and_counts_all(number, further, monkeypatch):
    monkeypatch.setattr(runner, "MOST_CONDITIONS", 10)
    rows = [row for place in range(number - 1) for row in group(1 + place % 2, f"session {place}", True)]
    report = audit(context(rows, group(40, "SOURCE", False)))
    assert report.further == further
    assert len(report.conditions) == min(number, 10)
    assert report.conditions[0].resolved_system == "SOURCE"
    rows_of = [each.behaviour + each.preserved for each in report.conditions[1:]]
    assert rows_of == sorted(rows_of, reverse=True)
    told = [note for note in report.notes if note.startswith(f"{number} conditions")]
    assert len(told) == (further is not None)
    assert ("further" in report.model_dump()) == (further is not None)


def test_what_is_drawn_counts_those_that_are_not_listed(monkeypatch):
    monkeypatch.setattr(runner, "MOST_CONDITIONS", 20)
    rows = [row for place in range(29) for row in group(1, f"session {place}", True)]
    report = audit(context(rows, group(40, "SOURCE", False), group(20, "SOURCE", True)))
    template = TemplateInfo(name="t", sha256="0" * 64, renderer="transformers", origin="given")
    whole = Report(tool=tool_info(), target="t", status=report.status, template=template, datasets=[report])
    assert "and 18 more conditions" in " ".join(render("full", whole).split())  # a dozen of thirty are drawn


def test_conditions_that_are_taught_the_same_are_predicted_the_same():
    found = context(sessions(40))
    for each in found.conditions:
        alone = predict(
            each.behaviour, each.preserved, kind=found.taught.kind, options=each.options, known=each.known
        )
        assert each.prediction == alone
    shared = [each for each in found.conditions if (each.behaviour, each.preserved) == (0, 1)]
    assert len({id(each.prediction) for each in shared}) == 1


@pytest.mark.parametrize("few", [True, False])
def test_a_common_target_needs_rows(few, monkeypatch):
    if not few:
        monkeypatch.setattr(engine, "FEW_TARGETS", 0)
    table = context(group(19, "one", True, target="x"), group(20, "two", True, target="x")).table
    assert [each.rows for each in Targets(table).commonest(19)] in ([19, 20], [20, 19])
    assert [each.rows for each in Targets(table).commonest(20)] == [20]
    assert Targets(table).commonest(21) == []
