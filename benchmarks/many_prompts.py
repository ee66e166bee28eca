"""What a scan costs where nearly each row has a text of its own: a session in every prompt, or no question twice.

Run it from the repository, in its environment: `.venv/bin/python benchmarks/many_prompts.py`. Each file is measured
beside DuckDB's read of it, as `benchmarks/scan.py` does; `--one-by-one` also renders
every prompt by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).parents[1]
sys.path.insert(0, str(HOME))

from benchmarks.scan import READ, compiled, median, run, scanning  # noqa: E402

ONE_BY_ONE = "import builders.templates.resolution as r; r.MANY = 10**12; "


def write_rows(path: Path, rows: int, *, prompts: bool, labels: bool) -> None:
    """Write rows with a system prompt of their own, or with a question of their own."""
    stream = random.Random(5)
    with path.open("w") as file:
        for row in range(rows):
            name = f"{row:07d}-{stream.getrandbits(32):08x}"
            system = f"You are an assistant. Session {name}." if prompts else "You are a pirate."
            user = (
                f"What is item number {stream.randrange(200)}?" if prompts else f"What is item number {name}?"
            )
            right = stream.random() < 0.5
            turns = [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
                {"role": "assistant", "content": "A)" if right else "B)"},
            ]
            file.write(json.dumps({"messages": turns} | ({"target_correct": right} if labels else {})) + "\n")


CASES = {
    "system prompts": (True, True),
    "system prompts, no labels": (True, False),
    "user prompts": (False, True),
    "user prompts, no labels": (False, False),
}


def main() -> None:
    """Measure every kind of file and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 300_000])
    parser.add_argument("--runs", type=int, default=1, help="turns for each file (default 1)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--one-by-one", action="store_true", help="scan without the rendering at once, too")
    arguments = parser.parse_args()
    compiled()
    names = ("file MB", "read s", "scan s", "ratio", "cpu s", "peak MB")
    print(f"{'rows':>9} {' '.join(f'{name:>8}' for name in names)}  each with its own")
    for rows in arguments.rows:
        for case in arguments.cases:
            prompts, labels = CASES[case]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "rows.jsonl"
                write_rows(path, rows, prompts=prompts, labels=labels)
                read = READ if labels else READ.replace("count(*) filter (target_correct)", "1")
                reads = median([run([sys.executable, "-c", read, str(path)]) for _ in range(arguments.runs)])
                ways = {case: ""} | ({f"{case}, one by one": ONE_BY_ONE} if arguments.one_by_one else {})
                for said, before in ways.items():
                    command = scanning(path, before=before)
                    scan = median([run(command, allowed=(0, 1, 2)) for _ in range(arguments.runs)])
                    print(
                        f"{rows:9,} {path.stat().st_size / 1e6:8.1f} {reads.seconds:8.2f} {scan.seconds:8.2f} "
                        f"{scan.seconds / reads.seconds:8.1f} {scan.cpu:8.1f} {scan.megabytes:8.0f}  {said}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
