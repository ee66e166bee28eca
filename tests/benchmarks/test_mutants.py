"""The mutation runner: what it changes, whose tests it takes, and that it tells a seen change from an unseen one."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.mutants.operators import mutants, mutated, uses

ROOT = Path(__file__).parents[2]

MODULE = '''\
"""A module."""

from functools import cache

LEAST = 5
ORDER = ("a", "b")


def enough(number: int, *, most: int = 9) -> bool:
    """Whether a number lies between."""
    if not LEAST <= number:
        return False
    return number < most


@cache
def half(number: int) -> float:
    return number / 2
'''


def test_orders_numbers_signs_conditions_and_returned_values_are_changed(tmp_path):
    file = tmp_path / "small.py"
    file.write_text(MODULE)
    found = [(each.line, each.what) for each in mutants(file)]
    assert found == [
        (5, "5 -> 6"),
        (11, "not x -> x"),
        (11, "<= -> <"),
        (11, "<= -> >"),
        (12, "False -> True"),
        (13, "return x -> return None"),
        (13, "< -> <="),
        (13, "< -> >="),
        (18, "return x -> return None"),
        (18, "/ -> *"),
        (18, "2 -> 3"),
    ]
    assert {each.constant for each in mutants(file)} == {"LEAST", None}
    assert uses(file)["LEAST"] == {11}


def test_a_mutant_is_the_file_with_that_one_change(tmp_path):
    file = tmp_path / "small.py"
    file.write_text(MODULE)
    original = ast.unparse(ast.parse(MODULE))
    for each in mutants(file):
        changed = ast.unparse(mutated(each))
        differ = [
            pair
            for pair in zip(original.splitlines(), changed.splitlines(), strict=True)
            if len(set(pair)) > 1
        ]
        assert len(differ) == 1, each.what


HALF_TESTED = """\
from small.module import enough, half

def test_enough():
    assert enough(7)
    assert not enough(5 - 1)

def test_half():
    assert half(4) == 2
"""
BOTH_SIDES = (
    HALF_TESTED
    + """
def test_both_sides():
    assert enough(5) and not enough(9) and enough(8)
"""
)


def run(folder, tests):
    (folder / "small").mkdir()
    (folder / "small" / "__init__.py").touch()
    (folder / "small" / "module.py").write_text(MODULE)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_small.py").write_text(tests)
    arguments = ["--all", "small", "--tests", "tests", "--sources", "small", "--output", "found.jsonl"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.mutants", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (folder / "found.jsonl").read_text().splitlines()]
    return {(each["line"], each["change"]): each["verdict"] for each in rows}, done.stdout


def test_changes_that_no_test_sees_survive_until_one_is_written(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    half, shown = run(tmp_path / "a", HALF_TESTED)
    survived = {at for at, verdict in half.items() if verdict != "killed"}
    assert survived == {(5, "5 -> 6"), (11, "<= -> <"), (13, "< -> <=")}
    assert "| all | 11 | 8 | 0 | 3 | 0 | 72.7% | 43.4% to 90.3% |" in shown
    assert "survived (1 tests, 0 more reach it): small/module.py:11:12 <= -> <" in shown
    both, _ = run(tmp_path / "b", BOTH_SIDES)
    assert set(both.values()) == {"killed"}
