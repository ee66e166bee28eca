"""JSON that no trainer's loader takes, and JSON that is no row: one sentence each, and never a traceback."""

import json

import pytest

from builders.errors import InputError
from builders.readers import read_frame

TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
GOOD = json.dumps({"messages": TURNS})
DEEP = "[" * 100_000 + "]" * 100_000
"""Deeper than any Python reads: 3.13 reads some thousands of levels more than 3.11 does."""
DIGITS = "9" * 5000


def said(path, text):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_frame(path)
    return str(error.value)


@pytest.mark.parametrize("cell", ['"x": ' + DEEP, '"tools": ' + DEEP])
def test_a_row_that_is_nested_too_deeply(tmp_path, cell):
    row = GOOD[:-1] + ", " + cell + "}"
    assert "rows.jsonl:2: the JSON is nested too deeply" in said(tmp_path / "rows.jsonl", f"{GOOD}\n{row}\n")
    assert "rows.json:1: the JSON is nested too deeply" in said(tmp_path / "rows.json", f"[{GOOD}, {row}]")
    assert "nested too deeply" in said(tmp_path / "first.json", DEEP)


def test_a_number_of_too_many_digits(tmp_path):
    row = GOOD[:-1] + ', "x": ' + DIGITS + "}"
    assert "rows.jsonl:2: holds a whole number of thousands" in said(
        tmp_path / "rows.jsonl", f"{GOOD}\n{row}\n"
    )
    assert "rows.json:1: holds a whole number of thousands" in said(tmp_path / "rows.json", f"[{row}]")
    late = "".join(f"{GOOD}\n" for _ in range(300)) + GOOD[:-1] + f', "tools": [{DIGITS}]}}\n'
    assert "tools cannot be read" in said(tmp_path / "late.jsonl", late)
    (tmp_path / "rows.jsonl").write_text(f"{GOOD}\n{row}\n")
    frame = read_frame(tmp_path / "rows.jsonl", on_error="skip")
    assert (frame.rows, frame.skipped) == (1, 1)


@pytest.mark.parametrize("content", ["5", "true", '{"text": "x"}'])
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_content_that_is_neither_text_nor_parts(tmp_path, content, role):
    turns = [{"role": "system", "content": "s"}, *TURNS]
    row = json.dumps(
        {
            "messages": [
                turn | ({"content": json.loads(content)} if turn["role"] == role else {}) for turn in turns
            ]
        }
    )
    text = said(tmp_path / "rows.jsonl", f"{GOOD}\n{row}\n")
    assert "rows.jsonl:2: content is" in text
    assert "changed while it was read" not in text
    talk = {
        "conversations": [
            {"from": turn["role"], "value": turn["content"]} for turn in json.loads(row)["messages"]
        ]
    }
    assert "content is" in said(tmp_path / "talk.jsonl", json.dumps(talk))


def test_null_is_still_null(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "system", "content": None}, *TURNS]}))
    frame = read_frame(path)
    assert frame.connection.sql(f"SELECT system_state FROM {frame.table}").fetchall() == [("null",)]


def test_one_object_over_many_lines(tmp_path):
    path = tmp_path / "row.json"
    path.write_text(json.dumps({"messages": TURNS}, indent=1))
    frame = read_frame(path)
    assert (frame.rows, frame.texts([0])[0].target) == (1, "a")
    text = said(tmp_path / "table.json", json.dumps({"instruction": ["a"], "questions": ["b"]}, indent=1))
    assert "is one JSON object and no array of rows: its keys are instruction, questions" in text


def test_rows_inside_an_object(tmp_path):
    for indent in (None, 1):
        text = said(tmp_path / "data.json", json.dumps({"data": [{"messages": TURNS}]}, indent=indent))
        assert "rows seem to stand under 'data'" in text


def test_several_objects_over_many_lines(tmp_path):
    one = json.dumps({"messages": TURNS}, indent=1)
    assert "go over several lines" in said(tmp_path / "two.json", f"{one}\n{one}\n")


def test_a_broken_first_line_is_told_about_as_before(tmp_path):
    assert "rows.jsonl:1: broken JSON" in said(tmp_path / "rows.jsonl", f'{{"messages": [\n{GOOD}\n')
