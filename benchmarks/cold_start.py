"""How long a cold `audit` takes, against a process that only imports the libraries it stands on.

Run it from the repository, in its environment: `.venv/bin/python benchmarks/cold_start.py`. Each figure is
the median wall time of whole processes, run in turn so that a busy moment hits all of them; the files are
warm in the page cache. `audit scan` of a past issue that ships with the package remembers its report: the
first line of the two is a scan that finds it, the second one that does all the work. A ratio of 1 means that
`audit` itself costs nothing beside its libraries. Six issues are fifty datasets, compared with their arms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

LIBRARIES = "import duckdb, pydantic, typer, jinja2.sandbox, rich"
AUDIT = [sys.executable, "-c", "from auditor.cli import main; main()"]
SIX = ("issue-65", "issue-66", "issue-69", "issue-96", "issue-99", "issue-100")
COMMANDS: dict[str, list[str]] = {
    "imports alone": [sys.executable, "-c", LIBRARIES],
    "audit scan issue-96": [*AUDIT, "scan", "issue-96"],
    "the same, --no-cache": [*AUDIT, "scan", "issue-96", "--no-cache"],
    "six issues, --no-cache": [*AUDIT, "scan", *SIX, "--no-cache"],
    "audit --help": [*AUDIT, "--help"],
}
ALLOWED = {"imports alone": {0}, "audit --help": {0}}
FOUND = {0, 1}
HOME = Path(__file__).parents[1]


def measure(runs: int) -> dict[str, float]:
    """Return the median seconds of each command over `runs` turns, after one turn that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
            took = time.perf_counter() - start
            if done.returncode not in ALLOWED.get(name, FOUND):
                sys.exit(f"'{name}' ended with {done.returncode}:\n{done.stderr}")
            if turn:
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Measure and print, one line per command or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="turns that are counted (default 9)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    medians = measure(arguments.runs)
    base = medians["imports alone"]
    if arguments.json:
        print(json.dumps({name: {"seconds": took, "ratio": took / base} for name, took in medians.items()}))
        return
    for name, took in medians.items():
        print(f"{name:<22} {1000 * took:6.0f} ms   ratio {took / base:.2f}")


if __name__ == "__main__":
    main()
