"""JSON may spell the same rows in many ways, and files may be cut in many places: the frame does not care."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.readers import open_connection, read_frame
from builders.readers.lines import LineIndex

CONNECTION = open_connection()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def rows(draw):
    """One row in `messages` shape."""
    system = draw(st.sampled_from(["absent", "null", "text"]))
    turns = []
    if system != "absent":
        turns.append({"role": "system", "content": None if system == "null" else draw(TEXT)})
    for _ in range(draw(st.integers(0, 2))):
        turns += [{"role": "user", "content": draw(TEXT)}, {"role": "assistant", "content": draw(TEXT)}]
    turns += [{"role": "user", "content": draw(TEXT)}, {"role": "assistant", "content": draw(TEXT)}]
    return {"messages": turns, "target_correct": draw(st.sampled_from([True, False, None]))}


def respelled(value, draw):
    """Return JSON of the same value with other key order, spaces and escapes."""
    space = draw(st.sampled_from(["", " ", "  ", "\t"]))
    if isinstance(value, dict):
        items = draw(st.permutations(list(value.items())))
        inner = f",{space}".join(
            f"{json.dumps(key)}{space}:{space}{respelled(each, draw)}" for key, each in items
        )
        return f"{{{space}{inner}{space}}}"
    if isinstance(value, list):
        return f"[{space}" + f"{space},".join(respelled(each, draw) for each in value) + f"{space}]"
    if isinstance(value, str) and draw(st.booleans()):
        units = value.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)) + '"'
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


def frame_of(files):
    with tempfile.TemporaryDirectory() as folder:
        for number, lines in enumerate(files):
            text = "".join(f"{line}\n" for line in lines)
            (Path(folder) / f"{number:02}.jsonl").write_text(text, encoding="utf-8", newline="")
        frame = read_frame(folder, connection=CONNECTION)
        found = CONNECTION.execute(
            f"SELECT * EXCLUDE (file, line) FROM {frame.table} ORDER BY row"
        ).fetchall()
        numbers = CONNECTION.execute(f"SELECT row FROM {frame.table} ORDER BY row").fetchall()
        texts = frame.texts([number for (number,) in numbers])
    return found, [(text.messages, text.target) for text in texts.values()]


@settings(max_examples=25, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=5), st.data())
def test_respelling_changes_nothing(records, data):
    plain = frame_of([[json.dumps(record) for record in records]])
    assert frame_of([[respelled(record, data.draw) for record in records]]) == plain
    assert [target for _, target in plain[1]] == [
        message["content"]
        for record in records
        for message in record["messages"]
        if message["role"] == "assistant"
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(rows(), min_size=2, max_size=6), st.data())
def test_sharding_and_blank_lines_change_nothing(records, data):
    lines = [json.dumps(record) for record in records]
    cut = data.draw(st.integers(1, len(lines) - 1))
    blanks = [line for each in lines for line in (*data.draw(st.sampled_from([(), ("",), (" ", "")])), each)]
    assert frame_of([lines[:cut], lines[cut:]]) == frame_of([lines]) == frame_of([blanks])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=20),
    st.booleans(),
    st.data(),
)
def test_lines_are_found_by_number(lines, ended, data):
    content = b"\n".join(lines) + (b"\n" if ended else b"")
    expected = dict(enumerate(content.split(b"\n"), start=1))
    spelled = {number: line + b"\n" for number, line in expected.items()}
    last = len(expected)
    spelled[last] = expected[last]
    if not spelled[last]:
        del spelled[last]
    wanted = data.draw(st.lists(st.integers(1, len(lines) + 2), max_size=6))
    import builders.readers.lines as module

    # Drawn before anything is set: a draw may end the example, and what was set would stay for the tests behind it.
    block, blocks = data.draw(st.integers(1, 16)), data.draw(st.integers(1, 3))
    with pytest.MonkeyPatch.context() as patched, tempfile.NamedTemporaryFile() as file:
        patched.setattr(module, "BLOCK", block)
        patched.setattr(module, "CHUNK", block * blocks)
        Path(file.name).write_bytes(content)
        found = LineIndex(Path(file.name)).read(wanted)
    assert found == {number: spelled[number] for number in wanted if number in spelled}
