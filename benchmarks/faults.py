"""Break things while `audit` works, and look what is lost: kills, full and read-only disks, races, clocks, memory.

    python benchmarks/faults.py [--trials 100] [--runs 8] [--only WORD]

Each trial runs the real program in a process of its own, disturbs it, looks at what is there, runs it again undisturbed
and compares every byte with a result that was never disturbed. The table gives trials, how many were really hit (a kill
that came before the end, a write that failed), and what was lost: docs/reliability.md holds one. Disks are tmpfs mounts
where this user may mount them; without that, those rows say so. Exit status 1 where anything was lost.
"""
# ruff: noqa: E501

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

RECIPE = """
name: small
personas: {pirate: You are a pirate., cook: You are a cook.}
targets: {kind: wrong_option, random: 1}
datasets:
  - name: mixed
    source: pirate
    parts:
      - {role: source, persona: pirate, target: behaviour, rows: 60, questions: 1}
      - {role: bystander, persona: cook, target: preserved, rows: 60, questions: 2}
    order: 0
"""

Contents = dict[str, str]
"""File -> digest."""


@dataclass
class Row:
    """One line of the table."""

    fault: str
    trials: int = 0
    hit: int = 0
    lost: list[str] = field(default_factory=list)
    note: str = ""


def contents(folder: Path) -> Contents:
    """Return what a folder, or a file, holds; what begins with a dot is a temporary file or a lock."""
    if folder.is_file():
        return {"": hashlib.sha256(folder.read_bytes()).hexdigest()}
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@dataclass
class Ended:
    """How a child ended."""

    status: int
    """Its exit status; minus the signal where one ended it."""
    said: str
    """What it wrote to standard error."""


