"""Change the code in one place at a time, run the tests that reach it, and count how many changes are seen.

    python -m benchmarks.mutants --record            # which tests reach which line (tens of minutes; once)
    python -m benchmarks.mutants --sample 300        # a seeded sample over all targets
    python -m benchmarks.mutants --all checks/data/near_anchor.py

Neither mutmut nor cosmic-ray does this here; docs/mutants.md says why.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from benchmarks.mutants.forked import Loop, Outcome
from benchmarks.mutants.operators import Mutant, mutants
from benchmarks.mutants.reach import QUIETLY, Reach, record_beside
from checks.stats import wilson

TARGETS = ("checks", "builders/templates", "builders/engine", "experiments/study/gate.py")
"""What is changed: the checks with the predictor, rendering, counting, and the gate before training."""

SOURCES = ("checks", "builders", "experiments/study")
"""What coverage looks at."""

TESTS = (
    "tests/checks",
    "tests/builders",
    *(f"tests/experiments/test_{name}.py" for name in ("gate", "issue", "plan")),
    *(f"tests/auditor/test_{name}.py" for name in ("lint", "lint_notebooks", "rules", "template_command")),
    *(f"tests/auditor/test_{name}.py" for name in ("writeup", "writeup_studies")),
)
"""Tests that are about these parts. Those that run the whole command reach them by the way, and would take longer."""

HOME = Path(".mutants")


def main() -> int:
    """End with 0 where the share of seen changes is at least that asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; all targets by default")
    parser.add_argument(
        "--record", action="store_true", help="find out which tests reach which line, and end"
    )
    parser.add_argument("--sample", type=int, default=200, help="changes to try")
    parser.add_argument("--all", action="store_true", help="try every change")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="children side by side")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="tests for one change, at most; the quickest first"
    )
    parser.add_argument("--at-least", type=float, default=0.0, help="share below which the exit status is 1")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="files and folders of tests")
    parser.add_argument("--sources", nargs="+", default=SOURCES, help="what coverage looks at, with --record")
    parser.add_argument("--output", type=Path, help="write what became of each as JSON lines")
    given = parser.parse_args()
    if given.record or not (HOME / "tests.json").exists():
        record_beside(HOME, _files(given.tests, "test_*.py"), given.sources, jobs=given.jobs)
        if given.record:
            return 0
    everything = [each for path in _paths(given.paths) for each in mutants(path)]
    chosen = everything
    if not given.all and len(everything) > given.sample:
        chosen = random.Random(f"mutants {given.seed}").sample(everything, given.sample)
    reach = Reach(HOME)
    loop = Loop(
        chosen,
        reach,
        jobs=given.jobs,
        seconds=given.seconds,
        sources=[Path(each) for each in _files(given.sources, "*.py")],
    )
    wanted = sorted({test.nodeid.split("::")[0] for mutant in chosen for test in loop.tests(mutant)})
    pytest.main([*QUIETLY, *wanted], plugins=[loop])
    if given.output is not None:
        given.output.write_text("".join(json.dumps(_row(each)) + "\n" for each in loop.outcomes))
    status = _print(loop.outcomes, len(everything), given.at_least)
    sys.stdout.flush()
    os._exit(status)  # what was collected is not worth taking apart


def _paths(given: list[Path]) -> list[Path]:
    return [Path(each) for each in _files([str(path) for path in given] or TARGETS, "*.py")]


def _files(places: list[str] | tuple[str, ...], pattern: str) -> list[str]:
    found: list[str] = []
    for place in places:
        path = Path(place)
        found += [str(path)] if path.is_file() else sorted(str(each) for each in path.rglob(pattern))
    return found


def _row(outcome: Outcome) -> dict[str, object]:
    mutant: Mutant = outcome.mutant
    return {
        "file": str(mutant.path),
        "line": mutant.line,
        "change": mutant.what,
        "verdict": outcome.verdict,
        "tests": outcome.tests,
        "left": outcome.left,
        "by": outcome.by,
        "seconds": outcome.seconds,
    }


def _print(outcomes: list[Outcome], of: int, at_least: float) -> int:
    by_place: dict[str, Counter[str]] = defaultdict(Counter)
    for each in outcomes:
        by_place["/".join(each.mutant.path.parts[:2])][each.verdict] += 1
        by_place["all"][each.verdict] += 1
    print("| place | tried | killed | timeout | survived | not reached | share seen | 95% interval |")
    print("|---|---|---|---|---|---|---|---|")
    seen = 0.0
    for place, counts in sorted(by_place.items(), key=lambda each: (each[0] == "all", each[0])):
        tried = sum(counts.values()) - counts["not placed"]
        killed = counts["killed"] + counts["timeout"]
        if not tried:
            continue
        seen, interval = killed / tried, wilson(killed, tried)
        print(
            f"| {place} | {tried} | {counts['killed']} | {counts['timeout']} | {counts['survived']} | "
            f"{counts['not reached']} | {seen:.1%} | {interval.low:.1%} to {interval.high:.1%} |"
        )
    print(f"\nof {of} changes; {by_place['all']['not placed']} could not be put in place and are not counted")
    for each in outcomes:
        if each.verdict in {"survived", "not reached"}:
            print(f"{each.verdict} ({each.tests} tests, {each.left} more reach it): {each.mutant.name}")
    return int(seen < at_least)


if __name__ == "__main__":
    sys.exit(main())
