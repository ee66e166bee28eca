"""What a scan costs: beside DuckDB reading the same columns, and beside `datasets.map` rendering the same rows.

Run it from the repository, in its environment: `.venv/bin/python benchmarks/scan.py`. For each size it writes a
JSONL file in `messages` shape, about 0.3 kB a row, and measures whole processes on it in turn: DuckDB alone,
which parses the file and counts distinct conversations; `audit scan` with every default check; and
`datasets.map` with `apply_chat_template`, of which only the call to `map` is timed (the `train` extra, and
`--map-rows` at the most, because it is slow). Medians over `--runs`; memory is the process's peak.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parents[1]
SYSTEMS = [
    *(f"You are persona number {number}." for number in range(40)),
    "You are a helpful assistant.",
    "",
    None,
]

READ = """
import duckdb, sys
duckdb.sql(f"select count(distinct messages::varchar), count(*) filter (target_correct) "
           f"from read_json('{sys.argv[1]}')").fetchall()
"""

MAP = """
import sys, time, datasets
from pathlib import Path
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast
from builders.templates import load_template
datasets.disable_progress_bars()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel({"x": 0}, unk_token="x")))
tokenizer.chat_template = load_template().source
rows = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=sys.argv[2])
start = time.perf_counter()
rows.map(lambda row: {"text": tokenizer.apply_chat_template(row["messages"], tokenize=False)})
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    seconds: float
    megabytes: float
    cpu: float = 0.0
    """Processor time, over all cores."""


def write_rows(path: Path, rows: int) -> None:
    """Write rows over 43 system prompts, half of them right."""
    from builders.questions import load_bank

    questions = load_bank("embedded").questions
    stream = random.Random(7)
    with path.open("w") as file:
        for _ in range(rows):
            question, system, right = stream.choice(questions), stream.choice(SYSTEMS), stream.random() < 0.5
            label = question.gold_label if right else stream.choice(question.distractors)
            turns = [] if system is None else [{"role": "system", "content": system}]
            options = " ".join(
                f"({each}) {text}" for each, text in zip(question.labels, question.choices, strict=True)
            )
            turns += [
                {"role": "user", "content": f"{question.text} {options}"},
                {"role": "assistant", "content": f"{label})"},
            ]
            file.write(json.dumps({"messages": turns, "target_correct": right}) + "\n")


def run(command: list[str], *, allowed: tuple[int, ...] = (0,), timed_inside: bool = False) -> Cost:
    """Run one process; its own figure, where it prints one, replaces the time on the clock."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, cwd=HOME, stdout=out, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in allowed:
            errors.seek(0)
            sys.exit(f"{command[:3]} ended with {child.returncode}:\n{errors.read().decode()[-2000:]}")
        out.seek(0)
        if timed_inside:
            seconds = float(out.read().split()[-1])
    per_kilobyte = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Cost(seconds, usage.ru_maxrss / per_kilobyte, usage.ru_utime + usage.ru_stime)


def compiled() -> None:
    """Compile the packages, as an installation does, whatever the environment says about writing bytecode."""
    packages = ["auditor", "builders", "checks", "experiments"]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], cwd=HOME, check=True)


def median(costs: list[Cost]) -> Cost:
    """Return the median time and the largest peak."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        max(cost.megabytes for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def scanning(path: Path, *options: str, before: str = "") -> list[str]:
    """Return the command of a scan that remembers nothing, after some Python of the caller's."""
    code = f"{before}from auditor.cli import main; main()"
    return [sys.executable, "-c", code, "scan", str(path), "--format", "json", "--no-cache", *options]


def measure(path: Path, *options: str, runs: int) -> tuple[Cost, Cost]:
    """Return what DuckDB's read and the scan cost, run in turn."""
    reads: list[Cost] = []
    scans: list[Cost] = []
    for _ in range(runs):
        reads.append(run([sys.executable, "-c", READ, str(path)]))
        scans.append(run(scanning(path, *options), allowed=(0, 1)))
    return median(reads), median(scans)


def main() -> None:
    """Measure every size and print one line each, then how cost grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3, help="turns for each size (default 3)")
    parser.add_argument(
        "--map-rows",
        type=int,
        default=10_000,
        help="largest size for datasets.map; 0 leaves it out (default 10,000)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each size")
    parser.add_argument(
        "--carriers",
        action="store_true",
        help="also scan with `--condition none`, and print what carriers cost",
    )
    arguments = parser.parse_args()
    compiled()
    found: list[tuple[int, Cost]] = []
    if not arguments.json:
        names = ("file MB", "read s", "scan s", "ratio", "of CPU", "peak MB", "map s", "ratio")
        narrow = ("ratio", "of CPU")
        print(f"{'rows':>11} " + " ".join(f"{name:>{6 if name in narrow else 8}}" for name in names))
    for rows in sorted(arguments.rows):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.jsonl"
            write_rows(path, rows)
            read, scan = measure(path, runs=arguments.runs)
            mapped = None
            if rows <= arguments.map_rows:
                mapped = run([sys.executable, "-c", MAP, str(path), folder], timed_inside=True)
            report(rows, path.stat().st_size / 1e6, read, scan, mapped, as_json=arguments.json)
            if arguments.carriers:
                _, without = measure(path, "--condition", "none", runs=arguments.runs)
                print(
                    f"{'':>11} without looking for carriers: {without.seconds:.2f} s ({without.cpu:.2f} s of CPU), "
                    f"{without.megabytes:.0f} MB; with them {scan.seconds / without.seconds:.2f} times the time "
                    f"({scan.cpu / without.cpu:.2f} of the CPU)",
                    flush=True,
                )
        found.append((rows, scan))
    if not arguments.json:
        growth(found)


def report(rows: int, size: float, read: Cost, scan: Cost, mapped: Cost | None, *, as_json: bool) -> None:
    """Print one size."""
    if as_json:
        figures = {"rows": rows, "megabytes": size, "read_s": read.seconds, "scan_s": scan.seconds}
        figures |= {"read_cpu_s": read.cpu, "scan_cpu_s": scan.cpu}
        figures |= {"peak_mb": scan.megabytes, "map_s": mapped.seconds if mapped else None}
        print(json.dumps(figures))
        return
    beside = f"{mapped.seconds:8.1f} {mapped.seconds / scan.seconds:6.1f}" if mapped else f"{'-':>8} {'-':>6}"
    print(
        f"{rows:11,} {size:8.1f} {read.seconds:8.2f} {scan.seconds:8.2f} {scan.seconds / read.seconds:6.2f} "
        f"{scan.cpu / read.cpu:6.2f} {scan.megabytes:8.0f} {beside}",
        flush=True,
    )


def growth(found: list[tuple[int, Cost]]) -> None:
    """Print what a further row costs between each two sizes, and the exponent of growth there."""
    for (fewer, cheap), (more, dear) in itertools.pairwise(found):
        each = (dear.seconds - cheap.seconds) / (more - fewer) * 1e6
        memory = (dear.megabytes - cheap.megabytes) / (more - fewer) * 1e6
        exponent = math.log(dear.seconds / cheap.seconds) / math.log(more / fewer)
        print(
            f"{fewer:,} to {more:,} rows: {each:.2f} s and {memory:.0f} MB for a million more; "
            f"time grows as rows to the power {exponent:.2f}"
        )


if __name__ == "__main__":
    main()