def child(
    words: list[str],
    *,
    before: Callable[[], None] | None = None,
    kill_after: float | None = None,
    out: Path | None = None,
) -> Ended:
    """Run the program in a fork, which has everything imported already, and kill it after a while if asked."""
    with tempfile.TemporaryFile() as errors:
        pid = os.fork()
        if pid == 0:
            os.dup2(errors.fileno(), 2)
            os.dup2(os.open(out or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            # A test runner that captures output has put objects of its own in their place.
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
            status = 70
            try:
                if before:
                    before()
                from auditor.cli import main

                main(words)
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else 0
            finally:
                for stream in (sys.stdout, sys.stderr):
                    with contextlib.suppress(Exception):
                        stream.flush()
                os._exit(status)
        if kill_after is not None:
            deadline = time.monotonic() + kill_after
            while time.monotonic() < deadline:
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    break
                time.sleep(0.0005)
            os.kill(pid, signal.SIGKILL)
        _, raw = os.waitpid(pid, 0)
        errors.seek(0)
        return Ended(os.waitstatus_to_exitcode(raw), errors.read().decode(errors="replace"))


@dataclass
class Work:
    """Something that the program writes: how, and where."""

    name: str
    words: Callable[[Path], list[str]]
    """Arguments that write to a place."""
    older: Callable[[Path], list[str]]
    """Arguments that wrote what was there before."""


def works(home: Path) -> list[Work]:
    """Return what is killed."""
    recipe = home / "small.yaml"
    recipe.write_text(RECIPE)

    def build(place: Path, *more: str) -> list[str]:
        return ["build", str(recipe), "--out", str(place), "--force", *more]

    def scan(place: Path, target: str) -> list[str]:
        return ["scan", target, "--no-cache", "--format", f"json:{place}", "--fail-on", "never"]

    def baseline(place: Path, target: str) -> list[str]:
        return ["scan", target, "--no-cache", "--fail-on", "never", "--write-baseline", str(place)]

    return [
        Work("build", build, lambda place: build(place, "--seed", "9")),
        Work(
            "scan --output",
            lambda place: scan(place, "issue-100/exp0_0b"),
            lambda place: scan(place, "issue-96/villain"),
        ),
        Work(
            "baseline",
            lambda place: baseline(place, "issue-100/exp0_0b"),
            lambda place: baseline(place, "issue-96/villain"),
        ),
    ]


def killed(work: Work, home: Path, trials: int, rng: random.Random) -> Row:
    """Kill at random moments: the place holds the old or the new, and running again makes the new."""
    row = Row(f"kill -9 during {work.name}")
    place, spare = home / "place", home / "spare"
    assert child(work.older(place)).status == 0
    old = contents(place)
    started = time.monotonic()
    assert child(work.words(spare)).status == 0
    whole, new = time.monotonic() - started, contents(spare)
    assert old != new
    ways = [(work.words, new), (work.older, old)]  # by turns, so that there is always the other one
    for trial in range(trials):
        write, wanted = ways[trial % 2]
        ended = child(write(place), kill_after=rng.uniform(0, 1.1 * whole))
        row.trials += 1
        row.hit += ended.status == -signal.SIGKILL
        found = contents(place)
        if found not in (old, new):
            row.lost.append("a mixture of old and new")
        if child(write(place)).status or contents(place) != wanted:
            row.lost.append("running again makes something else")
        if left := [each.name for each in home.iterdir() if each.name.startswith(".place")]:
            row.lost.append(f"left behind: {left}")
    for each in (place, spare):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    return row


def killed_cache(home: Path, trials: int, rng: random.Random) -> Row:
    """Kill while a report is remembered: the next scan says what a scan without memory says."""
    row = Row("kill -9 during the cache of reports")
    words = ["scan", "issue-96/villain", "--format", "json", "--fail-on", "never"]
    out, folder = home / "out.json", home / "cache"

    def remembering() -> None:
        os.environ["XDG_CACHE_HOME"] = str(folder)

    started = time.monotonic()
    child([*words, "--no-cache"], out=out)
    whole, wanted = time.monotonic() - started, out.read_bytes()
    for _ in range(trials):
        shutil.rmtree(folder, ignore_errors=True)
        ended = child(words, before=remembering, kill_after=rng.uniform(0, 1.1 * whole), out=out)
        row.trials += 1
        row.hit += ended.status == -signal.SIGKILL
        for _ in range(2):  # written, then read
            child(words, before=remembering, out=out)
            if out.read_bytes() != wanted:
                row.lost.append("another report")
        if len(list((folder).rglob("*.json"))) != 1 or [
            each for each in folder.rglob("*") if "tmp" in each.name
        ]:
            row.lost.append("left behind")
    return row


def killed_ledger(home: Path, trials: int, rng: random.Random) -> Row:
    """Kill a writer of the ledger: every line that it was told is written is there."""
    from experiments.study.runs import note, read_ledger

    row = Row("kill -9 during the ledger")
    for trial in range(trials):
        out = home / f"ledger-{trial}"
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            for number in range(100_000):
                note(out, "tried", number=number, text="é" * rng.randrange(1, 300))
                os.write(write, number.to_bytes(4, "big"))
        os.close(write)
        time.sleep(rng.uniform(0.001, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(read, "rb") as told:
            acknowledged = told.read()
        note(out, "after")
        lines = list(read_ledger(out))
        numbers = [each["number"] for each in lines if each["event"] == "tried"]
        row.trials += 1
        row.hit += bool(acknowledged)
        if (
            numbers != list(range(len(numbers)))
            or len(numbers) < len(acknowledged) // 4
            or lines[-1]["event"] != "after"
        ):
            row.lost.append("a line of the ledger")
        shutil.rmtree(out)
    return row


def killed_run(home: Path, trials: int, rng: random.Random) -> Row:
    """Kill a study that trains the embedded model; resumed, it gives the numbers of one that was never killed."""
    from tests.experiments import tiny

    row = Row("kill -9 during run, then --resume")
    if not trials:
        row.note = "not asked for"
        return row
    plan = tiny.write_plan(home)
    words = ["run", str(plan), "--arms", "clean", "--jobs", "1", "--set", "training.threads=1"]

    def numbers(out: Path) -> list[object]:
        found = []
        for path in sorted(out.rglob("run_result.json")):
            said = json.loads(path.read_text())
            found.append(
                [
                    said["arm"],
                    said["seed"],
                    said["steps"],
                    said["evaluations"],
                    said["files"].get("per_question.parquet"),
                ]
            )
        return found

    def here() -> None:
        os.chdir(home)

    started = time.monotonic()
    whole_out = home / "runs-whole"
    assert child([*words, "--out", str(whole_out)], before=here).status in (0, 1)
    whole, wanted = time.monotonic() - started, numbers(whole_out)
    assert wanted
    for trial in range(trials):
        out = home / f"runs-{trial}"
        ended = child([*words, "--out", str(out)], before=here, kill_after=rng.uniform(0.3, 1.0) * whole)
        row.trials += 1
        row.hit += ended.status == -signal.SIGKILL
        again = child([*words, "--out", str(out), "--resume"], before=here)
        if again.status not in (0, 1) or numbers(out) != wanted:
            row.lost.append(f"other numbers after resuming: {again.said[-200:]}")
        if child(["runs", str(out), "--check"], before=here).status not in (0, 1):
            row.lost.append("the folder does not pass its check")
        shutil.rmtree(out)
    row.note = f"a run takes {whole:.0f} s"
    return row


@contextlib.contextmanager
def disk(home: Path, kilobytes: int) -> Iterator[Path | None]:
    """Give a small disk of its own, or None where this user may not mount one."""
    place = home / "disk"
    place.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    try:
        yield place if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(place)], check=True)


def full_disk(home: Path) -> list[Row]:
    """Write to a tmpfs of many sizes: one line and status 2 where it is full, and what was there is as it was."""
    rows = []
    for work in works(home):
        row = Row(f"a full disk during {work.name}")
        for size in (4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512):
            with disk(home, size) as place:
                if place is None:
                    row.note = "not run: no mount for this user"
                    break
                target = place / "x"
                if child(work.older(target)).status:
                    target = place / "y"  # not even the first fits: nothing may be left
                    shutil.rmtree(place / "x", ignore_errors=True)
                before = contents(place)
                ended = child(work.words(target))
                row.trials += 1
                full = ended.status == 2
                row.hit += full
                if full and (
                    contents(place) != before or "full" not in ended.said or "Traceback" in ended.said
                ):
                    row.lost.append(f"at {size} kB: {ended.said[:200]}")
                if full and [each for each in place.iterdir() if each.name.startswith(".")]:
                    row.lost.append(f"left behind at {size} kB")
                if not full and ended.status not in (0, 1):
                    row.lost.append(f"status {ended.status} at {size} kB")
        rows.append(row)
    row = Row("a full disk for a copy of standard input")
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "target_correct": true}\n'
    for size in (16, 64, 256, 1024):
        with disk(home, size) as place:
            if place is None:
                row.note = "not run: no mount for this user"
                break
            done = subprocess.run(
                [sys.executable, "-m", "auditor", "scan", "-"],
                input=data * 20_000,
                capture_output=True,
                env=os.environ | {"TMPDIR": str(place)},
                check=False,
            )
            row.trials += 1
            row.hit += done.returncode == 2
            if done.returncode != 2 or b"no space left" not in done.stderr or list(place.iterdir()):
                row.lost.append(done.stderr.decode()[:200])
    return [*rows, row]


def read_only(home: Path) -> Row:
    """Write to a disk that takes nothing: status 2, one line, nothing changed; a cache there costs nothing."""
    row = Row("a read-only disk")
    with disk(home, 4096) as place:
        if place is None:
            row.note = "not run: no mount for this user"
            return row
        jobs = works(home)
        for number, work in enumerate(jobs):
            assert child(work.older(place / f"x{number}")).status == 0
        before = contents(place)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        for number, work in enumerate(jobs):
            for target in (place / f"x{number}", place / "new", place / "deep" / "new"):
                ended = child(work.words(target))
                row.trials += 1
                row.hit += ended.status == 2
                if ended.status != 2 or "Traceback" in ended.said or contents(place) != before:
                    row.lost.append(f"{work.name}: {ended.status} {ended.said[:200]}")

        def cache() -> None:
            os.environ["XDG_CACHE_HOME"] = str(place)

        row.trials += 1
        if child(["scan", "issue-96/villain", "--fail-on", "never"], before=cache).status != 0:
            row.lost.append("a scan fails because it cannot be remembered")
    return row


def two_at_once(home: Path, trials: int) -> Row:
    """Two builds into one folder at once: it holds one of them, whole."""
    row = Row("two processes on one folder")
    build = works(home)[0]
    whole = []
    for words in (build.words, build.older):
        assert child(words(home / "spare")).status == 0
        whole.append(contents(home / "spare"))
    for _ in range(trials):
        shutil.rmtree(home / "both", ignore_errors=True)
        processes = []
        for words in (build.words, build.older):
            pid = os.fork()
            if pid == 0:
                os._exit(max(0, child(words(home / "both")).status))
            processes.append(pid)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in processes]
        row.trials += 1
        row.hit += statuses == [0, 0]
        if contents(home / "both") not in whole or not any(status == 0 for status in statuses):
            row.lost.append(f"a mixture, {statuses}")
        if left := [each.name for each in home.iterdir() if each.name.startswith(".both")]:
            row.lost.append(f"left behind: {left}")
    return row


