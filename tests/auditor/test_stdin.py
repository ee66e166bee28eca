"""Bad input through standard input, as a pipe into `audit scan -` gives it, and as Python lists."""

from __future__ import annotations

import gzip
import io
import json
from types import SimpleNamespace

import pytest

from auditor import scan
from auditor.cli import main
from builders.errors import InputError
from builders.readers import read_frame
from tests.builders.readers.test_reader_bad_input import BAD_SECOND_ROWS, GOOD, WORKING_SECOND_ROWS


def piped(monkeypatch, capsys, data: bytes, *more: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    with pytest.raises(SystemExit) as ended:
        main(["scan", "-", "--format", "json", "--select", "TGT001", *more])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.parametrize(("bad", "says"), BAD_SECOND_ROWS.values(), ids=BAD_SECOND_ROWS)
def test_a_bad_row_is_named_with_its_line(monkeypatch, capsys, bad, says):
    status, out, err = piped(monkeypatch, capsys, b"\n".join([GOOD, bad, GOOD]))
    assert (status, out) == (2, "")
    assert says in err
    assert "standard input:2" in err


@pytest.mark.parametrize(("bad", "says"), BAD_SECOND_ROWS.values(), ids=BAD_SECOND_ROWS)
def test_a_bad_row_can_be_skipped_and_leaves_the_report_incomplete(monkeypatch, capsys, bad, says):
    status, out, _ = piped(monkeypatch, capsys, b"\n".join([GOOD, bad, GOOD]), "--on-error", "skip")
    report = json.loads(out)
    assert (status, report["status"], report["datasets"][0]["rows"]) == (2, "incomplete", 2)
    assert any(says in note for note in report["datasets"][0]["notes"])


@pytest.mark.parametrize("line", WORKING_SECOND_ROWS.values(), ids=WORKING_SECOND_ROWS)
def test_odd_rows_are_read(monkeypatch, capsys, line):
    status, out, err = piped(monkeypatch, capsys, b"\n".join([GOOD, line, GOOD]))
    assert (json.loads(out)["datasets"][0]["rows"], err) == (3, "")
    # All are read; the template refuses to render null, content in parts and a call without a function.
    refused = any(mark in line for mark in (b'"content":null', b'"type":"text"'))
    assert status == (2 if refused else 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD + b"\r\n",
        gzip.compress(GOOD + b"\n" + GOOD),
        b"[" + GOOD + b",\n" + GOOD + b"]",
    ],
    ids=["mark and carriage returns", "gzip", "array"],
)
def test_other_spellings_are_read(monkeypatch, capsys, data):
    status, out, _ = piped(monkeypatch, capsys, data)
    assert (status, json.loads(out)["datasets"][0]["rows"]) == (0, 2)


def test_nothing_at_all_is_an_error(monkeypatch, capsys):
    status, out, err = piped(monkeypatch, capsys, b"")
    assert (status, out) == (2, "")
    assert "standard input" in err


def test_a_read_tells_how_far_it_has_come(tmp_path):
    paths = []
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes((GOOD + b"\n") * 2000)
        paths.append(tmp_path / name)
    told: list[tuple[int, int]] = []
    read_frame(tmp_path, progress=lambda done, total: told.append((done, total)))
    size = sum(path.stat().st_size for path in paths)
    assert told[-1] == (size, size)
    assert {total for _, total in told} == {size}
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ([json.loads(GOOD)], "datasets.Dataset.from_list"),
        (["issue-96", "issue-66"], r"scan\(\*targets\)"),
        ([], "pass a path"),
        ({"a": 1}, "pass a path"),
    ],
)
def test_python_lists_are_explained(target, advice):
    with pytest.raises(InputError, match=advice):
        scan(target)
