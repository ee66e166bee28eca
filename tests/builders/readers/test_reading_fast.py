"""The two short ways of reading, by place and on all cores, see what the long way sees."""

import json

import pytest

from builders.engine.frame import FRAME_COLUMNS, MARKS
from builders.labels import CallableLabeler, RoleSelectors, parse_labelers
from builders.labels.gold import GoldBankLabeler
from builders.questions import load_bank
from builders.readers import Pool, canonical, jsonfiles, read_frame
from builders.readers import plan as plan_module
from builders.readers.connection import open_connection
from builders.readers.filling import Filling
from builders.readers.plan import ReadingPlan
from builders.readers.shapes import SHAPES
from tests.builders.readers.test_reader_shapes import content


def say(role, text, **more):
    return {"role": role, "content": text, **more}


ODD = [
    [say("user", "q"), say("assistant", "a")],
    [say("system", "s"), say("user", "q"), say("assistant", "a")],
    [say("system", ""), say("user", ""), say("assistant", "")],
    [say("system", None), say("user", "q"), say("assistant", "a")],
    [say("developer", "s"), say("user", "q"), say("assistant", "a")],
    [say("user", "q"), say("assistant", "a"), say("user", "q"), say("assistant", "a")],
    [say("user", "one"), say("user", "two"), say("assistant", "a")],
    [say("assistant", "hello"), say("user", "two"), say("assistant", "a")],
    [say("system", "s"), say("user", "q"), say("tool", "result"), say("assistant", "a")],
    [say("tool", "result"), say("assistant", "a")],
    [*(say("user", str(i) + "th") for i in range(9)), say("assistant", "a")],
]
"""Conversations of strings alone, each as the turns of one row."""

UNCLEAR = [
    ["[1]", "q", "a"],
    ["s", "12", "a"],
    ["s", "q", "-1.5e3"],
    ["s", "true", "a"],
    ["s", "q", "nan"],
    ["s", '{"a": 1}', "a"],
]
"""Strings that a hurried reading cannot tell from what is no string."""


def as_messages(turns):
    return {"messages": turns}


def as_pair(turns):
    return {"prompt": turns[:-1], "completion": turns[-1:]}