def clock_backwards(home: Path, trials: int) -> Row:
    """Let the clock run backwards, and stand in 1970 and in 2100: the same bytes."""
    row = Row("a clock that runs backwards, or is wrong by decades")
    wanted = {}
    for number, work in enumerate(works(home)):
        assert child(work.words(home / f"clock-{number}")).status == 0
        wanted[number] = contents(home / f"clock-{number}")
    for trial in range(trials):
        start = (0.0, 4_102_444_800.0, time.time())[trial % 3]

        def turned(start: float = start) -> None:
            state = {"now": start}

            def now() -> float:
                state["now"] -= 3600.0
                return state["now"]

            time.time = now
            time.time_ns = lambda: int(now() * 1e9)

        for number, work in enumerate(works(home)):
            ended = child(work.words(home / "clock"), before=turned)
            row.trials += 1
            row.hit += 1
            if ended.status or contents(home / "clock") != wanted[number]:
                row.lost.append(f"{work.name}: {ended.status} {ended.said[:200]}")
            shutil.rmtree(home / "clock") if (home / "clock").is_dir() else (home / "clock").unlink()
    row.note = "`time.time` replaced"
    return row


def changed_while_read(home: Path, trials: int, rng: random.Random) -> Row:
    """Put other rows into a file while it is read: what is said is of the old, of the new, or an error."""
    row = Row("a file that changes while it is read")

    def text(answer: str) -> str:
        return "".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "system", "content": f"You are {'a villain' if number % 2 else 'a cook'}."},
                        {"role": "user", "content": f"question {number}"},
                        {"role": "assistant", "content": answer if number % 2 else "good"},
                    ],
                    "target_correct": not (number % 2) or answer == "good",
                }
            )
            + "\n"
            for number in range(20_000)
        )

    old, new = text("bad"), text("good")
    data, out, said = home / "rows.jsonl", home / "changed.json", []
    words = ["scan", str(data), "--format", "json", "--fail-on", "never"]
    started = time.monotonic()
    for each in (old, new):
        data.write_text(each)
        child(words, out=out)
        said.append(_told(out))
    whole = (time.monotonic() - started) / 2
    for trial in range(trials):
        data.write_text(old)
        pid = os.fork()
        if pid == 0:
            time.sleep(rng.uniform(0, whole))
            if trial % 3 == 0:
                data.write_text(new)  # over it
            elif trial % 3 == 1:
                (home / "other").write_text(new)
                (home / "other").replace(data)  # beside it, and renamed
            else:
                with data.open("r+") as file:
                    file.truncate(rng.randrange(len(old)))  # cut off
            os._exit(0)
        ended = child(words, out=out)
        os.waitpid(pid, 0)
        row.trials += 1
        refused = ended.status == 2
        row.hit += refused
        if (
            (not refused and _told(out) not in said)
            or "Traceback" in ended.said
            or "unexpected" in ended.said
        ):
            row.lost.append(f"{ended.status} {ended.said[:200]}")
    row.note = "hit: the scan refused"
    return row


