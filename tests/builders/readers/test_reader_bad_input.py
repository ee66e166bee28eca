"""Every kind of bad input either works or is an error with file and line, and advice."""

import gzip
import json

import pytest

from builders.errors import InputError
from builders.readers import read_frame

GOOD = (
    b'{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"A)"}],"target_correct":true}'
)
TWO_SYSTEMS = (
    b'{"messages":[{"role":"system","content":"a"},{"role":"system","content":"b"},'
    b'{"role":"user","content":"q"},{"role":"assistant","content":"A)"}]}'
)
SHAREGPT = b'{"conversations":[{"from":"human","value":"x"},{"from":"gpt","value":"y"}]}'

BAD_SECOND_ROWS = {
    "broken": (GOOD[:-5], "broken JSON at character"),
    "not UTF-8": (GOOD.replace(b"q", b"\xff"), "invalid UTF-8: byte 0xff at byte 40"),
    "lone surrogate": (GOOD.replace(b"q", b"\\ud83d"), "half of a character"),
    "NUL byte": (GOOD.replace(b"q", b"a\x00b"), "holds NUL bytes"),
    "key given twice": (
        GOOD.replace(b'"content":"q"', b'"content":"q","content":"r"'),
        "key 'content' is given twice",
    ),
    "no assistant turn": (b'{"messages":[{"role":"user","content":"q"}]}', "does not end with an assistant"),
    "no prompt": (b'{"messages":[{"role":"assistant","content":"q"}]}', "nothing stands before"),
    "no messages": (b'{"messages":[]}', "does not end with an assistant"),
    "null messages": (b'{"messages":null}', "the row has no 'messages'"),
    "label that is none": (GOOD.replace(b"true", b'"maybe"'), "target_correct is 'maybe'"),
    "column that is sometimes a string": (b'{"messages":"hello"}', "'messages' is a string"),
    "another shape": (SHAREGPT, "shape 'sharegpt' in a file of shape 'messages'"),
    "unknown role": (GOOD.replace(b'"user"', b'"wizard"'), 'messages[1] has role "wizard"'),
    "null content": (GOOD.replace(b'"q"', b"null"), "neither text content nor tool calls"),
    "number as content": (GOOD.replace(b'"q"', b"5"), "content is a number"),
    "no object": (b"[1, 2]", "expected a JSON object, found a list"),
    "message that is no object": (b'{"messages":[1]}', "messages[1] is a number"),
}


@pytest.mark.parametrize(("bad", "says"), BAD_SECOND_ROWS.values(), ids=BAD_SECOND_ROWS)
def test_a_bad_row_is_named_with_its_line(tmp_path, bad, says):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join([GOOD, bad, GOOD, b""]))
    with pytest.raises(InputError) as raised:
        read_frame(path)
    assert says in raised.value.message
    assert raised.value.where == f"{path}:2"


@pytest.mark.parametrize(("bad", "says"), BAD_SECOND_ROWS.values(), ids=BAD_SECOND_ROWS)
def test_a_bad_row_can_be_skipped_and_is_counted(tmp_path, bad, says):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join([GOOD, bad, GOOD, b""]))
    frame = read_frame(path, on_error="skip")
    assert (frame.rows, frame.skipped) == (2, 1)
    found = frame.connection.execute(f"SELECT row, line FROM {frame.table} ORDER BY row").fetchall()
    assert found == [(0, 1), (2, 3)]
    assert any(f"{path}:2" in note and says in note for note in frame.notes)
    assert frame.texts([2])[2].line == 3


WORKING_SECOND_ROWS = {
    "parts": b'{"messages":[{"role":"user","content":[{"type":"text","text":"q"}]},'
    b'{"role":"assistant","content":"A)"}]}',
    "tool calls": b'{"messages":[{"role":"user","content":"q"},'
    b'{"role":"assistant","content":null,"tool_calls":[{"id":1}]}]}',
    "escaped NUL": GOOD.replace(b"q", b"a\\u0000b"),
    "number as label": GOOD.replace(b"true", b"1"),
    "text as label": GOOD.replace(b"true", b'"False"'),
    "null label": GOOD.replace(b"true", b"null"),
    "null system": GOOD.replace(b'[{"role":"user"', b'[{"role":"system","content":null},{"role":"user"'),
    "carriage return": GOOD + b"\r",
    "unknown keys": GOOD.replace(b'"role":"user"', b'"name":"x","role":"user"').replace(
        b"}]", b'}],"n":NaN', 1
    ),
}


@pytest.mark.parametrize("line", WORKING_SECOND_ROWS.values(), ids=WORKING_SECOND_ROWS)
def test_odd_rows_that_trainers_take_are_read(tmp_path, line):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join([GOOD, line, GOOD]))
    frame = read_frame(path)
    assert frame.rows == 3
    text = frame.texts([1])[1]
    assert text.messages == json.loads(line)["messages"][:-1]


