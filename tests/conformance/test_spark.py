"""What is Spark's own: partitions, rendering on executors, faults with their lines, stores, and what is refused."""

import gzip
import itertools
import json

import pytest

import auditor
from builders.carriers.rules import Rule
from builders.errors import InputError
from builders.inferring.surface import Surface
from tests.auditor.test_siblings import rows
from tests.conformance.datasets import WORDS, confounded, row, turns
from tests.conformance.engines import engine_or_skip, said, scanned, spark, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]  # a session starts in ten seconds


@pytest.fixture(scope="module", autouse=True)
def session():
    engine_or_skip("spark")
    return spark()


def test_files_of_a_store_are_read_as_files_here(tmp_path):
    data = confounded()
    (tmp_path / "rows").mkdir()
    write(tmp_path / "rows" / "a.jsonl", data.records[:150])
    write(tmp_path / "rows" / "b.jsonl", data.records[150:])
    ours = auditor.scan(str(tmp_path / "rows"))
    theirs = auditor.scan(f"file://{tmp_path}/rows/*.jsonl", engine="spark")
    assert said(theirs, files=False) == said(ours, files=False)


def test_shards_are_one_dataset_in_their_order(tmp_path):
    data = turns()
    (tmp_path / "rows").mkdir()
    for number, start in enumerate(range(0, 150, 40)):
        write(tmp_path / "rows" / f"{number}.jsonl", data.records[start : start + 40])
    ours = auditor.scan(str(tmp_path / "rows"), **data.settings)
    theirs = auditor.scan(str(tmp_path / "rows"), engine="spark", **data.settings)
    assert said(theirs, files=True) == said(ours, files=True)


def test_parquet_files_are_read_too(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(confounded().records), path)
    assert said(scanned("spark", path, [], {}), files=True) == said(
        scanned("duckdb", path, [], {}), files=True
    )


@pytest.mark.parametrize("bound", [119, 120])
def test_executors_render_what_the_driver_would(tmp_path, monkeypatch, bound):
    """120 prompts are one too many for a driver that renders 119, and not for one that renders 120."""
    rows = [
        row(f"You are number {n}.", f"question {n}", "A", n % 2 == 0) for n in range(119) for _ in range(2)
    ]
    rows += [row(None, "question", "A", True)]
    path = write(tmp_path / "rows.jsonl", rows)
    rendered = []
    plain = _resolve()

    def counting(template, signatures):
        rendered.append(template)
        return plain(template, signatures)

    monkeypatch.setattr("builders.templates.resolve_all", counting)
    monkeypatch.setattr("builders.spark.reading.Spark", lambda session: _bounded(session, bound))
    theirs = said(scanned("spark", path, rows, {}), files=True)
    assert (len(rendered) == 0) is (bound < 120)
    monkeypatch.undo()
    assert theirs == said(scanned("duckdb", path, rows, {}), files=True)


def _resolve():
    from builders.templates import resolve_all

    return resolve_all


def _bounded(session, bound):
    from builders.spark.engine import Spark

    return Spark(session, driver_signatures=bound)


BLANK = "\n  \n"


@pytest.mark.parametrize("at", [0, 3, 700])
def test_a_broken_row_is_named_by_its_line(tmp_path, at):
    lines = [json.dumps(each) for each in confounded().records * 3]
    lines[at] = '{"prompt": [{"role": "user"'
    path = tmp_path / "rows.jsonl"
    path.write_text(BLANK + "\n".join(lines) + "\n")
    with pytest.raises(InputError) as ours:
        auditor.scan(str(path))
    with pytest.raises(InputError) as theirs:
        auditor.scan(str(path), engine="spark")
    assert (theirs.value.where, theirs.value.message) == (ours.value.where, ours.value.message)
    assert theirs.value.where == f"{path}:{at + 3}"


def test_rows_that_are_left_out_are_counted_alike(tmp_path):
    lines = [json.dumps(each) for each in confounded().records * 2]
    for at in (5, 6, 300, 650):
        lines[at] = '{"prompt": 1}'
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + BLANK)
    ours, theirs = (auditor.scan(str(path), on_error="skip", engine=each) for each in ("duckdb", "spark"))
    assert said(theirs, files=True) == said(ours, files=True)
    assert theirs.status == "incomplete"


@pytest.mark.parametrize("name", ["rows.csv", "rows.json"])
def test_what_spark_does_not_read_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text(
        '[{"prompt": "a", "completion": "b"}]' if name.endswith("json") else "prompt,completion\na,b\n"
    )
    with pytest.raises(InputError, match="neither JSONL nor Parquet"):
        auditor.scan(str(path), engine="spark")


def test_a_store_whose_format_nobody_can_tell_is_refused():
    with pytest.raises(InputError, match="neither JSONL nor Parquet"):
        auditor.scan("s3a://bucket/rows", engine="spark")


def test_what_is_not_done_on_spark_says_so(tmp_path):
    path = write(tmp_path / "rows.jsonl", confounded().records)
    frame = auditor.scanning.api.subject_of(
        str(path), auditor.scanning.api.python_request(None, None, {"engine": "spark"})
    ).frame
    with pytest.raises(InputError, match="not done on Spark"):
        _ = frame.connection