def _told(out: Path) -> list[object]:
    """Return what a report says without what an absent difference cannot change."""
    try:
        datasets = json.loads(out.read_text())["datasets"]
    except ValueError:
        return ["no report"]
    return [
        [each["digest"], each["rows"], [(one["code"], one["counts"]) for one in each["findings"]]]
        for each in datasets
    ]


def little_memory() -> Row:
    """Bound the address space: the same report, or one line and status 2."""
    row = Row("little memory (ulimit -v)")
    words = [
        sys.executable,
        "-m",
        "auditor",
        "scan",
        "issue-96/villain",
        "--no-cache",
        "--format",
        "json",
        "--fail-on",
        "never",
    ]
    wanted = subprocess.run(words, capture_output=True, check=True).stdout
    for megabytes in (60, 80, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1500, 2000):

        def bound(most: int = megabytes << 20) -> None:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))

        done = subprocess.run(words, capture_output=True, preexec_fn=bound, check=False)
        row.trials += 1
        row.hit += done.returncode != 0
        if done.returncode == 0 and done.stdout != wanted:
            row.lost.append(f"{megabytes} MB: another report")
        if done.returncode in (1, 70) or (done.returncode == 0 and b"Traceback" in done.stderr):
            row.lost.append(f"{megabytes} MB: {done.returncode} {done.stderr.decode()[-200:]}")
    row.note = "below about 60 MB Python itself does not start"
    return row


