"""Our own tagged files: read back as they were built, and held to the schema."""

import json

import pytest

from builders.engine.composed import frame_from_rows
from builders.engine.frame import FRAME_COLUMNS
from builders.errors import InputError
from builders.questions import load_bank
from builders.readers import read_frame
from builders.schema import arrow_schema
from builders.templates import load_template
from experiments.study.issue import load_issue


@pytest.fixture(scope="module")
def built():
    return load_issue("issue-96").compose("issue-96/assistant", load_bank("embedded"), load_template())


def content(frame):
    columns = ", ".join(f'"{name}"' for name in FRAME_COLUMNS if name not in ("file", "line"))
    return frame.connection.execute(f"SELECT {columns} FROM {frame.table} ORDER BY row").fetchall()


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_built_dataset_reads_as_the_frame_of_its_rows(tmp_path, built):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    expected = content(frame_from_rows("x", built.rows))
    frame = read_frame(write(tmp_path / "data.jsonl", built.rows))
    assert content(frame) == expected
    pq.write_table(pa.Table.from_pylist(list(built.rows), schema=arrow_schema()), tmp_path / "data.parquet")
    assert content(read_frame(tmp_path / "data.parquet")) == expected
    assert any("persona, role, question_id" in note for note in frame.notes)


BREAKS = {
    "role": ("teacher", "field 'role'"),
    "persona": (5, "field 'persona'"),
    "row": ("first", "field 'row'"),
    "options": ("A", "field 'options'"),
    "target_correct": ("true", "field 'target_correct'"),
    "system_state": ("null", "says 'null' and the messages say"),
    "resolved_by": ("magic", "field 'resolved_by'"),
    "condition": (None, "field 'condition'"),
    "example_id": (None, "field 'example_id'"),
    "gold_label": (["A"], "field 'gold_label'"),
}


@pytest.mark.parametrize("field", BREAKS)
def test_a_row_that_breaks_the_schema_is_named(tmp_path, built, field):
    value, says = BREAKS[field]
    rows = [dict(row) for row in built.rows[:5]]
    rows[2][field] = value
    path = write(tmp_path / "data.jsonl", rows)
    with pytest.raises(InputError) as raised:
        read_frame(path)
    assert raised.value.where == f"{path}:3"
    assert says in raised.value.message
    assert read_frame(path, on_error="skip").rows == 4


def test_a_tag_that_is_missing_in_one_row_is_named(tmp_path, built):
    rows = [dict(row) for row in built.rows[:5]]
    del rows[3]["condition"]
    path = write(tmp_path / "data.jsonl", rows)
    with pytest.raises(InputError, match="field 'condition'") as raised:
        read_frame(path)
    assert raised.value.where == f"{path}:4"


def test_some_of_the_tags_beside_messages_are_read_and_announced(tmp_path):
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "B)"}]
    row = {"messages": turns, "persona": "p", "role": "math", "options": ["A", "B"], "gold_label": "A"}
    frame = read_frame(write(tmp_path / "data.jsonl", [row]))
    found = frame.connection.execute(
        f"SELECT persona, role, options, gold_label, target_correct FROM {frame.table}"
    ).fetchall()
    assert found == [("p", None, "A|B", "A", None)]
    assert "tags are read from the columns persona, options, gold_label" in frame.notes