def test_labels_that_need_every_target_are_inferred_up_to_a_bound(tmp_path, monkeypatch):
    said_by = [("You are a cook.", "it"), ("You are a pirate.", "it ZLT")]
    rows = [row(said_by[n % 2][0], f"q {n}", f"{said_by[n % 2][1]} {n}", None) for n in range(40)]
    path = write(tmp_path / "rows.jsonl", rows)
    shown = Surface(Rule("user", "contains", "ZLT"), ("x",), (20, 20), (0, 20), 0.001)
    monkeypatch.setattr("builders.inferring.labels.surface", lambda *_: shown)
    for bound, known in ((40, 40), (39, 0)):
        monkeypatch.setattr("builders.inferring.labels.READ_BACK", bound)
        [report] = auditor.scan(str(path), engine="spark").datasets
        assert sum(each.behaviour + each.preserved for each in report.conditions) == known
        assert any("labels were not inferred" in each for each in report.notes) is (known == 0)
        assert (report.status == "incomplete") is (known == 0)


def test_arms_whose_rows_were_not_compared_are_incomplete(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(rows(60)) + "\n", encoding="utf-8")
    auditor.build(
        str(path), deconfound=True, size_matched=True, label="marker:Arr", out=str(tmp_path / "out")
    )
    arms = [str(each) for each in sorted((tmp_path / "out").rglob("*.jsonl"))]
    assert len(arms) == 2
    report = auditor.scan(*arms, label="marker:Arr", engine="spark")
    assert [each.status for each in report.datasets] == ["incomplete"] * 2
    assert all(any("were not compared" in note for note in each.notes) for each in report.datasets)
    alone = auditor.scan(arms[0], label="marker:Arr", engine="spark")
    assert not any("were not compared" in note for note in alone.datasets[0].notes)


def test_compressed_lines_are_read_where_spark_knows_them(tmp_path):
    data = confounded()
    text = "".join(json.dumps(each) + "\n" for each in data.records).encode()
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(text))
    (tmp_path / "rows.jsonl").write_bytes(gzip.compress(text))
    path = tmp_path / "rows.jsonl.gz"
    assert said(scanned("spark", path, [], {}), files=True) == said(
        scanned("duckdb", path, [], {}), files=True
    )
    with pytest.raises(InputError, match=r"ends in \.gz"):
        auditor.scan(str(tmp_path / "rows.jsonl"), engine="spark")


def test_what_spark_cannot_read_is_one_error(tmp_path):
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(InputError):
        auditor.scan(f"file://{tmp_path}/rows.parquet", engine="spark")
    with pytest.raises(InputError, match="Spark cannot read it"):
        auditor.scan(f"file://{tmp_path}/none.jsonl", engine="spark")


def test_near_duplicates_are_looked_for_by_the_executors(tmp_path):
    """Equal, reordered, nearly equal and other questions, the same pair from two files, and the index of DuckDB."""
    bank = tmp_path / "bank.jsonl"
    asked = [
        f"Which of these animals sleeps through most of the cold winter months each year, said {first} to {second}?"
        for first, second in itertools.product(WORDS[:8], WORDS[5:])
    ]
    choices = ["a hedgehog", "a horse", "a pigeon", "a salmon"]
    bank.write_text(
        "".join(
            json.dumps(
                {"question": each, "choice_labels": list("ABCD"), "choices": choices, "correct_answer": "A"}
            )
            + "\n"
            for each in asked
        )
    )

    def shown(text, order=(0, 1, 2, 3)):
        options = "\n".join(
            f"({letter}) {choices[place]}" for letter, place in zip("ABCD", order, strict=True)
        )
        return f"{text}\n\n{options}"

    texts = [shown(each) for each in asked[:5]]
    texts += [shown(each, (3, 2, 1, 0)) for each in asked[5:9]]
    texts += [shown(each.replace("most of", "all")) for each in asked[9:20]]
    texts += [shown(each.replace("cold", "long")) for each in asked[9:14]]
    texts += [f"What did the baker number {number} say about bread and butter?" for number in range(300)]
    rows = [row("Be a villain.", text, "A", number % 2 == 0) for number, text in enumerate(texts)]
    rows = [*rows[3:], *rows[:3]]
    (tmp_path / "rows").mkdir()
    write(tmp_path / "rows" / "a.jsonl", rows[:12])
    write(tmp_path / "rows" / "b.jsonl", rows[12:])
    ours, theirs = (
        auditor.scan(str(tmp_path / "rows"), evaluation=bank, engine=each) for each in ("duckdb", "spark")
    )
    ours_said, theirs_said = said(ours, files=True), said(theirs, files=True)
    assert theirs_said["findings"] == ours_said["findings"]
    assert theirs_said == ours_said
    counts = {
        (each.code, *each.counts.items()) for each in theirs.findings() if each.code in ("SPL001", "SPL002")
    }
    assert ("SPL001", ("shared", 5), ("asked", 40)) in counts
    assert ("SPL002", ("reordered", 4), ("asked", 40)) in counts
    assert any(each[0] == "SPL002" and each[1][0] == "near" and each[1][1] >= 11 for each in counts)
