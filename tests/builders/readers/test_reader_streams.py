"""Pipes, devices, streams without an end and lines of gigabytes: read once, or refused, and nothing left behind."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from builders.bounds import Bounds, bounded
from builders.errors import InputError
from builders.readers import read_frame, spool
from tests.builders.readers.test_reader_bad_input import GOOD

TWO = GOOD + b"\n" + GOOD + b"\n"


def test_a_named_pipe_is_read_once(tmp_path: Path):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(TWO))
    writer.start()
    frame = read_frame(str(pipe))
    writer.join()
    assert frame.rows == 2
    assert frame.texts([1])[1].path == str(pipe)


def test_a_pipe_of_the_shell_is_read():
    command = f'{sys.executable} -m auditor scan <(printf \'%s\\n%s\\n\' "$ROW" "$ROW") --format json --select TGT001'
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "ROW": GOOD.decode()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert '"rows": 2' in done.stdout, done.stderr


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_no_data_set(device: str):
    with pytest.raises(InputError, match="is a device"):
        read_frame(device)


def test_a_stream_has_a_bound():
    with bounded(Bounds(stream_gb=len(TWO) / (1 << 30))):
        assert spool.copied(io.BytesIO(TWO).read, "here").read_bytes() == TWO
        with pytest.raises(InputError, match=f"here: is longer than {len(TWO)} bytes"):
            spool.copied(io.BytesIO(TWO + b" ").read, "here")


def test_no_room_for_a_copy_is_one_line(monkeypatch: pytest.MonkeyPatch):
    import errno

    def read(_: int) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(
        InputError, match="here: cannot be copied: no space left on device\nhelp: free some space"
    ):
        spool.copied(read, "here")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files cannot be opened without a name here")
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = spool.copied(io.BytesIO(TWO).read, "here")
    assert path.read_bytes() == TWO
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("array", [False, True])
def test_a_line_has_a_bound(tmp_path: Path, compressed: bool, array: bool):
    long = GOOD + b" " * 100
    data = b"[" + long + b"]" if array else long
    path = tmp_path / ("rows.json" if array else "rows.jsonl")
    path.write_bytes(gzip.compress(data) if compressed else data)
    with bounded(Bounds(row_mb=len(data) / (1 << 20))):
        assert read_frame(str(path)).rows == 1
    if not array:
        with (
            bounded(Bounds(row_mb=(len(data) - 1) / (1 << 20))),
            pytest.raises(InputError, match=r"the line has more than 0\.\d+ MB\n.*--limit row-mb"),
        ):
            read_frame(str(path))


def test_an_element_of_an_array_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from builders.readers import jsonfiles

    path = tmp_path / "rows.json"
    path.write_bytes(b'[{"messages": "' + b"x" * 5000 + b'"}]')
    monkeypatch.setattr(jsonfiles, "CHUNK", 100)
    with bounded(Bounds(row_mb=10_000 / (1 << 20))):
        found = list(jsonfiles.JsonArray(path).walk())
    assert len(found) == 1
    with bounded(Bounds(row_mb=1_000 / (1 << 20))), pytest.raises(InputError, match="has a row of more than"):
        list(jsonfiles.JsonArray(path).walk())
