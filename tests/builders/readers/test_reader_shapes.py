"""The same 800 rows, written in every shape and container, are the same frame."""

import csv
import gzip
import json
import subprocess
import sys

import pytest

from builders.readers import read_frame
from tests.builders.shapes import ROWS, SHAPES, jsonl, write_csv, written

COLUMNS = (
    "row, system_state, system_text, target_correct, user_key, target_key, row_key, target_head, target_tail, "
    "target_length, prompt_length"
)


def content(frame):
    return frame.connection.execute(f"SELECT {COLUMNS} FROM {frame.table} ORDER BY row").fetchall()


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "messages.jsonl"
    path.write_bytes(jsonl(written("messages")))
    return content(read_frame(path))


def test_the_frame_says_what_the_rows_say(expected):
    states = {None: "absent", "": "empty"}
    for found, (system, prompt, target, _, correct) in zip(expected, ROWS, strict=True):
        _, state, text, label, _, _, _, head, tail, target_length, prompt_length = found
        assert state == states.get(system, "text")
        assert text == (system or None)
        assert label is correct
        assert (head, tail, target_length) == (target, target, 2)
        assert prompt_length == len(prompt) + len(system or "")
    keys = [(found[4], found[5], found[6]) for found in expected]
    spelled = [(row[1], row[2], row[:3]) for row in ROWS]
    for place in range(3):
        pairs = {(key[place], spelling[place]) for key, spelling in zip(keys, spelled, strict=True)}
        assert (
            len(pairs) == len({spelling[place] for spelling in spelled}) == len({key[place] for key in keys})
        )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("container", ["jsonl", "array", "parquet"])
def test_every_shape_gives_the_same_frame(tmp_path, expected, shape, container):
    records = written(shape)
    path = tmp_path / f"data.{container}"
    if container == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.Table.from_pylist(records), path, row_group_size=300)
    else:
        path.write_bytes(jsonl(records) if container == "jsonl" else json.dumps(records, indent=1).encode())
    frame = read_frame(path)
    assert content(frame) == expected
    text = frame.texts([0, 799, 301])
    for row in (0, 799, 301):
        system, prompt, target, _, _ = ROWS[row]
        assert text[row].target == target
        assert [m["content"] for m in text[row].messages] == [*([] if system is None else [system]), prompt]
        assert text[row].line == (row + 1 if container == "jsonl" else None)


@pytest.mark.parametrize("shape", ["messages", "plain", "alpaca", "sharegpt", "preference-plain"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_tables_of_text_give_the_same_frame(tmp_path, expected, shape, delimiter):
    path = tmp_path / ("data.csv" if delimiter == "," else "data.tsv")
    path.write_bytes(write_csv(written(shape), delimiter))
    frame = read_frame(path)
    assert content(frame) == expected
    assert frame.texts([5])[5].target == ROWS[5][2]


def test_a_table_written_by_the_csv_module(tmp_path, expected):
    path = tmp_path / "data.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["messages", "target_correct"])
        for record in written("messages"):
            writer.writerow([json.dumps(record["messages"]), record["target_correct"]])
    assert content(read_frame(path)) == expected


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_compressed_files_give_the_same_frame_and_digest(tmp_path, expected, compression):
    data = jsonl(written("messages"))
    plain_path, path = tmp_path / "plain.jsonl", tmp_path / f"data.jsonl.{compression}"
    plain_path.write_bytes(data)
    zstandard = pytest.importorskip("zstandard")
    path.write_bytes(gzip.compress(data) if compression == "gz" else zstandard.compress(data))
    frame = read_frame(path)
    assert content(frame) == expected
    assert frame.digest == read_frame(plain_path).digest
    assert frame.texts([700])[700].line == 701


@pytest.mark.parametrize("shards", [1, 3, 7])
def test_shards_in_a_folder_or_a_glob(tmp_path, expected, shards):
    data = jsonl(written("messages")).splitlines(keepends=True)
    size = -(-len(data) // shards)
    for number in range(shards):
        (tmp_path / f"part-{number}.jsonl").write_bytes(b"".join(data[number * size : (number + 1) * size]))
    (tmp_path / "README.md").write_text("no data")
    for target in (tmp_path, str(tmp_path / "part-*.jsonl")):
        frame = read_frame(target)
        assert content(frame) == expected
        places = frame.connection.execute(f"SELECT file, line FROM {frame.table} ORDER BY row").fetchall()
        assert places == [(row // size, row % size + 1) for row in range(800)]
        assert frame.texts([799])[799].path == str(tmp_path / f"part-{shards - 1}.jsonl")


def test_an_arrow_file_and_stream(tmp_path, expected):
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pylist(written("messages"))
    for make, name in ((pa.ipc.new_file, "file.arrow"), (pa.ipc.new_stream, "stream.arrow")):
        with make(str(tmp_path / name), table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
        frame = read_frame(tmp_path / name)
        assert content(frame) == expected
        assert frame.texts([799])[799].target == ROWS[799][2]


@pytest.mark.parametrize("shape", ["messages", "alpaca", "preference"])
def test_tables_in_memory(expected, shape):
    pa, pd, pl = pytest.importorskip("pyarrow"), pytest.importorskip("pandas"), pytest.importorskip("polars")
    records = written(shape)
    for table in (pa.Table.from_pylist(records), pd.DataFrame(records), pl.DataFrame(records)):
        frame = read_frame(table)
        assert content(frame) == expected
        assert frame.paths == ()
        assert frame.texts([3])[3].path is None


def test_the_library_datasets(tmp_path, expected):
    datasets = pytest.importorskip("datasets")
    dataset = datasets.Dataset.from_list(written("messages"))
    assert content(read_frame(dataset)) == expected
    backwards = dataset.select(range(799, -1, -1))
    assert content(read_frame(backwards.select(range(799, -1, -1)))) == expected
    frame = read_frame(backwards)
    assert frame.texts([0])[0].target == ROWS[799][2]
    assert content(read_frame(dataset.to_iterable_dataset())) == expected

    dataset.save_to_disk(str(tmp_path / "saved"), num_shards=3)
    assert content(read_frame(tmp_path / "saved")) == expected
    splits = datasets.DatasetDict({"train": dataset, "test": dataset.select(range(5))})
    splits.save_to_disk(str(tmp_path / "splits"))
    assert content(read_frame(f"{tmp_path / 'splits'}#train")) == expected
    with pytest.raises(Exception, match="holds the splits train, test"):
        read_frame(tmp_path / "splits")
    with pytest.raises(Exception, match="holds the splits train, test"):
        read_frame(splits)


def test_a_dataset_by_name(tmp_path, expected, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "train.jsonl").write_bytes(jsonl(written("messages")))
    assert content(read_frame(f"hf:{tmp_path / 'named'}#train")) == expected
    with pytest.raises(Exception, match=r"cannot be (loaded|reached)"):
        read_frame(f"hf:{tmp_path / 'missing'}")


def test_standard_input(tmp_path, expected):
    code = (
        "from builders.readers import read_frame\n"
        "f = read_frame('-')\n"
        f"print(f.connection.execute(f'SELECT {COLUMNS} FROM {{f.table}} ORDER BY row').fetchall())\n"
        "print(f.texts([799])[799].target)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=jsonl(written("messages")), capture_output=True, check=True
    )
    assert done.stdout.decode() == f"{expected}\n{ROWS[799][2]}\n"
