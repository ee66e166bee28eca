"""Runs on Ray: real workers, really killed, and the numbers of a local run."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders.errors import InputError
from experiments.study.run import run
from experiments.study.runs import PER_QUESTION, list_runs, read_ledger
from tests.experiments import tiny

pytest.importorskip("ray")
pytest.importorskip("torch")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
]  # Ray and each of its workers take ten seconds to start


def numbers(out):
    """Return arm and seed -> what was measured, question by question."""
    return {
        (each.arm, each.seed): pq.read_table(Path(each.path) / PER_QUESTION).to_pylist()
        for each in list_runs(out)
    }


def workers():
    """Return the processes of Ray's training workers of this machine."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and (folder / "cmdline").read_bytes().startswith(b"ray::Trainer"):
                found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return tiny.write_plan(tmp_path_factory.mktemp("plan"), 40)


@pytest.fixture(scope="module")
def local(plan, tmp_path_factory):
    out = tmp_path_factory.mktemp("local")
    run(str(plan), arms=["clean"], seeds=[7, 8], out=out, jobs=1)
    return numbers(out)


class Killer:
    """Kills one training worker at a step, once so many runs are finished."""

    def __init__(self, after=0):
        self.after, self.finished, self.killed = after, 0, []

    @contextlib.contextmanager
    def __call__(self, runs):
        yield self.take, lambda _: None

    def take(self, event):
        self.finished += event.what == "finished"
        if event.what == "step" and event.step >= 4 and self.finished >= self.after and not self.killed:
            self.killed = workers()[:1]
            for process in self.killed:
                os.kill(process, signal.SIGKILL)


def test_a_worker_killed_midway_changes_no_number(plan, local, tmp_path):
    killer = Killer()
    run(str(plan), arms=["clean"], seeds=[7, 8], out=tmp_path, jobs=2, ray="local", showing=killer)
    assert killer.killed, "no worker was there to be killed"
    assert numbers(tmp_path) == local
    events = [line["event"] for line in read_ledger(tmp_path)]
    assert events.count("resumed") == 1, "the run of the worker that died went on"


def test_24_runs_of_which_a_worker_dies_midway_have_the_numbers_of_a_local_study(plan, tmp_path):
    seeds = list(range(12))
    run(str(plan), seeds=seeds, out=tmp_path / "here", jobs=2)
    killer = Killer(after=12)
    run(str(plan), seeds=seeds, out=tmp_path / "ray", jobs=2, ray="local", showing=killer)
    assert killer.killed
    assert len(numbers(tmp_path / "ray")) == 24
    assert numbers(tmp_path / "ray") == numbers(tmp_path / "here")


def test_a_driver_that_dies_is_followed_by_another(plan, local, tmp_path):
    command = [sys.executable, "-m", "auditor", "run", str(plan), "--arm", "clean", "--seed", "7,8"]
    command += ["--out", str(tmp_path)]
    command += ["--jobs", "2", "--ray", "local", "--resume"]
    driver = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    deadline = time.monotonic() + 600
    while not any(line["event"] == "started" for line in read_ledger(tmp_path)):
        assert driver.poll() is None, driver.stdout.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.5)
    os.killpg(driver.pid, signal.SIGKILL)
    driver.wait()
    again = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert again.returncode == 0, again.stderr
    assert numbers(tmp_path) == local


def test_an_address_where_nothing_answers_is_refused(plan, tmp_path):
    with pytest.raises(InputError, match="no Ray cluster answers"):
        run(str(plan), out=tmp_path, ray="auto")


def test_a_stop_saves_and_says_how_to_go_on(plan, local, tmp_path):
    from experiments.training.sft import InterruptedTrainingError

    @contextlib.contextmanager
    def stopping(runs):
        def emit(event):
            if (
                event.what == "step"
                and event.step == 2
                and threading.current_thread() is threading.main_thread()
            ):
                signal.raise_signal(signal.SIGINT)

        yield emit, lambda _: None

    with pytest.raises(InterruptedTrainingError):
        run(str(plan), arms=["clean"], seeds=[7], out=tmp_path, jobs=1, ray="local", showing=stopping)
    run(str(plan), arms=["clean"], seeds=[7], out=tmp_path, jobs=1, resume=True)
    assert numbers(tmp_path) == {key: value for key, value in local.items() if key[1] == 7}