def both(tmp_path, records):
    """What the short way reads from lines, and the long way from a table."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    lines, table = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    pq.write_table(pa.table({name: [json.dumps(row[name]) for row in records] for name in records[0]}), table)
    return content(read_frame(lines)), content(read_frame(table))


@pytest.mark.parametrize("layout", [as_messages, as_pair])
def test_rows_are_read_by_place_as_they_are_by_turn(tmp_path, layout):
    short, long = both(tmp_path, [layout(turns) for turns in ODD])
    assert short == long


@pytest.mark.parametrize("texts", UNCLEAR)
def test_a_string_that_may_be_none_is_read_with_care(tmp_path, texts):
    turns = [say(role, text) for role, text in zip(("system", "user", "assistant"), texts, strict=True)]
    short, long = both(tmp_path, [as_messages(turns), as_messages(ODD[1])])
    assert short == long
    calls = [say("user", "q"), say("assistant", "", tool_calls=[{"id": "1"}])]
    short, long = both(tmp_path, [as_messages(ODD[1]), as_messages(calls)])
    assert short == long
    assert short[1][7] == '[{"id":"1"}]'


TAGS = {
    "persona": "p",
    "role": "source",
    "question_id": "q1",
    "options": ["A", "B"],
    "gold_label": "A",
    "target_label": "B",
    "target_correct": False,
    "tools": [{"type": "function", "function": {"name": "f"}}],
}


def every_column(frame):
    columns = ", ".join(f'"{name}"' for name in FRAME_COLUMNS if name not in ("file", "line"))
    return frame.connection.execute(f'SELECT {columns} FROM {frame.table} ORDER BY "row"').fetchall()


def many(number, **late):
    """Rows of which one has more columns, where nobody looks before all are read."""
    rows = [as_messages([say("user", f"q{place}"), say("assistant", "a")]) for place in range(number)]
    rows[number // 2 + 1] |= late
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_that_comes_late_is_read(tmp_path, tag, monkeypatch):
    monkeypatch.setattr(plan_module, "_SPREAD", 0)
    (tmp_path / "late.jsonl").write_text(many(600, **{tag: TAGS[tag]}))
    frame = read_frame(tmp_path / "late.jsonl")
    monkeypatch.setattr(jsonfiles, "SAMPLE_ROWS", 600)  # now the tag is seen before
    assert every_column(frame) == every_column(read_frame(tmp_path / "late.jsonl"))
    found = frame.connection.execute(
        f"SELECT row, {tag} FROM {frame.table} WHERE {tag} IS NOT NULL"
    ).fetchall()
    assert [row for row, _ in found] == [301]


def test_a_tag_that_comes_in_a_later_file_is_read(tmp_path):
    one = json.dumps(as_messages(ODD[1])) + "\n"
    for number, text in enumerate([one, one, one, many(600, persona="p"), one]):
        (tmp_path / f"{number}.jsonl").write_text(text)
    frame = read_frame(tmp_path)
    assert frame.rows == 604
    found = frame.connection.execute(
        f"SELECT row, persona, tools FROM {frame.table} WHERE persona IS NOT NULL"
    )
    assert found.fetchall() == [(3 + 301, "p", None)]
    (tmp_path / "3.jsonl").unlink()
    assert read_frame(tmp_path).rows == 4


def test_lines_and_a_table_are_one_mixture(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "a.jsonl").write_text(json.dumps(as_messages(ODD[1])) + "\n")
    pq.write_table(pa.table({"messages": [json.dumps(ODD[0])], "persona": ["p"]}), tmp_path / "b.parquet")
    frame = read_frame(Pool((tmp_path / "a.jsonl", tmp_path / "b.parquet")))
    found = frame.connection.execute(f"SELECT row, persona FROM {frame.table} ORDER BY row").fetchall()
    assert found == [(0, None), (1, "p")]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_a_mark_of_turns_is_seen_wherever_it_stands(tmp_path, mark, role):
    texts = {"system": "s", "user": "q <b> [1] |", "assistant": "a"}
    turns = [say(each, f"x {mark} y" if each == role else text) for each, text in texts.items()]
    plain = [say(each, text) for each, text in texts.items()]
    (tmp_path / "rows.jsonl").write_text(
        json.dumps(as_messages(turns)) + "\n" + json.dumps(as_messages(plain))
    )
    frame = read_frame(tmp_path / "rows.jsonl")
    found = frame.connection.execute(f"SELECT marked FROM {frame.table} ORDER BY row").fetchall()
    assert found == [(role != "assistant",), (False,)]


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 63, 64, 65])
@pytest.mark.parametrize("letter", ["a", "é", "漢"])
def test_the_ends_of_a_target_are_kept(tmp_path, length, letter):
    target = "".join(f"{letter if place % 3 else place % 10}" for place in range(length))
    turns = [say("user", "q"), say("assistant", target)]
    (tmp_path / "rows.jsonl").write_text(json.dumps(as_messages(turns)) + "\n")
    frame = read_frame(tmp_path / "rows.jsonl")
    found = frame.connection.execute(f"SELECT target_head, target_tail, target_length FROM {frame.table}")
    assert found.fetchall() == [(target[:64], target[-16:], length)]


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_keeps_the_read_from_the_order_of_the_file_or_from_a_core(shape):
    connection = open_connection()
    chosen = SHAPES[shape]
    labelers = (
        *parse_labelers(["column:flag", "gold:answer", "marker:x", "regex:y"]),
        CallableLabeler(lambda target, user, system: None),
        GoldBankLabeler(load_bank("embedded"), "bank"),
    )
    roles = RoleSelectors(
        source=("a*", "b"), bystander=tuple(f"c{i}" for i in range(20)), personas={"d": "absent"}
    )
    for form in filter(None, (chosen, chosen.hurried)):
        plan = ReadingPlan(form, True, labelers, roles, ())
        filling = Filling(connection, plan, [], skip=False, progress=None)
        columns = canonical.wanted_columns(form, plan.looked_at, tagged=True)
        empty = "SELECT " + ", ".join(f'NULL::{kind.duckdb} AS "{name}"' for name, kind in columns.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE given AS {empty}")
        statement = canonical.select(
            "FROM given", form, filling._tagging, tagged=True, hurried=form is not chosen
        )
        ((_, drawn),) = connection.execute(f"EXPLAIN {statement}").fetchall()
        filling._functions.remove()
        assert "Projection" in drawn
        assert not any(word in drawn.lower() for word in ("join", "window", "sort", "order", "group"))


@pytest.mark.parametrize("shards", [1, 3])
def test_rows_keep_their_places_on_every_core(tmp_path, shards):
    each = 150_000  # more than a row group of the engine
    for shard in range(shards):
        with (tmp_path / f"{shard}.jsonl").open("w") as file:
            for row in range(each):
                turns = [say("user", "Which?"), say("assistant", f"row {shard * each + row}")]
                file.write(json.dumps({"messages": turns}) + "\n")
    frame = read_frame(tmp_path)
    assert frame.rows == shards * each
    astray = f"SELECT count(*) FROM {frame.table} WHERE target_head <> 'row ' || row::VARCHAR"
    assert frame.connection.execute(astray).fetchall() == [(0,)]
    assert frame.texts([frame.rows - 1])[frame.rows - 1].line == each


def test_rows_that_are_left_out_move_no_others(tmp_path):
    good = json.dumps({"messages": [say("user", "q"), say("assistant", "good")]})
    unclear = json.dumps({"messages": [say("user", "q"), say("assistant", "[1]")]})
    (tmp_path / "0.jsonl").write_text(f'{good}\n{{"messages": []}}\n{good}\n{{"mess\n')
    (tmp_path / "1.jsonl").write_text(f'{good}\n{unclear}\n{{"messages": 3}}\n')
    (tmp_path / "2.jsonl").write_text(f"{good}\n")
    frame = read_frame(tmp_path, on_error="skip")
    assert frame.skipped == 3
    found = frame.connection.execute(
        f"SELECT row, file, line, target_head FROM {frame.table} ORDER BY row"
    ).fetchall()
    assert found == [
        (0, 0, 1, "good"),
        (2, 0, 3, "good"),
        (4, 1, 1, "good"),
        (5, 1, 2, "[1]"),
        (7, 2, 1, "good"),
    ]
    assert frame.texts([7])[7].line == 1
