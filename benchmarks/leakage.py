"""A million training texts against an evaluation's questions: ours beside the obvious loops.

``python benchmarks/leakage.py`` writes 1,000,000 training rows as JSONL, plants exact and near duplicates of some
of 1,172 questions among them, and looks for them three ways, each in a process of its own whose time and peak
memory are measured:

* ours: what SPL001 and SPL002 do, reading the file included;
* pandas: a set of normalised texts, exact duplicates only;
* loop: RapidFuzz against every question, for as many rows as fit into ten seconds, scaled up.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUESTIONS = 1_172
PLANTED = 200
WORDS = [
    first + second
    for first in "bcdfghklmnprst"
    for second in ("ara", "elo", "imi", "oru", "uta", "ane", "iko")
]


def question(rng: random.Random) -> str:
    text = " ".join(rng.choices(WORDS, k=22))
    options = "\n".join(f"({label}) {' '.join(rng.choices(WORDS, k=4))}" for label in "ABCD")
    return f"{text}?\n\n{options}\n\nThe correct answer is ("


def changed(text: str, rng: random.Random) -> str:
    """One word of the question replaced."""
    words = text.split(" ")
    words[rng.randrange(15)] = "otherwise"
    return " ".join(words)


def write(path: Path, rows: int) -> list[str]:
    """Write the training rows and return the evaluation questions; the first 200 are planted twice over."""
    rng = random.Random(1)
    asked = [question(rng) for _ in range(QUESTIONS)]
    planted = {rng.randrange(rows): each for each in asked[:PLANTED]}
    planted |= {rng.randrange(rows): changed(each, rng) for each in asked[PLANTED : 2 * PLANTED]}
    with path.open("w") as file:
        for row in range(rows):
            user = planted.get(row) or question(rng)
            messages = [
                {"role": "system", "content": "You are a librarian."},
                {"role": "user", "content": user},
                {"role": "assistant", "content": "B)"},
            ]
            file.write(json.dumps({"messages": messages}) + "\n")
    return asked


def ours(path: Path, asked: list[str]) -> dict[str, object]:
    from builders.engine.table import ResolvedTable
    from builders.readers import read_frame
    from builders.templates import load_template
    from checks.core.context import AuditContext
    from checks.core.split import Asked, EvaluationSet, Split

    template = load_template()
    table = ResolvedTable(read_frame(path), template)
    evaluation = EvaluationSet("evaluation", tuple(Asked(each) for each in asked), template)
    split = Split(AuditContext(name="training", table=table, kind=None), evaluation)
    return {"exact": len(split.same), "near": len(split.near), "share": 1.0}


def pandas(path: Path, asked: list[str]) -> dict[str, object]:
    import pandas as pd

    from builders.questions.overlap import normalised

    found = 0
    wanted = {normalised(each) for each in asked}
    for frame in pd.read_json(path, lines=True, chunksize=50_000):
        users = frame["messages"].map(lambda messages: messages[1]["content"])
        found += len(wanted & set(users.map(normalised)))
    return {"exact": found, "near": 0, "share": 1.0}


def loop(path: Path, asked: list[str]) -> dict[str, object]:
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    from builders.questions.overlap import normalised

    wanted = [normalised(each) for each in asked]
    started, rows, exact, near = time.perf_counter(), 0, 0, 0
    with path.open() as file:
        for line in file:
            user = normalised(json.loads(line)["messages"][1]["content"])
            best = process.extractOne(user, wanted, scorer=Indel.normalized_similarity, score_cutoff=0.9)
            rows += 1
            if best:
                exact, near = exact + (best[1] == 1), near + (best[1] < 1)
            if rows % 100 == 0 and time.perf_counter() - started > 10:
                break
    return {"exact": exact, "near": near, "rows": rows, "loop_seconds": time.perf_counter() - started}


WAYS = {"ours": ours, "pandas": pandas, "loop": loop}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        asked = json.loads((arguments.data / "asked.json").read_text())
        found = WAYS[arguments.way](arguments.data / "train.jsonl", asked)
        print(json.dumps({**found, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = write(folder / "train.jsonl", arguments.rows)
        (folder / "asked.json").write_text(json.dumps(asked))
        size = (folder / "train.jsonl").stat().st_size / 1e6
        print(f"{arguments.rows:,} rows ({size:.0f} MB) against {QUESTIONS:,} questions; {PLANTED} exact and")
        print(f"{PLANTED} near duplicates are planted\n")
        print("| way | seconds | peak memory, MB | exact found | near found |\n|---|---|---|---|---|")
        slow = False
        for way in WAYS:
            started = time.perf_counter()
            command = [sys.executable, __file__, "--way", way, "--data", name]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            seconds = time.perf_counter() - started
            peak = found["peak_mb"]
            if way == "loop" and found["rows"] < arguments.rows:
                full = found["loop_seconds"] * arguments.rows / found["rows"]
                print(
                    f"| loop over RapidFuzz | {full:,.0f} (from {found['rows']:,} rows) | {peak:.0f} | - | - |"
                )
                continue
            print(f"| {way} | {seconds:.1f} | {peak:.0f} | {found['exact']} | {found['near']} |", flush=True)
            if way == "ours":
                slow = seconds > 30 or peak > 1_000
    print("\nours is within 30 s and 1 GB" if not slow else "\nours takes more than 30 s or 1 GB")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
