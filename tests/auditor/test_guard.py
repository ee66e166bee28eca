"""Whatever happens, one line and status 2: 1 says "findings", and a traceback says nothing to a user."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from auditor.guard import CLOSED_PIPE, guarded
from builders.errors import InputError

AUDIT = [sys.executable, "-m", "auditor"]


def shell(command: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"{' '.join(AUDIT)} {command}"], capture_output=True, text=True, check=False, **kwargs
    )


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory"),
        (duckdb.OutOfMemoryException("could not allocate block"), "--limit engine-mb=NUMBER"),
        (RecursionError(), "nested too deeply"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left"),
        (ValueError("odd\nsecond line"), "unexpected ValueError: odd"),
        (InputError("is bad", where="x:1", help="mend it"), "x:1: is bad"),
    ],
)
def test_an_error_is_one_line_and_status_2(error: Exception, says: str, capsys: pytest.CaptureFixture[str]):
    def run() -> int:
        raise error

    assert guarded(run) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""
    assert len(said.err.splitlines()) == 2
    assert said.err.splitlines()[1].startswith("help: ")


def test_a_traceback_is_shown_where_it_was_asked_for():
    def run() -> int:
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        guarded(run, traceback=True)


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (1, 1), (2, 2), ("a text", 2)])
def test_an_exit_is_passed_on(code: object, status: int):
    def run() -> int:
        raise SystemExit(code)

    assert guarded(run) == status


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("scan issue-96 >&-", "standard output is closed"),
        ("scan issue-96 --format json > /dev/full", "no space is left"),
        ("scan - <&-", "standard input"),
    ],
)
def test_closed_and_full_streams(command: str, says: str):
    done = shell(command)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_standard_error_may_be_closed():
    assert shell("scan nothing-of-that-name 2>&-").returncode == 2
    assert shell("scan issue-96 2>&-").returncode == 1


def test_a_reader_that_has_enough_is_no_error():
    done = shell("scan issue-96 issue-100 --format json | true; exit ${PIPESTATUS[0]}")
    assert done.returncode == CLOSED_PIPE
    assert done.stderr == ""


def test_a_deleted_working_directory(tmp_path: Path):
    gone = tmp_path / "gone"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["bash", "-c", f"mkdir {gone} && cd {gone} && rmdir {gone} && {' '.join(AUDIT)} scan issue-96"],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the working directory has been deleted" in done.stderr


def test_a_file_name_that_is_no_text(tmp_path: Path):
    path = os.fsencode(tmp_path) + b"/\xff\x1b[31m.jsonl"
    row = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    Path(os.fsdecode(path)).write_bytes(row)
    for words in (
        ["scan", path],
        ["scan", path, "--format", "json"],
        ["show", path, "1"],
        ["scan", path + b".none"],
    ):
        done = subprocess.run([*AUDIT, *words], capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        assert b"unexpected" not in done.stderr, (words, done.stderr)
        assert done.returncode == 2
        assert b"\x1b[31m" not in done.stdout + done.stderr


ROW = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]%s}'


@pytest.mark.parametrize(
    ("name", "text", "command", "says"),
    [
        ("deep.yaml", "[" * 100_000, "scan {}", "deep.yaml:1: is nested more than 100 deep"),
        ("deep.yaml", "[" * 100_000, "scan issue-96 --roles {}", "--roles"),
        ("deep.toml", "a=" + "[" * 100_000, "scan issue-96 --config {}", "is no TOML"),
        ("deep.json", "[" * 100_000, "scan issue-96 --baseline {}", "is no baseline"),
        ("tools.jsonl", ROW % ', "tools": 5', "scan {}", None),
        ("tools.jsonl", ROW % ', "tools": {"a": 1}', "scan {}", None),
        ("tools.jsonl", ROW % ', "tools": [5]', "scan {}", None),
    ],
)
def test_what_was_a_traceback(tmp_path: Path, name: str, text: str, command: str, says: str | None):
    path = tmp_path / name
    path.write_text(text)
    done = shell(command.format(path))
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    if says is None:  # rows that no template takes
        assert "TPL005" in done.stdout
        assert "incomplete" in done.stdout
    else:
        assert done.returncode == 2
        assert says in done.stderr


def test_less_memory_than_the_engine_needs_is_said(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text(ROW % "")
    done = subprocess.run(
        ["bash", "-c", f"ulimit -v 600000; {' '.join(AUDIT)} scan {path}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "MB of address space, and the engine needs" in done.stderr


def test_a_terminal_that_is_not_there_is_a_device(tmp_path: Path):
    done = subprocess.run(
        [*AUDIT, "scan", "/dev/tty"], start_new_session=True, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is a device" in done.stderr


def test_nested_beyond_measure(tmp_path: Path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    done = shell(f"scan {path}")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    shown = shell(f"--traceback scan {path}")
    assert shown.returncode != 0
