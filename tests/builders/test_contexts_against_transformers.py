"""Conditions found by contexts are those that rendering each row with transformers finds."""

import json
from collections import Counter

import pytest

from auditor import scan
from builders.engine.table import ResolvedTable
from builders.errors import AuditError
from builders.readers import read_frame
from builders.readers.connection import open_connection
from builders.templates import load_template, trl_templates
from tests.builders.slow_reference import MARK, Maker, reference

pytest.importorskip("transformers")
if not trl_templates():
    pytest.skip("trl is not installed", allow_module_level=True)

ALL = sorted(trl_templates())


def found(path, template, connection):
    """What the contexts say: condition -> trained turns, those refused, and what each teaches."""
    frame = read_frame(path, labelers=[f"marker:{MARK}"], connection=connection)
    table = ResolvedTable(frame, template)
    refused = {each.condition for each in table.resolutions.values() if each.error is not None}
    groups, wrong, taught = {}, set(), {}
    rows = connection.execute(
        f"SELECT row, condition, target_correct FROM {table.conditioned_table}"
    ).fetchall()
    for number, condition, correct in rows:
        unit = divmod(number, frame.stride)
        taught[unit] = correct
        if condition in refused:
            wrong.add(unit)
        else:
            groups.setdefault(condition, set()).add(unit)
    return groups, wrong, taught


def disagreements(seeds, path):
    """Return the generated datasets on which the two ways differ."""
    said = []
    # In this order a template is compiled once.
    for number, seed in enumerate(sorted(seeds, key=lambda seed: seed % len(ALL))):
        if number % 50 == 0:  # tables stay as long as their database
            connection = open_connection()
        name = ALL[seed % len(ALL)]
        template = load_template(name)
        rows, conversation = Maker(seed).dataset()
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        expected = reference(rows, conversation, template.source, template.special_tokens)
        groups, refused, taught = found(path, template, connection)
        partition = sorted(map(sorted, expected.groups.values())) == sorted(map(sorted, groups.values()))
        counts = {(unit, correct) for unit, correct in taught.items()} == set(expected.taught)
        if not (partition and counts and refused == expected.refused):
            said.append((seed, name, partition, counts, sorted(refused ^ expected.refused)))
    return said


def report_apart(seeds, path):
    """Return the generated datasets whose report is another than the reference's counts.

    From the rendered texts alone follow what each condition is taught, how many rows nobody can render, and what may be
    called an anchor negative: a condition that is taught both.
    """
    said = []
    for seed in sorted(seeds, key=lambda seed: seed % len(ALL)):
        name = ALL[seed % len(ALL)]
        template = load_template(name)
        rows, conversation = Maker(seed).dataset()
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        expected = reference(rows, conversation, template.source, template.special_tokens)
        taught = dict(expected.taught)
        counts = Counter()
        for units in expected.groups.values():
            preserved = sum(taught.get((unit, True), 0) for unit in units)
            counts[len(units) - preserved, preserved] += 1
        try:
            (dataset,) = scan(str(path), label=f"marker:{MARK}", template=template, condition="none").datasets
        except AuditError as error:
            if expected.groups:
                said.append((seed, name, str(error)[:100]))
            continue
        refused = {c.condition for c in dataset.conditions if c.resolved_by == "error"}
        found = Counter((c.behaviour, c.preserved) for c in dataset.conditions if c.condition not in refused)
        unrendered = sum(
            c.behaviour + c.preserved + c.unlabelled for c in dataset.conditions if c.condition in refused
        )
        both = Counter(each for each, times in counts.items() for _ in range(times) if all(each))
        anchors = Counter(
            (f.counts["behaviour"], f.counts["preserved"])
            for f in dataset.findings
            if f.code == "CND001" and f.condition not in refused
        )
        wrong = [
            *(["counts"] if found != counts else []),
            *(["refused"] if unrendered != len(expected.refused) else []),
            *(["unrendered and not said"] if expected.refused and dataset.status != "incomplete" else []),
            *(["an anchor negative of no condition that is taught both"] if anchors - both else []),
        ]
        if wrong:
            said.append((seed, name, wrong, found, counts))
    return said


def test_a_part_of_the_generated_reports(tmp_path):
    assert report_apart(range(len(ALL)), tmp_path / "rows.jsonl") == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_generated_reports(tmp_path):
    assert report_apart(range(10_000, 12_000), tmp_path / "rows.jsonl") == []


def test_a_part_of_the_generated_datasets(tmp_path):
    once_apart = (
        1067,
        1725,
        3873,
        4412,
        5924,
    )  # what a template drops of an answer must tell no contexts apart
    assert disagreements([*range(2 * len(ALL)), *once_apart], tmp_path / "rows.jsonl") == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_five_thousand_generated_datasets(tmp_path):
    assert disagreements(range(1_000, 6_000), tmp_path / "rows.jsonl") == []