def test_a_text_part_counts_as_the_text_that_it_holds(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(GOOD + b"\n" + WORKING_SECOND_ROWS["parts"])
    frame = read_frame(path)
    assert frame.connection.execute(f"SELECT count(DISTINCT row_key) FROM {frame.table}").fetchall() == [(1,)]


def test_byte_order_mark_carriage_returns_and_blank_lines(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n\r\n".join([GOOD, GOOD, GOOD]) + b"\r\n")
    frame = read_frame(path)
    found = frame.connection.execute(f"SELECT row, line FROM {frame.table} ORDER BY row").fetchall()
    assert found == [(0, 1), (1, 3), (2, 5)]
    assert frame.texts([2])[2].line == 5


@pytest.mark.parametrize("content", [b"", b" \n\n", b"[]", b"[ ]\n"])
def test_an_empty_file_is_an_error(tmp_path, content):
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is empty"):
        read_frame(path)


def test_a_file_without_one_good_row_is_an_error_even_when_skipping(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"messages":[{"role":"user","content":"q"}]}')
    with pytest.raises(InputError, match="none of its 1 rows"):
        read_frame(path, on_error="skip")


def test_cut_off_gzip(tmp_path):
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress(GOOD * 100)[:-10])
    with pytest.raises(InputError, match="cannot be read"):
        read_frame(path)


def test_utf16_is_named(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(GOOD.decode().encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        read_frame(path)


def test_one_very_long_line(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD.replace(b"q", b"q" * 20_000_000) + b"\n" + GOOD)
    frame = read_frame(path)
    lengths = frame.connection.execute(f"SELECT prompt_length FROM {frame.table} ORDER BY row").fetchall()
    assert lengths == [(1,), (20_000_000,), (1,)]


@pytest.mark.slow
def test_a_line_of_200_megabytes(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD.replace(b"q", b"q" * 200_000_000) + b"\n" + GOOD)
    frame = read_frame(path)
    assert frame.connection.execute(f"SELECT max(prompt_length) FROM {frame.table}").fetchall() == [
        (200_000_000,)
    ]


def test_one_bad_row_far_into_a_large_file(tmp_path):
    path = tmp_path / "data.jsonl"
    with path.open("wb") as file:
        file.write((GOOD + b"\n") * 50_000)
        file.write(GOOD[:-3] + b"\n")
        file.write((GOOD + b"\n") * 1_000)
    with pytest.raises(InputError) as raised:
        read_frame(path)
    assert raised.value.where == f"{path}:50001"
    frame = read_frame(path, on_error="skip")
    assert (frame.rows, frame.skipped) == (51_000, 1)
    assert frame.texts([51_000])[51_000].line == 51_001


BROKEN_ARRAYS = {
    "not closed": (b"[\n" + GOOD + b",\n" + GOOD, "not closed", 3),
    "broken element": (b"[\n" + GOOD + b",\n" + GOOD[:-4] + b"\n]", "broken JSON", 3),
    "no objects": (b"[\n1, 2]", "expected an array of objects", 2),
    "not UTF-8": (b"[\n" + GOOD.replace(b"q", b"\xff") + b"]", "invalid UTF-8", 1),
}


@pytest.mark.parametrize(("content", "says", "line"), BROKEN_ARRAYS.values(), ids=BROKEN_ARRAYS)
def test_a_broken_array_is_named_with_its_line(tmp_path, content, says, line):
    path = tmp_path / "data.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_frame(path)
    assert says in raised.value.message
    assert raised.value.where == f"{path}:{line}"


STRINGS_THAT_LOOK_LIKE_OTHER_JSON = [
    "[1]",
    '{"a": 1}',
    "5",
    "-1.5e3",
    " 5",
    "true",
    "null",
    "NaN",
    "",
    "a",
    "5 apples",
]


@pytest.mark.parametrize("text", STRINGS_THAT_LOOK_LIKE_OTHER_JSON)
def test_a_string_is_a_string_whatever_it_looks_like(tmp_path, text):
    path = tmp_path / "data.jsonl"
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]}
    path.write_bytes(GOOD + b"\n" + json.dumps(row).encode())
    frame = read_frame(path)
    (found,) = frame.connection.execute(f"SELECT target_head FROM {frame.table} WHERE row = 1").fetchall()
    assert found == (text,)


@pytest.mark.parametrize("value", [5, -1.5, True, {"a": 1}, 1e300])
def test_and_other_json_is_not_a_string(tmp_path, value):
    path = tmp_path / "data.jsonl"
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": value}]}
    path.write_bytes(GOOD + b"\n" + json.dumps(row).encode())
    with pytest.raises(InputError, match="content is") as raised:
        read_frame(path)
    assert raised.value.where == f"{path}:2"


def test_a_bad_element_of_an_array_can_be_skipped(tmp_path):
    path = tmp_path / "data.json"
    path.write_bytes(b"[" + GOOD + b',\n{"messages": "hello"},\n' + GOOD + b"]")
    with pytest.raises(InputError, match="'messages' is a string") as raised:
        read_frame(path)
    assert raised.value.where == f"{path}, row 1"
    frame = read_frame(path, on_error="skip")
    assert (frame.rows, frame.skipped) == (2, 1)
    assert frame.texts([2])[2].target == "A)"
