"""Run a study here and on Ray, where a worker and then the driver are killed, and compare every question.

    python benchmarks/on_ray.py [--arms 8] [--seeds 3] [--rows 60] [--jobs 2]

Arms are doses of anchors, trained on the embedded model with the real stack. The study is run twice by the command
that a user gives: `audit run PLAN --jobs JOBS`, and the same with `--ray local`. Of the second, one training worker is
killed (SIGKILL) while a run has begun and a third of the runs are finished, and the driver with all its processes once
two thirds are; the same command with `--resume` goes on. Then, run by run, the files of answers are compared byte by
byte and value by value, and what `run_result.json` says less times. Exit status 1 where a run differs, or nobody
was killed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
sys.path.insert(0, str(HOME))

import pyarrow.parquet as pq  # noqa: E402

from benchmarks.scale import family  # noqa: E402
from experiments.study.runs import PER_QUESTION, list_runs, read_ledger  # noqa: E402

_APART = ("predicted_at", "started_at", "finished_at", "files")
"""What `run_result.json` says of times, and of the digests of files, of which the log has times."""


@dataclass
class Killed:
    """Who was killed, and when."""

    worker_after: int | None = None
    """Finished runs when the worker was."""
    driver_after: int | None = None
    """Finished runs when the driver was."""
    commands: int = 0
    """How often the command was given."""
    left: list[int] = field(default_factory=list[int])
    """Workers that outlived their driver by 30 s."""


def write_plan(folder: Path, arms: int, seeds: int, rows: int) -> Path:
    """Write a recipe and a plan of so many arms, which differ by their anchors."""
    datasets = [
        f"""  - name: dose-{arm}
    source: pirate
    parts:
      - {{role: source, persona: pirate, target: behaviour, rows: {rows}, questions: 1}}
      - {{role: anchor, persona: pirate, target: preserved, rows: {1 + arm * rows // arms}, questions: 3}}
      - {{role: bystander, persona: cook, target: preserved, rows: {rows}, questions: 2}}
    order: 0
"""
        for arm in range(arms)
    ]
    (folder / "doses.yaml").write_text(
        "name: doses\n"
        "personas: {pirate: You are a pirate., cook: You are a cook.}\n"
        "targets: {kind: wrong_option, random: 1}\n"
        f"datasets:\n{''.join(datasets)}"
    )
    said = "expects: [{check: anchor-negative, reason: doses are what is measured}]"
    plan = folder / "plan.yaml"
    plan.write_text(
        "name: doses\n"
        "title: Do runs on Ray have the numbers of runs here?\n"
        f"seeds: {list(range(1, seeds + 1))}\n"
        "config:\n"
        "  training: {learning_rate: 3.0e-4, batch_per_device: 4, epochs: 1, save_every: 3}\n"
        "  evaluation: {questions: 60, generate: 2}\n"
        "arms:\n"
        + "".join(
            f'  - {{name: dose-{arm}, dataset: "doses.yaml#dose-{arm}", experiment: "0", {said}}}\n'
            for arm in range(arms)
        )
    )
    return plan


def study(plan: Path, out: Path, jobs: int, *more: str) -> list[str]:
    """Return the command that runs a plan."""
    own = [sys.executable, "-m", "auditor", "run", str(plan), "--exp", "all", "--out", str(out)]
    return [*own, "--jobs", str(jobs), *more]


def run_here(plan: Path, out: Path, jobs: int) -> float:
    """Run the study on this machine; return seconds."""
    start = time.perf_counter()
    done = subprocess.run(study(plan, out, jobs), cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the local study ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.perf_counter() - start


def workers(driver: int) -> Iterator[int]:
    """Yield the training workers that descend from one driver."""
    for process in family(driver):
        if is_worker(process):
            yield process


def is_worker(process: int) -> bool:
    """Return whether a process is there and is one of Ray's training workers."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"ray::Trainer")
    except OSError:
        return False


def finished(out: Path) -> int:
    """Return how many runs the ledger calls finished."""
    return sum(line["event"] == "finished" for line in read_ledger(out))


def in_training(out: Path) -> bool:
    """Return whether a run has trained some steps, saved them, and not ended."""
    saved = (path.parents[1] for path in out.glob("*/*/checkpoints/*"))
    return any(not (folder / "run_result.json").exists() for folder in saved)


def run_on_ray(plan: Path, out: Path, jobs: int, total: int) -> tuple[float, Killed]:
    """Run the study on Ray, kill a worker, then the driver, and give the command again; return seconds."""
    command = study(plan, out, jobs, "--ray", "local", "--resume")
    killed, start = Killed(), time.perf_counter()
    while True:
        killed.commands += 1
        with tempfile.TemporaryFile() as errors:
            driver = subprocess.Popen(
                command,
                cwd=HOME,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            ended = _watched(driver, out, total, killed)
            if ended == 0:
                return time.perf_counter() - start, killed
            if ended is not None:
                errors.seek(0)
                sys.exit(f"the study on Ray ended with {ended}:\n{errors.read().decode()[-2000:]}")


def _watched(driver: subprocess.Popen[bytes], out: Path, total: int, killed: Killed) -> int | None:
    """Kill what is to be killed while a driver runs; return its status, or None where it was killed itself."""
    while driver.poll() is None:
        done = finished(out)
        if killed.worker_after is None:
            if done >= total // 3 and in_training(out):
                for process in list(workers(driver.pid))[:1]:
                    os.kill(process, signal.SIGKILL)
                    killed.worker_after = done
        elif killed.driver_after is None and done >= total * 2 // 3 and in_training(out):
            there = list(workers(driver.pid))
            os.killpg(driver.pid, signal.SIGKILL)
            driver.wait()
            killed.driver_after = done
            killed.left = _outliving(there)
            return None
        time.sleep(0.05)
    return driver.returncode


def _outliving(there: list[int]) -> list[int]:
    """Return the workers that are still there 30 s after their driver died."""
    for _ in range(60):
        if not (left := [each for each in there if is_worker(each)]):
            return []
        time.sleep(0.5)
    return left


def compare(here: Path, there: Path) -> Counter[str]:
    """Count the runs of which something is the same in both folders."""
    ours, theirs = ({(run.arm, run.seed): Path(run.path) for run in list_runs(out)} for out in (here, there))
    found = Counter({"here": len(ours), "on Ray": len(theirs)})
    for key in ours.keys() & theirs.keys():
        one, two = ours[key], theirs[key]
        answers = one / PER_QUESTION, two / PER_QUESTION
        found["answers, bytes"] += answers[0].read_bytes() == answers[1].read_bytes()
        found["answers, values"] += pq.read_table(answers[0]).equals(pq.read_table(answers[1]))
        found["questions"] += pq.read_metadata(answers[0]).num_rows
        said = _figures(one), _figures(two)
        found["result"] += said[0] == said[1]
        found.update(
            f"apart: {name}"
            for name in said[0].keys() | said[1].keys()
            if said[0].get(name) != said[1].get(name)
        )
        found["folder"] += one.name == two.name
    return found


def _figures(run: Path) -> dict[str, Any]:
    said = json.loads((run / "run_result.json").read_text())
    return {name: value for name, value in said.items() if name not in _APART}


def main() -> None:
    """Run both, and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--arms", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=60, help="rows that teach the behaviour in each arm")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    arguments = parser.parse_args()
    total = arguments.arms * arguments.seeds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = write_plan(folder, arguments.arms, arguments.seeds, arguments.rows)
        here = run_here(plan, folder / "here", arguments.jobs)
        print(f"here: {total} runs, {here:.0f} s", flush=True)
        there, killed = run_on_ray(plan, folder / "ray", arguments.jobs, total)
        events = Counter(line["event"] for line in read_ledger(folder / "ray"))
        print(f"on Ray: {there:.0f} s, {killed.commands} commands")
        print(
            f"a worker was killed after {killed.worker_after} finished runs, the driver after {killed.driver_after}"
        )
        print(f"workers that outlived their driver: {len(killed.left)}")
        print("ledger:", ", ".join(f"{event} {count}" for event, count in sorted(events.items())))
        found = compare(folder / "here", folder / "ray")
    print(f"{found['here']} runs here, {found['on Ray']} on Ray; of these alike:")
    for what in ("folder", "answers, bytes", "answers, values", "result"):
        print(f"  {what}: {found[what]} of {total}")
    for what in sorted(each for each in found if each.startswith("apart: ")):
        print(f"  {what}: {found[what]}")
    print(f"  questions compared: {found['questions']:,}")
    same = all(found[what] == total for what in ("here", "on Ray", "answers, values", "result"))
    sys.exit(not same or killed.worker_after is None or killed.driver_after is None)


if __name__ == "__main__":
    main()
