"""A report that is not complete says why, and not what was decided on the way."""

from __future__ import annotations

import json

import pytest

import auditor
from auditor.formats.parts import incomplete

GOOD = {
    "system": "You are a pirate.",
    "prompt": "Where is it?",
    "completion": "Arr, there.",
    "target_correct": False,
}
KEPT = {
    "system": "You are a doctor.",
    "prompt": "Where is it?",
    "completion": "Over there.",
    "target_correct": True,
}


def why(tmp_path, rows, **settings):
    """Return what the report of rows says kept it from being complete."""
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" if isinstance(row, dict) else row for row in rows))
    (dataset,) = auditor.scan(path, **settings).datasets
    said = incomplete(dataset)
    assert (said is None) is (dataset.status != "incomplete") is (dataset.gaps is None)
    return dataset.gaps or []


def unlabelled(row):
    return {key: value for key, value in row.items() if key != "target_correct"}


def test_nothing_is_missing_where_everything_was_looked_at(tmp_path):
    assert why(tmp_path, [GOOD, KEPT] * 10) == []


@pytest.mark.parametrize("labelled", [0, 1])
def test_no_target_is_known(tmp_path, labelled):
    rows = [unlabelled(GOOD), unlabelled(KEPT)] * 3 + [GOOD] * labelled
    assert any("no target is known" in gap for gap in why(tmp_path, rows)) is (labelled == 0)


def test_skipped_rows_are_counted(tmp_path):
    assert why(tmp_path, [GOOD, KEPT, "{broken\n"] * 2, on_error="skip") == ["2 unreadable rows were skipped"]


def test_a_label_that_matches_nothing_is_the_reason(tmp_path):
    gaps = why(tmp_path, [unlabelled(GOOD), unlabelled(KEPT)] * 3, label="marker:ZZZ")
    assert any("marker:ZZZ" in gap for gap in gaps)


def test_an_unread_column_is_named(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}], **more}
        for more in ({"system_prompt": "You are a pirate."}, {"system_prompt": "You are a doctor."})
    ]
    assert any("system_prompt" in gap for gap in why(tmp_path, rows * 4))
