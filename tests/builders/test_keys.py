"""Texts are told apart by 64-bit keys, also those of which DuckDB's own hash makes one."""

from __future__ import annotations

import json

import duckdb
import pytest

import auditor
from builders.sql import key_of

ROWS = 2000


@pytest.mark.parametrize("key", ["user", "target"])
def test_texts_that_change_in_two_places_have_keys_of_their_own(key):
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE t AS SELECT 'user\x1fa' || i || '\x1eassistant\x1fgood\x1euser\x1fb' || i AS {key} "
        f"FROM range({ROWS}) r(i)"
    )
    ((found,),) = connection.execute(f"SELECT count(DISTINCT {key_of(key)}) FROM t").fetchall()
    assert found == ROWS


@pytest.mark.parametrize("gap", range(0, 40, 5))
@pytest.mark.parametrize("before", range(0, 16, 5))
def test_wherever_the_two_places_are(before, gap):
    connection = duckdb.connect()
    text = f"'{'p' * before}' || i || '{'q' * gap}' || i || 'tail'"
    ((found, moved),) = connection.execute(
        f"SELECT count(DISTINCT {key_of(text)}), count(DISTINCT {key_of(text, text)}) FROM range({ROWS}) r(i)"
    ).fetchall()
    assert (found, moved) == (ROWS, ROWS)


def test_rows_with_two_answers_are_not_taken_for_one_another(tmp_path):
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"a{number}"},
                {"role": "assistant", "content": "good"},
                {"role": "user", "content": f"b{number}"},
                {"role": "assistant", "content": "fine"},
            ]
        }
        for number in range(ROWS)
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = auditor.scan(path, label="marker:fine")
    assert "PRV004" not in {finding.code for dataset in report.datasets for finding in dataset.findings}


def test_signatures_that_share_the_cheap_number_are_told_apart_by_the_other(monkeypatch):
    """Conditions are joined by a cheap number where no two signatures share it, else by one that is sure."""
    from builders.engine import embedded
    from builders.engine.holding import Keyed
    from builders.templates import Signature

    def joined():
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM (VALUES ('text', 'a'), ('text', 'b'), ('empty', NULL), ('text', 'a')) "
            "v(system_state, system_text), (SELECT NULL::VARCHAR AS tools, NULL::VARCHAR AS context, "
            "NULL::VARCHAR AS carrier)"
        )
        found = [
            Keyed(Signature(state=state, text=text), None, f"c-{state}-{text}")
            for state, text in (("text", "a"), ("text", "b"), ("empty", None))
        ]
        engine = embedded.Embedded(connection)
        view = engine.with_conditions("t", found, rows=4)
        rows = connection.execute(f"SELECT condition FROM {view} ORDER BY ALL").fetchall()
        return [condition for (condition,) in rows]

    expected = ["c-empty-None", "c-text-a", "c-text-a", "c-text-b"]
    assert joined() == expected
    monkeypatch.setattr(embedded, "_KEYS", ("hash(system_state)", embedded._KEYS[1]))
    assert joined() == expected