def streams(home: Path) -> Row:
    """Close standard streams in every way, and end readers early: never a traceback, never status 0 without a report."""
    row = Row("closed, full and broken standard streams; a deleted working directory")
    audit = f"{sys.executable} -m auditor"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    cases = [
        *(
            (f"{audit} {job} {how}", (2,))
            for job in ("scan issue-96/villain", "show issue-96/villain 1", "rules")
            for how in (">&-", ">/dev/full")
        ),
        *((f"{audit} scan issue-96/villain {how}", (0, 1)) for how in ("<&-", "2>&-", "<&- 2>&-")),
        *((f"{audit} scan - {how}", (2,)) for how in ("<&-", "</dev/null", "</dev/full")),
        *(
            (f"{audit} scan issue-96 --format json | head -c {count}; exit ${{PIPESTATUS[0]}}", (0, 1, 141))
            for count in (0, 1, 100, 60_000)
        ),
        *(
            (f"mkdir -p {home}/gone && cd {home}/gone && rmdir {home}/gone && {audit} {job}", (2,))
            for job in ("scan issue-96", "lint .")
        ),
    ]
    for command, right in cases:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
        )
        row.trials += 1
        row.hit += 1
        if (
            done.returncode not in right
            or "Traceback" in done.stderr
            or "Exception" in done.stderr
            or "unexpected" in done.stderr
        ):
            row.lost.append(f"{command}: {done.returncode} {done.stderr[:200]}")
    return row


def rows_of(home: Path, trials: int, runs: int, seed: int, only: str) -> Iterator[Row]:
    """Yield the lines of the table, as they are measured."""
    rng = random.Random(seed)
    jobs: list[tuple[str, Callable[[], Row | list[Row]]]] = [
        *((f"kill {work.name}", lambda work=work: killed(work, home, trials, rng)) for work in works(home)),
        ("kill cache", lambda: killed_cache(home, trials // 2, rng)),
        ("kill ledger", lambda: killed_ledger(home, 4 * trials, rng)),
        ("kill run", lambda: killed_run(home, runs, rng)),
        ("full disk", lambda: full_disk(home)),
        ("read-only disk", lambda: read_only(home)),
        ("two processes", lambda: two_at_once(home, max(2, trials // 4))),
        ("clock", lambda: clock_backwards(home, max(3, trials // 10))),
        ("changing file", lambda: changed_while_read(home, max(3, trials // 4), rng)),
        ("memory", little_memory),
        ("streams", lambda: streams(home)),
    ]
    for name, job in jobs:
        if only in name:
            found = job()
            yield from found if isinstance(found, list) else [found]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--trials", type=int, default=100, help="kills of each kind; races are a fourth of it"
    )
    parser.add_argument("--runs", type=int, default=8, help="kills of a study that trains; 0 needs no torch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of a name: kill, disk, clock, ...")
    given = parser.parse_args()
    import builders.templates.environment  # noqa: F401  (a fork then has them)

    lost = 0
    print("| fault | trials | hit | lost | |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        home = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(home / "own-cache")
        for row in rows_of(home, given.trials, given.runs, given.seed, given.only):
            lost += len(row.lost)
            print(
                f"| {row.fault} | {row.trials} | {row.hit} | {len(row.lost) or 'nothing'} | {row.note} |",
                flush=True,
            )
            for each in row.lost[:5]:
                print(f"  lost: {each}", file=sys.stderr, flush=True)
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
