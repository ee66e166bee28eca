"""How long `audit diff` takes on two large files, against DuckDB reading both.

Run it from the repository, in its environment: `.venv/bin/python benchmarks/diff.py [--rows 1000000]`. The second file
lacks 100 rows of the first, has 100 new ones, and a thousand neighbours swapped; with `--shuffled` all its rows
are in another order. The read is what any comparison has to do first: both files through DuckDB's JSON reader,
one hash per row.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AUDIT = [sys.executable, "-c", "from auditor.cli import main; main()"]
READ = (
    "import duckdb, sys\n"
    "for path in sys.argv[1:]:\n"
    "    duckdb.sql(f\"select count(distinct hash(messages::varchar)) from read_json('{path}')\").fetchall()\n"
)


def write(folder: Path, rows: int, *, shuffled: bool) -> list[Path]:
    """Write the two files and return them."""
    rng = random.Random(11)
    prompts = [f"You are persona number {number}." for number in range(40)]

    def line(number: int) -> str:
        messages = [
            {"role": "system", "content": rng.choice(prompts)},
            {"role": "user", "content": f"Question {number}: " + "which of these is it? " * 12},
            {"role": "assistant", "content": f"{rng.choice('ABCD')})"},
        ]
        return json.dumps({"messages": messages, "target_correct": rng.random() < 0.5}) + "\n"

    first = [line(number) for number in range(rows)]
    second = first[100:] + [line(rows + number) for number in range(100)]
    for place in rng.sample(range(0, len(second) - 1, 2), 1000):
        second[place], second[place + 1] = second[place + 1], second[place]
    if shuffled:
        rng.shuffle(second)
    paths = [folder / "a.jsonl", folder / "b.jsonl"]
    for path, lines in zip(paths, (first, second), strict=True):
        path.write_text("".join(lines))
    return paths


def seconds(command: list[str], turns: int) -> float:
    """Return the median wall time of a command."""
    found = []
    for _ in range(turns):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found.append(time.perf_counter() - start)
        if done.returncode not in {0, 1}:
            sys.exit(done.stderr)
    return statistics.median(found)


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--shuffled", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(path) for path in write(Path(folder), arguments.rows, shuffled=arguments.shuffled)]
        read = seconds([sys.executable, "-c", READ, *paths], arguments.turns)
        diff = seconds([*AUDIT, "diff", *paths, "--format", "json"], arguments.turns)
    print(
        f"{arguments.rows:,} rows: audit diff {diff:.1f} s, DuckDB reads both {read:.1f} s, ratio {diff / read:.1f}"
    )


if __name__ == "__main__":
    main()
