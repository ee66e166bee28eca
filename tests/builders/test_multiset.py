"""The digest of rows in any order and any number of files."""

import json
import random

import duckdb
import pytest

from builders.engine.multiset import Sums, added, multiset_digest, sums_of
from builders.readers import read_frame
from builders.readers.target import Pool


def records(number=60):
    rng = random.Random(4)
    systems = [[], [{"role": "system", "content": ""}], [{"role": "system", "content": "Be kind."}]]
    return [
        {
            "prompt": [*systems[n % 3], {"role": "user", "content": f"What is {rng.random()}?"}],
            "completion": [{"role": "assistant", "content": rng.choice("ABC")}],
        }
        for n in range(number)
    ]


def digest(folder, *parts, name="part"):
    for number, part in enumerate(parts):
        text = "".join(json.dumps(each) + "\n" for each in part)
        (folder / f"{name}-{number}.jsonl").write_text(text)
    found = [str(folder / f"{name}-{number}.jsonl") for number in range(len(parts))]
    return read_frame(found[0] if len(found) == 1 else Pool(tuple(found))).rows_digest


def test_order_does_not_count(tmp_path):
    rows = records()
    assert digest(tmp_path, rows) == digest(tmp_path, rows[::-1], name="other")


@pytest.mark.parametrize("at", [1, 30, 59])
def test_the_division_into_files_does_not_count(tmp_path, at):
    rows = records()
    assert digest(tmp_path, rows) == digest(tmp_path, rows[at:], rows[:at], name="other")


def test_copies_count(tmp_path):
    rows = records()
    found = {
        digest(tmp_path, given, name=str(n))
        for n, given in enumerate(
            [rows, [*rows, rows[0]], [*rows, rows[0], rows[0]], rows[1:], [*rows, rows[1]]]
        )
    }
    assert len(found) == 5


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["completion"][0].update(content="D"),
        lambda row: row["prompt"][-1].update(content="What?"),
        lambda row: row["prompt"].insert(0, {"role": "system", "content": None}),
        lambda row: row["prompt"].insert(0, {"role": "system", "content": ""}),
        lambda row: row.update(tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}]),
        lambda row: row.update(
            prompt=[*row["prompt"], row["completion"][0], {"role": "user", "content": "So?"}]
        ),
    ],
)
def test_everything_that_is_read_counts(tmp_path, change):
    rows = records()
    changed = json.loads(json.dumps(rows))
    change(changed[0])
    assert digest(tmp_path, rows) != digest(tmp_path, changed, name="other")


def test_what_labels_say_does_not_count(tmp_path):
    rows = records()
    said = [{**row, "target_correct": n % 2 == 0} for n, row in enumerate(rows)]
    assert digest(tmp_path, rows) == digest(tmp_path, said, name="other")


def test_a_table_in_memory_has_the_digest_of_its_file(tmp_path):
    pandas = pytest.importorskip("pandas")
    assert read_frame(pandas.DataFrame(records())).rows_digest == digest(tmp_path, records())


def test_sums_by_hand():
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t AS SELECT unnest([5, 18446744073709551615, NULL]::UBIGINT[]) AS row_key, "
        "7::UBIGINT AS user_key, "
        "8::UBIGINT AS target_key, 0 AS turn, NULL::VARCHAR AS tools, NULL::VARCHAR AS context"
    )
    found = sums_of(connection, "t")
    assert (found.turns, found.rows) == (3, 4)  # 5 + (2^64 - 1) = 4 modulo 2^64
    assert added([Sums(1, 2**64 - 1, 3), Sums(2, 2, 2**64 - 3)]) == Sums(3, 1, 0)
    said = multiset_digest(Sums(17, 1, 2**64 - 1))
    assert said.startswith("sum64x2-")
    assert said.endswith(":11:0000000000000001ffffffffffffffff")
