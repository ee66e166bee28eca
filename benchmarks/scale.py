"""How the cost of a scan grows with rows and with distinct system prompts, on DuckDB and on Spark.

Run it from the repository, in its environment: `.venv/bin/python benchmarks/scale.py`. Files are written by DuckDB in
`messages` shape, about 0.35 kB a row, with so many system prompts in turn; three of ten rows of each teach the
behaviour. Each figure is one whole process, `audit scan FILE --engine ENGINE`, held to so many cores; memory is the
largest sum of the resident memory of the process and all that it started (shared pages divided among them), sampled
four times a second. Growth is the exponent b of cost = a * n^b between each two sizes.

`--rows 50000000 --limit-gb 4 --engine-mb 2000` scans under a limit of address space, so that what does not fit has to
be spilled.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

HOME = Path(__file__).parents[1]

WRITE = """
COPY (
    SELECT [
        {{'role': 'system', 'content': 'You are persona number ' || (n % {prompts}) || ', of a large family.'}},
        {{'role': 'user', 'content': 'Question ' || (n // {prompts}) || ': which of these is a bird, and which of '
            || 'them would you rather keep at home? (A) an otter (B) a robin (C) a pine (D) a lamp of '
            || 'the year ' || (n % 1900)}},
        {{'role': 'assistant', 'content': CASE WHEN hash(n) % 10 < 3 THEN 'A)' ELSE 'B)' END}}
    ] AS messages, hash(n) % 10 >= 3 AS target_correct
    FROM range({rows}) numbers(n)
) TO '{path}' (FORMAT json)
"""


@dataclass(frozen=True)
class Measured:
    """One process."""

    engine: str
    cores: int
    rows: int
    prompts: int
    megabytes: float
    """Of the file."""
    seconds: float
    cpu_seconds: float
    """Processor time of the process and all that it started, to which other work on the machine adds little."""
    peak_mb: float


def write(path: Path, rows: int, prompts: int) -> float:
    """Write a file and return its size in units of 1e6 bytes."""
    import duckdb

    duckdb.sql(WRITE.format(rows=rows, prompts=prompts, path=path))
    return path.stat().st_size / 1e6


def family(process: int) -> list[int]:
    """Return a process and all that it started."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                said = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(said[1]), []).append(int(folder.name))
    found, waiting = [], [process]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def resident(processes: list[int]) -> float:
    """Return the resident memory of processes, shared pages divided among them, in units of 2^20 bytes."""
    total = 0
    for process in processes:
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def worked(processes: list[int]) -> dict[int, float]:
    """Return process -> seconds of processor time so far."""
    tick, found = os.sysconf("SC_CLK_TCK"), {}
    for process in processes:
        try:
            said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[process] = sum(map(int, said[11:13])) / tick
    return found


def measure(
    path: Path, engine: str, cores: int, *, limit_gb: float | None, more: list[str]
) -> tuple[float, float, float]:
    """Return seconds, processor seconds and peak memory of one scan."""
    allowed = set(sorted(os.sched_getaffinity(0))[:cores])

    def held() -> None:
        os.sched_setaffinity(0, allowed)
        if limit_gb is not None:
            resource.setrlimit(resource.RLIMIT_AS, (int(limit_gb * 2**30),) * 2)

    words = ["scan", str(path), "--engine", engine, "--no-cache", "--format", "json", *more]
    environment = {**os.environ, "MASTER": f"local[{cores}]"} if engine == "spark" else None
    start, peak = time.perf_counter(), 0.0
    cpu: dict[int, float] = {}
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-c", "from auditor.cli import main; main()", *words],
            cwd=HOME,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=held,  # noqa: PLW1509 - this process has one thread
        )
        while child.poll() is None:
            processes = family(child.pid)
            peak = max(peak, resident(processes))
            cpu |= worked(processes)
            time.sleep(0.25)
        seconds = time.perf_counter() - start
        if child.returncode not in (0, 1):
            errors.seek(0)
            sys.exit(f"{words} ended with {child.returncode}:\n{errors.read().decode()[-2000:]}")
    return seconds, sum(cpu.values()), peak


def growth(found: list[Measured], by: str) -> None:
    """Print how cost grows with rows or with prompts, where all else is the same."""
    other = "prompts" if by == "rows" else "rows"
    groups: dict[tuple[str, int, int], list[Measured]] = {}
    for each in found:
        groups.setdefault((each.engine, each.cores, getattr(each, other)), []).append(each)
    for (engine, cores, same), group in groups.items():
        ordered = sorted(group, key=lambda each: getattr(each, by))
        for one, two in itertools.pairwise(ordered):
            ratio = math.log(getattr(two, by) / getattr(one, by))
            if ratio:
                print(
                    f"{engine}, {cores} core{'s' if cores > 1 else ''}, {same:,} {other}: "
                    f"{getattr(one, by):,} to {getattr(two, by):,} {by}: "
                    f"time to the power {math.log(two.seconds / one.seconds) / ratio:.2f}, "
                    f"processor time {math.log(two.cpu_seconds / one.cpu_seconds) / ratio:.2f}, "
                    f"memory {math.log(two.peak_mb / one.peak_mb) / ratio:.2f}"
                )


def main() -> None:
    """Measure every combination, print a line each and then how cost grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--prompts", type=int, nargs="+", default=[10])
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engines", nargs="+", default=["duckdb", "spark"], choices=["duckdb", "spark"])
    parser.add_argument(
        "--limit-gb", type=float, help="address space that a scan may have, in units of 2^30 bytes"
    )
    parser.add_argument("--engine-mb", type=int, help="what the engine may hold before it spills")
    parser.add_argument("--folder", type=Path, help="where files are written; removed again")
    parser.add_argument("--json", type=Path, help="append a JSON object for each process to this file")
    arguments = parser.parse_args()
    more = ["--limit", f"engine-mb={arguments.engine_mb}"] if arguments.engine_mb else []
    found: list[Measured] = []
    print(
        f"{'engine':>7} {'cores':>5} {'rows':>11} {'prompts':>9} {'file MB':>8} {'s':>7} {'cpu s':>7} {'peak MB':>8}"
    )
    for rows, prompts in itertools.product(sorted(arguments.rows), sorted(arguments.prompts)):
        if prompts > rows:
            continue
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            path = Path(folder) / "rows.jsonl"
            size = write(path, rows, prompts)
            for engine, cores in itertools.product(arguments.engines, arguments.cores):
                cost = measure(path, engine, cores, limit_gb=arguments.limit_gb, more=more)
                each = Measured(engine, cores, rows, prompts, size, *cost)
                found.append(each)
                print(
                    f"{engine:>7} {cores:5} {rows:11,} {prompts:9,} {size:8.0f} {each.seconds:7.1f} "
                    f"{each.cpu_seconds:7.1f} {each.peak_mb:8.0f}",
                    flush=True,
                )
                if arguments.json:
                    with arguments.json.open("a") as file:
                        file.write(json.dumps(asdict(each)) + "\n")
    growth(found, "rows")
    growth(found, "prompts")


if __name__ == "__main__":
    main()
