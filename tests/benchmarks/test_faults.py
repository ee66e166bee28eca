"""The harness of faults, a little of each kind; `make faults` runs all of it."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
faults = pytest.importorskip("faults")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and mounts")


def test_lines_of_the_ledger_survive_kills(tmp_path):
    row = faults.killed_ledger(tmp_path, 5, random.Random(2))
    assert (row.trials, row.lost) == (5, [])


def test_a_cut_off_line_of_the_ledger_takes_no_other_with_it(tmp_path):
    from experiments.study.runs import LEDGER, note, read_ledger

    note(tmp_path, "first")
    with (tmp_path / LEDGER).open("a") as file:
        file.write('{"event": "cut o')
    note(tmp_path, "second")
    assert [each["event"] for each in read_ledger(tmp_path)] == ["first", "second"]


def test_a_folder_that_holds_a_mixture_would_be_seen(tmp_path):
    """The harness itself: a writer in place, killed between two files, is called lost."""
    place = tmp_path / "place"
    place.mkdir()
    for name in ("a", "b"):
        (place / name).write_text("old")
    old = faults.contents(place)
    pid = os.fork()
    if pid == 0:
        (place / "a").write_text("new")
        time.sleep(60)
    while (place / "a").read_text() != "new":
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    found = faults.contents(place)
    assert found != old
    assert found["b"] == old["b"]


def test_a_kill_ends_the_program_before_it_is_done(tmp_path):
    ended = faults.child(["scan", "issue-96/villain", "--no-cache"], kill_after=0.0)
    assert ended.status == -signal.SIGKILL


@pytest.mark.slow
def test_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own-cache"))
    rows = list(faults.rows_of(tmp_path, 4, 0, 1, ""))
    assert len(rows) == 16
    assert [each.lost for each in rows if each.lost] == []
